//! Holds put into words, in messages of bounded size.

use super::holdings::{Describe, News};
use super::{HOLD_TICKETS_MAX, MESSAGE_NAMES_MAX};
use api::v1;
use std::iter::Peekable;
use std::sync::Arc;

type Numbered = (u64, Arc<dyn Describe>);

/// The holds of the next message: at least one where there is any.
pub fn page<I: Iterator<Item = Numbered>>(holds: &mut Peekable<I>) -> Vec<v1::Hold> {
    let (mut page, mut names) = (Vec::new(), 0);
    while names < MESSAGE_NAMES_MAX
        && let Some((number, held)) = holds.next()
    {
        let hold = bounded(v1::Hold { number, ..held.describe() });
        names += 1 + hold.tickets.iter().map(|ticket| 1 + ticket.player_ids.len()).sum::<usize>();
        page.push(hold);
    }
    page
}

fn bounded(mut hold: v1::Hold) -> v1::Hold {
    let untold = hold.tickets.len().saturating_sub(HOLD_TICKETS_MAX);
    hold.tickets.truncate(HOLD_TICKETS_MAX);
    hold.untold += u32::try_from(untold).unwrap_or(u32::MAX);
    hold
}

/// The messages of one interval, without run and number; `instance` where it changed. Whoever was let go of stands in the last one, behind
/// his own taking.
pub fn changes(news: News, instance: Option<v1::Instance>) -> Vec<v1::Inspection> {
    let mut holds = news.held.into_iter().peekable();
    let mut messages = vec![v1::Inspection { instance, held: page(&mut holds), ..Default::default() }];
    while holds.peek().is_some() {
        messages.push(v1::Inspection { held: page(&mut holds), ..Default::default() });
    }
    if let Some(last) = messages.last_mut() {
        last.released = news.released;
    }
    messages.retain(|message| message.instance.is_some() || !message.held.is_empty() || !message.released.is_empty());
    messages
}

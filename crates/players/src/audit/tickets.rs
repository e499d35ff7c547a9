//! Promises about one ticket by itself.

use super::{Broken, Which, broken};
use crate::record::{Lost, Member, Seen, TicketRecord, is_over};
use api::v1::{Change, TicketState};
use std::collections::HashMap;

pub fn audit(records: &[TicketRecord]) -> Vec<Broken> {
    let mut found = Vec::new();
    let mut owners: HashMap<&str, &TicketRecord> = HashMap::new();
    for record in records {
        if owners.insert(&record.ticket_id, record).is_some() {
            found.push(of(record, Which::OneOutcome, "was given a ticket that was given out before"));
        }
        one_outcome(record, &mut found);
        cancel_holds(record, &mut found);
        for member in &record.members {
            history(record, member, &mut found);
        }
    }
    found
}

/// Broken to the ticket's first player.
fn of(record: &TicketRecord, which: Which, what: impl Into<String>) -> Broken {
    let player = record.members.first().map_or("?", |member| &member.player);
    broken(which, player, format!("{} (ticket {})", what.into(), record.ticket_id))
}

fn one_outcome(record: &TicketRecord, found: &mut Vec<Broken>) {
    let mut first: Option<TicketState> = None;
    for member in &record.members {
        let outcome = member.outcome();
        if outcome.is_none() && matches!(member.lost, Some(Lost::Untold | Lost::Forgotten)) {
            let now = member.seen.last().map_or("nothing", |seen| seen.state.as_str_name());
            let detail = format!("was told no outcome, last {now} (ticket {})", record.ticket_id);
            found.push(broken(Which::OneOutcome, &member.player, detail));
        }
        let Some(outcome) = outcome else { continue };
        let agreed = *first.get_or_insert(outcome);
        if agreed != outcome {
            let (a, b) = (agreed.as_str_name(), outcome.as_str_name());
            let detail = format!("was told {b}, others of the ticket {a} (ticket {})", record.ticket_id);
            found.push(broken(Which::OneOutcome, &member.player, detail));
        }
    }
    if let (Some(first), Some((looked, ..))) = (first, &record.last_look)
        && first != *looked
    {
        let (told, now) = (first.as_str_name(), looked.as_str_name());
        found.push(of(record, Which::OneOutcome, format!("was told {told}, and GetTicket says {now} later")));
    }
}

fn cancel_holds(record: &TicketRecord, found: &mut Vec<Broken>) {
    let Some(cancelled) = record.cancelled else { return };
    for member in &record.members {
        let matched = member.seen.iter().find(|seen| seen.cursor > cancelled && is_matched(seen.state));
        if let Some(seen) = matched {
            let state = seen.state.as_str_name();
            let detail = format!("was told {state} after his cancel was acknowledged (ticket {})", record.ticket_id);
            found.push(broken(Which::CancelHolds, &member.player, detail));
        }
    }
    if let Some((state, ..)) = record.last_look.as_ref().filter(|(state, ..)| *state != TicketState::Cancelled) {
        let state = state.as_str_name();
        found.push(of(record, Which::CancelHolds, format!("cancelled, was acknowledged, and GetTicket says {state}")));
    }
}

fn is_matched(state: TicketState) -> bool {
    matches!(state, TicketState::Matched | TicketState::Assigned | TicketState::Ended)
}

/// One player's updates, in the order in which they came.
fn history(record: &TicketRecord, member: &Member, found: &mut Vec<Broken>) {
    let mut report = |which, what: String| {
        found.push(broken(which, &member.player, format!("{what} (ticket {})", record.ticket_id)));
    };
    if member.astray > 0 {
        report(Which::RightTicket, format!("was told {} times of a ticket he did not watch", member.astray));
    }
    for pair in member.seen.windows(2) {
        let [before, after] = pair else { continue };
        if after.cursor <= before.cursor {
            report(Which::CursorGrows, format!("was told {:?} after {:?}", after.cursor, before.cursor));
        }
        if is_over(before.state) && after.state != before.state {
            let (a, b) = (before.state.as_str_name(), after.state.as_str_name());
            report(Which::OneOutcome, format!("was told {b} after {a}"));
        }
        if let Some((a, b)) = moved(before, after) {
            report(
                Which::OneMatchPerTicket,
                format!("was moved from match {a} to {b} without coming back to the queue"),
            );
        }
    }
}

/// From one match straight into another. A snapshot says nothing about what lies between.
fn moved<'a>(before: &'a Seen, after: &'a Seen) -> Option<(&'a str, &'a str)> {
    if after.snapshot || before.change == Change::Requeued || after.change == Change::Requeued {
        return None;
    }
    let (a, b) = (before.told.as_ref()?, after.told.as_ref()?);
    (a.match_id != b.match_id).then_some((&*a.match_id, &*b.match_id))
}

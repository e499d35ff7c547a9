//! One look: read a range from the store, have it searched, and say what came of it for each ticket it was for.

use crate::attempt;
use crate::config::{
    ARRIVAL_TICKETS_MAX, LOOKS_AROUND_IN_WORK_MAX, UNMADE_AGAIN_MS, WIDENED_IN_WORK_MAX, WINDOW_TICKETS_MAX,
};
use crate::crowds::Crowds;
use crate::outlooks::Outlooks;
use crate::search::{Found, SearchError, Searcher};
use crate::waiting::Waiting;
use crate::windows::{Way, Window};
use domain::{Look, Sought, TicketId, TicketState};
use futures::StreamExt;
use std::collections::HashSet;
use std::fmt::Display;
use std::sync::Arc;
use store::{IndexedRange, IndexedTicket, Store, StoreError, Subject};
use telemetry::{Failed, Failure};
use tracing::{Instrument, Span};

/// The kinds of range, as they are told.
const ANCHORED: &str = "anchored";
const WINDOW: &str = "window";

/// What came of one look for one ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looked {
    Matched,
    /// It waits no longer: matched by someone else, cancelled or expired.
    Gone,
    Unmatched,
    /// What was found for it was taken by someone else meanwhile.
    Unsettled,
    /// Nothing was searched: the store or every matchmaker was busy or away.
    Failed,
}

impl Looked {
    pub const ALL: [Self; 5] = [Self::Matched, Self::Gone, Self::Unmatched, Self::Unsettled, Self::Failed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::Gone => "gone",
            Self::Unmatched => "unmatched",
            Self::Unsettled => "unsettled",
            Self::Failed => "failed",
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum LookError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Search(#[from] SearchError),
}

/// Tickets read.
pub struct Range {
    pub tickets: Vec<IndexedTicket>,
    /// How far from the middle of the look the range goes, in rating points, where the look holds more tickets; none where it holds no others.
    pub cut_at: Option<f64>,
}

/// What came of a look around one ticket.
struct Around {
    looked: Looked,
    /// In how many ms the ticket is ripe.
    ripe_in_ms: Option<u64>,
    /// It saw all that the look holds.
    is_whole: bool,
}

pub struct Eyes {
    store: Arc<dyn Store>,
    searcher: Searcher,
    outlooks: Arc<Outlooks>,
    crowds: Crowds,
}

impl Eyes {
    pub fn new(store: Arc<dyn Store>, searcher: Searcher, outlooks: Arc<Outlooks>) -> Self {
        Self { store, searcher, outlooks, crowds: Crowds::default() }
    }

    /// Looks for tickets that have just come, or are ripe: through the window that they share, or around each where it is one, or where many others
    /// wait among them.
    pub async fn look_for_arrivals(&self, mut window: Window, now_ms: u64) -> Vec<(Waiting, Looked)> {
        let new = window.waiting.iter_mut().filter(|waiting| waiting.looks == 0);
        new.for_each(|waiting| waiting.width = waiting.width_at(now_ms));
        self.widen(&mut window.waiting, now_ms).await;
        if window.waiting.len() > 1 {
            match self.read_whole(&window.look, now_ms).await {
                Ok(Some(tickets)) => return self.search_window(window, tickets, now_ms).await,
                Ok(None) => {}
                Err(error) => return with_all_failed(window.waiting, &error, now_ms),
            }
        }
        self.look_around_each(window.waiting, now_ms).await
    }

    async fn look_around_each(&self, waiting: Vec<Waiting>, now_ms: u64) -> Vec<(Waiting, Looked)> {
        let looks = waiting.into_iter().map(|waiting| self.look_around(waiting, now_ms));
        futures::stream::iter(looks).buffer_unordered(LOOKS_AROUND_IN_WORK_MAX).collect().await
    }

    async fn look_around_some(&self, window: Window, now_ms: u64) -> Vec<(Waiting, Looked)> {
        let (some, others) = window.drawn(now_ms);
        let mut looked = self.look_around_each(some, now_ms).await;
        looked.extend(others.into_iter().map(|waiting| (waiting.ripe_by(None, now_ms), Looked::Unmatched)));
        looked
    }

    /// Looks around one ticket, which must be in the match.
    async fn look_around(&self, waiting: Waiting, now_ms: u64) -> (Waiting, Looked) {
        let span = attempt::span(&waiting);
        waiting.note_look();
        let around = self.search_around(&waiting, now_ms, &span).instrument(span.clone()).await;
        let Around { looked, ripe_in_ms, is_whole } = around.unwrap_or_else(|error| Around {
            looked: failed(&waiting, &error),
            ripe_in_ms: Some(UNMADE_AGAIN_MS),
            is_whole: false,
        });
        let mut waiting = waiting.ripening(ripe_in_ms, is_whole, now_ms);
        attempt::tell_outcome(&span, looked);
        attempt::count(&mut waiting, looked);
        (waiting, looked)
    }

    async fn search_around(&self, waiting: &Waiting, now_ms: u64, span: &Span) -> Result<Around, LookError> {
        let look = waiting.look(waiting.width);
        let Range { mut tickets, cut_at } = read(&*self.store, &look, ARRIVAL_TICKETS_MAX).await?;
        let is_whole = cut_at.is_none();
        let ratings = tickets.iter().map(|ticket| ticket.rating);
        if let Some(look) = waiting.look_among_equals(is_whole, ratings) {
            let others = read(&*self.store, &look, ARRIVAL_TICKETS_MAX).await?.tickets;
            tickets = if others.is_empty() { tickets } else { others };
        }
        attempt::tell_range(span, tickets.len());
        telemetry::metrics().range(look.queue.as_str(), ANCHORED, tickets.len(), &waiting.trace);
        if !tickets.iter().any(|ticket| ticket.id == waiting.id) {
            // A range that was cut may have left it out; a whole one proves that it waits no longer.
            let own = if is_whole { None } else { self.queued(waiting).await? };
            let Some(own) = own else { return Ok(Around { looked: Looked::Gone, ripe_in_ms: None, is_whole }) };
            tickets.push(own);
        }
        let outlook = self.outlooks.of(&waiting.rules, &look.pool, now_ms).await;
        let sought = Sought::Anchor(waiting.id);
        let found = self.searcher.search(waiting, &[], sought, tickets, &outlook, now_ms).await?;
        attempt::tell_found(span, &found, waiting.id);
        let ripe_in_ms = found.ripe_in_ms.get(&waiting.id).copied();
        Ok(Around { looked: found.looked(waiting.id), ripe_in_ms, is_whole })
    }

    /// The ticket as the index holds it, as long as it waits.
    async fn queued(&self, waiting: &Waiting) -> Result<Option<IndexedTicket>, StoreError> {
        let snapshot = self.store.snapshot(&Subject::Ticket(waiting.id)).await?;
        let queued = snapshot.ticket.filter(|ticket| ticket.state == TicketState::Queued);
        Ok(queued.map(|ticket| IndexedTicket::of(&ticket, waiting.place.rating)))
    }

    /// Looks for the tickets of a window: through all of it, where one range may hold that. Where it holds more, through narrower windows, until
    /// one range may hold each; or around each ticket, where they are few and would share less than each sees; or around some of them, where all
    /// are of one rating.
    pub async fn look_through(&self, window: Window, now_ms: u64) -> Vec<(Waiting, Looked)> {
        let (mut windows, mut looked) = (vec![window], Vec::new());
        while let Some(window) = windows.pop() {
            let read = match self.read_whole(&window.look, now_ms).await {
                Ok(read) => read,
                Err(error) => {
                    looked.extend(with_all_failed(window.waiting, &error, now_ms));
                    continue;
                }
            };
            match window.way(read.as_ref().map(Vec::len)) {
                Way::Through => looked.extend(self.search_window(window, read.unwrap_or_default(), now_ms).await),
                Way::AroundEach => looked.extend(self.look_around_each(window.waiting, now_ms).await),
                Way::AroundSome => looked.extend(self.look_around_some(window, now_ms).await),
                Way::Narrower => windows.extend(window.narrower()),
            }
        }
        looked
    }

    /// All that the look holds; none where that is more than one range may hold.
    async fn read_whole(&self, look: &Look, now_ms: u64) -> Result<Option<Vec<IndexedTicket>>, StoreError> {
        if self.crowds.is_crowded(look, now_ms) {
            return Ok(None);
        }
        let Range { tickets, cut_at } = read(&*self.store, look, WINDOW_TICKETS_MAX).await?;
        let Some(reach) = cut_at else { return Ok(Some(tickets)) };
        let middle = look.middle();
        self.crowds.note(Look { low: middle - reach, high: middle + reach, ..look.clone() }, now_ms);
        Ok(None)
    }

    /// Has all that stands in a window searched. Those it is for that do not stand there wait no longer.
    async fn search_window(&self, window: Window, range: Vec<IndexedTicket>, now_ms: u64) -> Vec<(Waiting, Looked)> {
        let present: HashSet<TicketId> = range.iter().map(|ticket| ticket.id).collect();
        let is_gone = |waiting: &Waiting| !present.contains(&waiting.id);
        let Some(first) = window.waiting.first().filter(|_| !window.waiting.iter().all(is_gone)) else {
            return with_all(window.waiting, Looked::Gone);
        };
        window.waiting.iter().for_each(Waiting::note_look);
        let spans: Vec<Span> = window.waiting.iter().map(attempt::span).collect();
        let traced = window.waiting.iter().zip(&spans).filter(|(_, span)| !span.is_disabled());
        let traced: Vec<_> = traced.map(|(waiting, span)| (waiting.id, span.clone())).collect();
        let outlook = self.outlooks.of(&first.rules, &window.look.pool, now_ms).await;
        telemetry::metrics().range(window.look.queue.as_str(), WINDOW, range.len(), &first.trace);
        let due = window.waiting.iter().map(|waiting| waiting.id).filter(|id| present.contains(id)).collect();
        let searching = self.searcher.search(first, &traced, Sought::Window(due), range, &outlook, now_ms);
        let found = searching.instrument(telemetry::linked_to_first(&spans)).await;
        if let Err(error) = &found {
            failed(first, error);
        }
        let is_whole = window.is_whole();
        let of_one = |(waiting, span): (Waiting, Span)| {
            attempt::tell_range(&span, present.len());
            let (looked, ripe_in_ms) = match &found {
                _ if is_gone(&waiting) => (Looked::Gone, None),
                Ok(found) => {
                    attempt::tell_found(&span, found, waiting.id);
                    (found.looked(waiting.id), found.ripe_in_ms.get(&waiting.id).copied())
                }
                Err(_) => (Looked::Failed, Some(UNMADE_AGAIN_MS)),
            };
            attempt::tell_outcome(&span, looked);
            (waiting.ripening(ripe_in_ms, is_whole, now_ms), looked)
        };
        attempt::counted(window.waiting.into_iter().zip(spans).map(of_one).collect())
    }

    /// Tells the watchers of tickets that are looked for more widely now than before. Only news: a failure is not worth a retry.
    pub async fn widen(&self, waiting: &mut [Waiting], now_ms: u64) {
        let wider = waiting.iter_mut().filter(|waiting| waiting.width_at(now_ms) > waiting.width);
        let wider: Vec<(TicketId, u32)> = wider
            .map(|waiting| {
                waiting.width = waiting.width_at(now_ms);
                (waiting.id, waiting.width)
            })
            .collect();
        let telling = |(id, width)| async move { self.store.widen(id, width, now_ms).await };
        futures::stream::iter(wider.into_iter().map(telling))
            .buffer_unordered(WIDENED_IN_WORK_MAX)
            .for_each(|_| std::future::ready(()))
            .await;
    }
}

/// As many as the store answers, from the middle of the look outward: a message holds far more.
pub async fn read(store: &dyn Store, look: &Look, tickets_max: usize) -> Result<Range, StoreError> {
    let IndexedRange { tickets, is_whole } = store.range(look, tickets_max).await?;
    let off = |ticket: &IndexedTicket| (ticket.rating - look.middle()).abs();
    let cut_at = (!is_whole).then(|| tickets.iter().map(off).fold(0.0, f64::max));
    Ok(Range { tickets, cut_at })
}

impl Found {
    fn looked(&self, id: TicketId) -> Looked {
        match id {
            _ if self.matched.contains_key(&id) => Looked::Matched,
            _ if self.unsettled.contains(&id) => Looked::Unsettled,
            _ => Looked::Unmatched,
        }
    }
}

fn failed(waiting: &Waiting, error: &dyn Display) -> Looked {
    let (ticket, trace) = (Some(&waiting.id as &dyn Display), &*waiting.trace);
    Failed { failure: Failure::Attempt, ticket, matched: None, trace, why: error }.tell();
    Looked::Failed
}

/// What failed for all of them is told of the first.
fn with_all_failed(waiting: Vec<Waiting>, error: &StoreError, now_ms: u64) -> Vec<(Waiting, Looked)> {
    if let Some(first) = waiting.first() {
        failed(first, error);
    }
    let again = |waiting: Waiting| waiting.ripe_by(Some(UNMADE_AGAIN_MS), now_ms);
    with_all(waiting.into_iter().map(again).collect(), Looked::Failed)
}

fn with_all(waiting: Vec<Waiting>, looked: Looked) -> Vec<(Waiting, Looked)> {
    attempt::counted(waiting.into_iter().map(|waiting| (waiting, looked)).collect())
}

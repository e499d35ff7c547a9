//! Who watches whom here. Bounded: a watcher that does not read is cut, never waited for.

use crate::config::{WATCHERS_MAX, WATCHERS_OF_ONE_MAX};
use crate::held::Watched;
use crate::watch::is_nothing;
use api::v1::{self, TicketState};
use chassis::{Hold, Holdings, Shutdown};
use domain::{PlayerId, TicketId};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use store::Subject;
use telemetry::Share;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

/// One update, shared by all who hear it.
pub type Told = Arc<v1::Update>;

#[derive(Clone)]
pub struct Hub {
    state: Arc<Mutex<State>>,
    holdings: Holdings,
}

struct State {
    watched: HashMap<Subject, Audience>,
    count: usize,
    told: Share,
    next: u64,
}

impl Default for State {
    fn default() -> Self {
        Self { watched: HashMap::new(), count: 0, told: telemetry::metrics().watchers(), next: 0 }
    }
}

/// Who watches one subject.
struct Audience {
    watchers: Vec<Watcher>,
    /// How often they were told of a ticket.
    told: u64,
    /// It is a ticket, and they were told of its end.
    is_over: bool,
    /// What is told of it while it is watched.
    _hold: Hold<Watched>,
}

struct Watcher {
    number: u64,
    listener: Listener,
}

/// An update in a watcher's queue.
#[derive(Debug)]
pub struct Unread {
    pub update: Told,
    /// Its share of the queue, where it has only a part of that; given back when it is read.
    _share: Option<OwnedSemaphorePermit>,
}

impl Unread {
    pub fn with_share(update: Told, share: OwnedSemaphorePermit) -> Self {
        Self { update, _share: Some(share) }
    }
}

impl From<Told> for Unread {
    fn from(update: Told) -> Self {
        Self { update, _share: None }
    }
}

/// Where a watcher's updates go, and how it is told that it did not read them in time.
#[derive(Clone)]
pub struct Listener {
    pub queue: mpsc::Sender<Unread>,
    pub cut: Shutdown,
}

impl Listener {
    pub fn new(queue_max: usize) -> (Self, mpsc::Receiver<Unread>) {
        let (queue, told) = mpsc::channel(queue_max);
        (Self { queue, cut: Shutdown::new() }, told)
    }

    /// One whose queue is full is cut.
    fn tell(&self, update: &Told) {
        if self.queue.try_send(update.clone().into()).is_err() {
            self.cut.cancel();
        }
    }
}

/// Why there is no place for one more watcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    #[error("this playserver holds {WATCHERS_MAX} watchers, as many as it can: ask again later, or another")]
    Here,
    #[error("{WATCHERS_OF_ONE_MAX} watch this player or ticket here already, as many as may")]
    OfOne,
}

impl Hub {
    pub fn new(holdings: Holdings) -> Self {
        Self { state: Arc::default(), holdings }
    }

    /// Adds a watcher and returns its number.
    pub fn add(&self, subject: Subject, listener: Listener) -> Result<u64, Full> {
        let mut state = self.state.lock();
        if state.count >= WATCHERS_MAX {
            return Err(Full::Here);
        }
        if state.watched.get(&subject).is_some_and(|audience| audience.watchers.len() >= WATCHERS_OF_ONE_MAX) {
            return Err(Full::OfOne);
        }
        state.count += 1;
        state.told.set(state.count);
        state.next += 1;
        let number = state.next;
        let hold = || self.holdings.hold(Watched(subject.clone()));
        let audience = || Audience { watchers: Vec::new(), told: 0, is_over: false, _hold: hold() };
        state.watched.entry(subject.clone()).or_insert_with(audience).watchers.push(Watcher { number, listener });
        Ok(number)
    }

    /// Takes a watcher out. True of a ticket whose end was told: nothing will be heard of it any more.
    pub fn remove(&self, subject: &Subject, number: u64) -> bool {
        let mut state = self.state.lock();
        let Some(audience) = state.watched.get_mut(subject) else { return false };
        let before = audience.watchers.len();
        audience.watchers.retain(|watcher| watcher.number != number);
        let (removed, is_over) = (before - audience.watchers.len(), audience.is_over);
        if audience.watchers.is_empty() {
            state.watched.remove(subject);
        }
        state.count -= removed;
        state.told.set(state.count);
        is_over
    }

    pub fn is_watched(&self, subject: &Subject) -> bool {
        self.state.lock().watched.contains_key(subject)
    }

    /// How often those who watch `subject` were told of a ticket; 0 while nobody does.
    pub fn told(&self, subject: &Subject) -> u64 {
        self.state.lock().told(subject)
    }

    pub fn subjects(&self) -> Vec<Subject> {
        self.state.lock().watched.keys().cloned().collect()
    }

    /// Tells everyone who watches `subject`, and cuts those whose queue is full: their stream ends, and they come back to a
    /// snapshot. Until it has ended they count as watchers, for it holds what they did not read.
    pub fn tell(&self, subject: &Subject, update: &Told) {
        self.state.lock().tell(subject, update);
    }

    /// Tells everyone who watches `subject`, if they were told of a ticket `told` times and not once more since. Whether it did.
    pub fn tell_unless_told(&self, subject: &Subject, told: u64, update: &Told) -> bool {
        let mut state = self.state.lock();
        let is_last = state.told(subject) == told;
        if is_last {
            state.tell(subject, update);
        }
        is_last
    }

    /// Tells one of those who watch `subject`, who has room for it; that there is no ticket only as in [`Hub::tell_unless_told`].
    pub fn tell_one(&self, subject: &Subject, told: u64, unread: Unread, room: mpsc::Permit<'_, Unread>) {
        let state = self.state.lock();
        if !is_nothing(&unread.update) || state.told(subject) == told {
            room.send(unread);
        }
    }

    /// Tells everyone whom an event concerns.
    pub fn tell_event(&self, event: &v1::Event) {
        for ticket in &event.tickets {
            let update = Arc::new(v1::Update::of_event(event, ticket));
            for subject in subjects_of(ticket) {
                self.tell(&subject, &update);
            }
        }
    }
}

impl State {
    fn told(&self, subject: &Subject) -> u64 {
        self.watched.get(subject).map_or(0, |audience| audience.told)
    }

    fn tell(&mut self, subject: &Subject, update: &Told) {
        let Some(audience) = self.watched.get_mut(subject) else { return };
        audience.told += u64::from(!is_nothing(update));
        audience.is_over |= matches!(subject, Subject::Ticket(_)) && is_end(update.state());
        for watcher in &audience.watchers {
            watcher.listener.tell(update);
        }
    }
}

fn is_end(state: TicketState) -> bool {
    matches!(state, TicketState::Ended | TicketState::Cancelled | TicketState::Expired)
}

fn subjects_of(ticket: &v1::EventTicket) -> impl Iterator<Item = Subject> {
    let id = ticket.id.parse::<TicketId>().ok().map(Subject::Ticket);
    let players = ticket.player_ids.iter().filter_map(|id| id.parse::<PlayerId>().ok()).map(Subject::Player);
    id.into_iter().chain(players)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Cursor;

    fn queued(seq: u64) -> Told {
        let cursor = Some(Cursor { epoch: 1, seq }.into());
        Arc::new(v1::Update { cursor, player_ids: vec!["ann".into()], ..Default::default() })
    }

    fn nothing() -> Told {
        Arc::new(v1::Update { snapshot: true, player_ids: vec!["ann".into()], ..Default::default() })
    }

    #[test]
    fn that_there_is_no_ticket_is_told_only_where_none_was_told_of_since() {
        let (hub, ann) = (Hub::new(Holdings::default()), Subject::Player("ann".parse().unwrap()));
        let (listener, mut heard) = Listener::new(8);
        hub.add(ann.clone(), listener.clone()).unwrap();
        let told = hub.told(&ann);
        assert!(hub.tell_unless_told(&ann, told, &nothing()));
        assert!(hub.tell_unless_told(&ann, told, &nothing()), "that there is none is no ticket");
        hub.tell(&ann, &queued(1));
        assert!(!hub.tell_unless_told(&ann, told, &nothing()));
        hub.tell_one(&ann, told, nothing().into(), listener.queue.try_reserve().unwrap());
        hub.tell_one(&ann, told, queued(2).into(), listener.queue.try_reserve().unwrap());
        hub.tell_one(&ann, hub.told(&ann), nothing().into(), listener.queue.try_reserve().unwrap());
        let heard: Vec<Told> = std::iter::from_fn(|| heard.try_recv().ok()).map(|unread| unread.update).collect();
        assert_eq!(heard, [nothing(), nothing(), queued(1), queued(2), nothing()]);
    }
}

//! Who watches whom here. Bounded: a watcher that does not read is cut, never waited for.

use crate::config::{WATCHERS_MAX, WATCHERS_OF_ONE_MAX};
use crate::held::Watched;
use api::v1;
use chassis::{Hold, Holdings, Shutdown};
use domain::{PlayerId, TicketId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::Subject;
use telemetry::Share;
use tokio::sync::mpsc;

/// One update, shared by all who hear it.
pub type Told = Arc<v1::Update>;

#[derive(Clone)]
pub struct Hub {
    state: Arc<Mutex<State>>,
    holdings: Holdings,
}

struct State {
    /// With what is told of each while it is watched.
    watchers: HashMap<Subject, (Vec<Watcher>, Hold<Watched>)>,
    count: usize,
    told: Share,
    next: u64,
}

impl Default for State {
    fn default() -> Self {
        Self { watchers: HashMap::new(), count: 0, told: telemetry::metrics().watchers(), next: 0 }
    }
}

struct Watcher {
    number: u64,
    listener: Listener,
}

/// Where a watcher's updates go, and how it is told that it did not read them in time.
#[derive(Clone)]
pub struct Listener {
    pub queue: mpsc::Sender<Told>,
    pub cut: Shutdown,
}

impl Listener {
    pub fn new(queue_max: usize) -> (Self, mpsc::Receiver<Told>) {
        let (queue, told) = mpsc::channel(queue_max);
        (Self { queue, cut: Shutdown::new() }, told)
    }

    /// One whose queue is full is cut.
    fn tell(&self, update: &Told) {
        if self.queue.try_send(update.clone()).is_err() {
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
        let mut state = self.state();
        if state.count >= WATCHERS_MAX {
            return Err(Full::Here);
        }
        if state.watchers.get(&subject).is_some_and(|(watchers, _)| watchers.len() >= WATCHERS_OF_ONE_MAX) {
            return Err(Full::OfOne);
        }
        state.count += 1;
        state.told.set(state.count);
        state.next += 1;
        let number = state.next;
        let watched = || (Vec::new(), self.holdings.hold(Watched(subject.clone())));
        state.watchers.entry(subject.clone()).or_insert_with(watched).0.push(Watcher { number, listener });
        Ok(number)
    }

    pub fn remove(&self, subject: &Subject, number: u64) {
        let mut state = self.state();
        let Some((watchers, _)) = state.watchers.get_mut(subject) else { return };
        let before = watchers.len();
        watchers.retain(|watcher| watcher.number != number);
        let removed = before - watchers.len();
        if watchers.is_empty() {
            state.watchers.remove(subject);
        }
        state.count -= removed;
        state.told.set(state.count);
    }

    pub fn is_watched(&self, subject: &Subject) -> bool {
        self.state().watchers.contains_key(subject)
    }

    pub fn subjects(&self) -> Vec<Subject> {
        self.state().watchers.keys().cloned().collect()
    }

    /// Tells everyone who watches `subject`, and cuts those whose queue is full: their stream ends, and they come back to a
    /// snapshot. Until it has ended they count as watchers, for it holds what they did not read.
    pub fn tell(&self, subject: &Subject, update: &Told) {
        for watcher in self.state().watchers.get(subject).into_iter().flat_map(|(watchers, _)| watchers) {
            watcher.listener.tell(update);
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

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn subjects_of(ticket: &v1::EventTicket) -> impl Iterator<Item = Subject> {
    let id = ticket.id.parse::<TicketId>().ok().map(Subject::Ticket);
    let players = ticket.player_ids.iter().filter_map(|id| id.parse::<PlayerId>().ok()).map(Subject::Player);
    id.into_iter().chain(players)
}

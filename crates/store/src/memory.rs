//! The store in memory: the embedded default, the model that Redis is tested against, and the simulation's.

mod arrivals;
mod expiry;
mod history;
mod leases;
mod matches;
mod outbox;
mod queues;
mod recent;
mod state;
mod tickets;

use self::state::State;
use crate::Bounds;
use parking_lot::{Mutex, MutexGuard};
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::time::Instant;

/// A realm in memory. Gone with the process; within it, all that [`Store`](crate::Store) promises.
///
/// Leases, and how long what is over is kept, run on [`tokio::time::Instant`], so that a simulated clock moves them too.
#[derive(Debug)]
pub struct MemoryStore {
    state: Mutex<State>,
    /// Told whenever an event was appended.
    appended: Arc<Notify>,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::with_bounds(Bounds::default())
    }
}

impl MemoryStore {
    pub fn new() -> Self {
        Self::default()
    }

    /// As [`MemoryStore::new`], with bounds of one's own.
    pub fn with_bounds(bounds: Bounds) -> Self {
        let appended = Arc::<Notify>::default();
        Self { state: Mutex::new(State::new(bounds, Arc::clone(&appended))), appended }
    }

    /// The state, without what has run out by now.
    fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock();
        state.forget_expired(Instant::now());
        state
    }
}

//! How much is taken in. Room is kept from before a ticket is stored until its first look has come to its end: so no more is taken
//! for long than goes through the whole, store, matchmaker and mover, whichever is the slowest just now.

use crate::config::{ARRIVALS_TAKEN_MAX, ENQUEUE_TURN_WAIT_MAX, ENQUEUES_IN_WORK_MAX};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::time::timeout;

pub struct Intake {
    room: Arc<Semaphore>,
    turns: Semaphore,
}

/// Given back with its last copy.
pub type Room = Arc<OwnedSemaphorePermit>;

impl Default for Intake {
    fn default() -> Self {
        Self { room: Arc::new(Semaphore::new(ARRIVALS_TAKEN_MAX)), turns: Semaphore::new(ENQUEUES_IN_WORK_MAX) }
    }
}

impl Intake {
    /// For one arrival; none when it is full.
    pub fn room(&self) -> Option<Room> {
        self.room.clone().try_acquire_owned().ok().map(Arc::new)
    }

    /// The arrival's turn at the store: what is written all at once would stand in the way of everything else there. None when it does
    /// not come in time: whoever asked may have given up, and would be stored behind his own back.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        // Never closed, so it does not fail.
        timeout(ENQUEUE_TURN_WAIT_MAX, self.turns.acquire()).await.ok()?.ok()
    }
}

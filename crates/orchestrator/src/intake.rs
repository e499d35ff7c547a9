//! How much is taken in. Room is kept from before a ticket is stored until its first look has come to its end: so no more is taken
//! for long than goes through the whole, store, matchmaker and mover, whichever is the slowest just now.

use crate::config::{ARRIVALS_TAKEN_MAX, ENQUEUE_TURN_WAIT_MAX, ENQUEUES_IN_LINE_MAX, ENQUEUES_IN_WORK_MAX};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::time::timeout;
use tonic::Status;

pub struct Intake {
    room: Arc<Semaphore>,
    line: Semaphore,
    turns: Semaphore,
}

/// An arrival's room, given back with its last copy.
pub type Room = Arc<OwnedSemaphorePermit>;

/// An arrival's turn at the store.
pub struct Turn<'a> {
    _in_line: SemaphorePermit<'a>,
    _turn: SemaphorePermit<'a>,
}

impl Default for Intake {
    fn default() -> Self {
        Self {
            room: Arc::new(Semaphore::new(ARRIVALS_TAKEN_MAX)),
            line: Semaphore::new(ENQUEUES_IN_LINE_MAX + ENQUEUES_IN_WORK_MAX),
            turns: Semaphore::new(ENQUEUES_IN_WORK_MAX),
        }
    }
}

impl Intake {
    /// Room for one arrival; refused where as many have some as may.
    pub fn room(&self) -> Result<Room, Status> {
        self.room.clone().try_acquire_owned().map(Arc::new).map_err(|_| overloaded())
    }

    /// Waits for a turn at the store: what is written all at once would stand in the way of everything else there. Refused when the line is
    /// long already, or the turn does not come in time: whoever asked may have given up, and would be stored behind his own back.
    pub async fn turn(&self) -> Result<Turn<'_>, Status> {
        let in_line = self.line.try_acquire().map_err(|_| overloaded())?;
        match timeout(ENQUEUE_TURN_WAIT_MAX, self.turns.acquire()).await {
            Ok(Ok(turn)) => Ok(Turn { _in_line: in_line, _turn: turn }),
            _ => Err(Status::unavailable("the store is too slow to take it: ask again later")),
        }
    }
}

fn overloaded() -> Status {
    Status::resource_exhausted("more arrives here than can be matched: ask again later")
}

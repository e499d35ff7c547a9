//! Clients that went away and do not come back: a ticket that was watched here, and that nobody watches any more, leaves the queue
//! after a while. One that nobody ever watched is left alone.

use crate::config::{ABSENCE_PAUSE, ABSENCE_TRIES_MAX, ABSENCES_MAX};
use chassis::{Clock, Shutdown};
use domain::{TicketId, TicketState};
use std::sync::Arc;
use std::time::Duration;
use store::{Leave, LeaveOutcome, Store, StoreError, UNWATCHED_REASON};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

/// Where lost tickets are reported.
#[derive(Clone)]
pub struct Absences {
    lost: Option<mpsc::Sender<(Instant, TicketId)>>,
}

impl Absences {
    /// Lets them leave after `unwatched_max`; never where there is none. What is still awaited at `shutdown` is left to expire.
    pub fn start(store: Arc<dyn Store>, clock: Clock, unwatched_max: Option<Duration>, shutdown: Shutdown) -> Self {
        let Some(unwatched_max) = unwatched_max else { return Self { lost: None } };
        let (lost, reported) = mpsc::channel(ABSENCES_MAX);
        let again = lost.clone();
        let awaiting = Awaiting { store, clock, unwatched_max, again };
        tokio::spawn(async move { shutdown.run_until_cancelled(awaiting.run(reported)).await });
        Self { lost: Some(lost) }
    }

    /// The last of those who watched this live ticket here has gone. With too many reported, it is left to expire.
    pub fn report(&self, ticket: TicketId) {
        if let Some(lost) = &self.lost {
            let _ = lost.try_send((Instant::now(), ticket));
        }
    }

    pub fn are_awaited(&self) -> bool {
        self.lost.is_some()
    }
}

struct Awaiting {
    store: Arc<dyn Store>,
    clock: Clock,
    unwatched_max: Duration,
    again: mpsc::Sender<(Instant, TicketId)>,
}

impl Awaiting {
    /// All wait equally long, so whoever was reported first is due first.
    async fn run(self, mut reported: mpsc::Receiver<(Instant, TicketId)>) {
        while let Some((since, ticket)) = reported.recv().await {
            sleep_until(since + self.unwatched_max).await;
            match self.leave(ticket).await {
                // It can come back to the queue if its match fails.
                Ok(LeaveOutcome::Refused(found)) if is_in_match(found.state) => {
                    let _ = self.again.try_send((Instant::now(), ticket));
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, %ticket, "a ticket that nobody watches is left to expire"),
            }
        }
    }

    async fn leave(&self, ticket: TicketId) -> Result<LeaveOutcome, StoreError> {
        let mut tries = 1;
        loop {
            let left = self.store.leave(ticket, Leave::Unwatched, UNWATCHED_REASON, self.clock.now_ms()).await;
            if left.is_ok() || tries == ABSENCE_TRIES_MAX {
                return left;
            }
            tries += 1;
            sleep(ABSENCE_PAUSE).await;
        }
    }
}

fn is_in_match(state: TicketState) -> bool {
    matches!(state, TicketState::Matched | TicketState::Assigned)
}

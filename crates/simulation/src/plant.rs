//! Faults planted into the store and the rules, each of which must be found: what finds nothing in a broken store proves nothing of a
//! sound one.

use crate::faults;
use crate::ledger::Ledger;
use domain::{Change, Event, MatchId, TicketId, TicketState};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use store::{
    CommitOutcome, CommitRequest, Enqueue, EnqueueOutcome, Fence, Leave, LeaveOutcome, Matches, MemoryStore,
    StoreError, Subject, Tickets,
};
use turmoil::sim_elapsed;

/// What a broken store does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Fault {
    /// Acknowledges a ticket and does not keep it.
    LostTicket,
    /// Puts the tickets of a match back into the queue without a word.
    DoubleMatch,
    /// Publishes nothing about one ticket once it is matched.
    MissedDelivery,
    /// Does for any mover what only the leader may have done.
    WrongFence,
    /// Acknowledges a cancel before it holds.
    EarlyAck,
    /// Commits no match any more once all faults are over.
    NoMoreMatches,
    /// Takes no ticket any more once all faults are over.
    NoMoreTickets,
    /// No fault of the store's: matches are searched and committed without a look at the limits of their rules.
    UncheckedLimits,
}

/// How much too early a cancel is acknowledged.
const EARLY: Duration = Duration::from_millis(1_500);
/// The ticket and the match that it happens to, by their order.
const UNLUCKY: usize = 3;

/// A fault, and whom it has hit.
#[derive(Clone)]
pub struct Plant {
    fault: Fault,
    hit: Arc<Mutex<Hit>>,
}

#[derive(Default)]
struct Hit {
    enqueued: usize,
    committed: usize,
    ticket: Option<TicketId>,
    matched: Option<MatchId>,
}

impl Plant {
    pub fn new(fault: Fault) -> Self {
        Self { fault, hit: Arc::default() }
    }

    /// Whether the services know the limits of their rules.
    pub fn knows_limits(&self) -> bool {
        self.fault != Fault::UncheckedLimits
    }

    pub async fn enqueue(&self, store: &MemoryStore, ticket: Enqueue) -> Result<EnqueueOutcome, StoreError> {
        if self.fault == Fault::NoMoreTickets && all_is_well() {
            return Err(StoreError::Unavailable("takes no more tickets".to_owned()));
        }
        let loses = self.fault == Fault::LostTicket && {
            let mut hit = self.hit.lock();
            hit.enqueued += 1;
            hit.enqueued == UNLUCKY
        };
        // A store that is forgotten at once answers as a sound one does.
        if loses { MemoryStore::new().enqueue(ticket).await } else { store.enqueue(ticket).await }
    }

    pub async fn leave(
        &self,
        store: Arc<MemoryStore>,
        id: TicketId,
        how: Leave,
        reason: String,
        now_ms: u64,
    ) -> Result<LeaveOutcome, StoreError> {
        let now = store.snapshot(&Subject::Ticket(id)).await?.ticket;
        match now {
            Some(mut ticket) if self.fault == Fault::EarlyAck && ticket.state == TicketState::Queued => {
                tokio::spawn(async move {
                    tokio::time::sleep(EARLY).await;
                    store.leave(id, how, &reason, now_ms).await
                });
                ticket.state = TicketState::Cancelled;
                Ok(LeaveOutcome::Left(ticket))
            }
            _ => store.leave(id, how, &reason, now_ms).await,
        }
    }

    /// The fence that is checked instead of the one that was shown.
    pub fn fence(&self, shown: &Fence, ledger: &Ledger) -> Fence {
        let current = ledger.fence().filter(|_| self.fault == Fault::WrongFence);
        current.unwrap_or_else(|| shown.clone())
    }

    pub async fn commit(
        &self,
        store: &MemoryStore,
        fence: &Fence,
        request: &CommitRequest,
    ) -> Result<CommitOutcome, StoreError> {
        match request.tickets.first() {
            Some(ticket) if self.fault == Fault::NoMoreMatches && all_is_well() => {
                Ok(CommitOutcome::Conflict(ticket.id))
            }
            _ => store.commit(fence, request.clone()).await,
        }
    }

    pub async fn committed(
        &self,
        store: &MemoryStore,
        fence: &Fence,
        request: &CommitRequest,
        outcome: &CommitOutcome,
    ) -> Result<(), StoreError> {
        if !matches!(outcome, CommitOutcome::Committed { .. }) {
            return Ok(());
        }
        {
            let mut hit = self.hit.lock();
            hit.committed += 1;
            if hit.committed != UNLUCKY {
                return Ok(());
            }
            hit.ticket = request.tickets.first().map(|ticket| ticket.id);
            hit.matched = Some(request.match_id);
        }
        if self.fault == Fault::DoubleMatch {
            store.requeue(fence, request.match_id, "", request.now_ms).await?;
        }
        Ok(())
    }

    /// The events that are published.
    pub fn published(&self, events: Vec<Event>) -> Vec<Event> {
        let hit = self.hit.lock();
        let about = |event: &Event| event.tickets.iter().any(|ticket| Some(ticket.id) == hit.ticket);
        let of_match = |event: &Event| event.matched.as_ref().is_some_and(|matched| Some(matched.id) == hit.matched);
        let kept = |event: &Event| match self.fault {
            Fault::MissedDelivery => !about(event),
            Fault::DoubleMatch => event.change != Change::Requeued || !of_match(event),
            _ => true,
        };
        events.into_iter().filter(kept).collect()
    }
}

/// Whether all faults of the run are over.
fn all_is_well() -> bool {
    sim_elapsed().is_some_and(|elapsed| elapsed > faults::UNTIL)
}

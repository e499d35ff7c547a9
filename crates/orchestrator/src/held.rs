//! What is told of a ticket that waits here.

use crate::waiting::Waiting;
use api::v1;
use chassis::{Describe, Hold, Holdings};
use domain::{Party, Placement, TicketId};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A ticket in one of its queues, from when it is to be looked for here until it need not be.
pub struct WaitingHeld {
    id: TicketId,
    party: Arc<Party>,
    place: Placement,
    queued_ms: u64,
    tries: u32,
    trace: Arc<str>,
    looks: AtomicU32,
}

impl Waiting {
    /// Shows it among `holdings` as long as anyone has it.
    #[must_use]
    pub fn held_by(self, holdings: &Holdings) -> Self {
        let held = || {
            Arc::new(holdings.hold(WaitingHeld {
                id: self.id,
                party: self.party.clone(),
                place: self.place.clone(),
                queued_ms: self.queued_ms,
                tries: self.tries,
                trace: self.trace.clone(),
                looks: AtomicU32::new(0),
            }))
        };
        let held: Option<Arc<Hold<WaitingHeld>>> = self.held.clone().or_else(|| Some(held()));
        Self { held, ..self }
    }

    /// Notes one more look.
    pub fn is_looked_for(&self) {
        if let Some(held) = &self.held {
            held.looks.fetch_add(1, Ordering::Relaxed);
            held.changed();
        }
    }
}

impl Describe for WaitingHeld {
    fn describe(&self) -> v1::Hold {
        let ticket = v1::HeldTicket {
            ticket_id: self.id.to_string(),
            player_ids: self.party.player_ids().map(ToString::to_string).collect(),
            rating: self.place.rating,
            region: self.place.region.clone(),
            queued_ms: self.queued_ms,
            tries: self.tries,
            looks: self.looks.load(Ordering::Relaxed),
            trace_id: api::trace_id(&self.trace).to_owned(),
            ..Default::default()
        };
        let (stage, queue) = (v1::Stage::Waiting.into(), self.place.queue.to_string());
        v1::Hold { stage, queue, tickets: vec![ticket], ..Default::default() }
    }
}

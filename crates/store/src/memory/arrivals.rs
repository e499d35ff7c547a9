use crate::Arrived;
use crate::bounds::{ARRIVALS_KEPT, answered};
use domain::{Placement, QueueName, Ticket};
use std::collections::{HashMap, VecDeque};

/// Who came lately, the last to come first, by queue.
#[derive(Debug, Default)]
pub(super) struct Arrivals(HashMap<QueueName, VecDeque<Arrived>>);

impl Arrivals {
    /// Notes that the ticket came to the queue of `place`.
    pub(super) fn push(&mut self, ticket: &Ticket, place: &Placement) {
        let recent = self.0.entry(place.queue.clone()).or_default();
        recent.truncate(ARRIVALS_KEPT - 1);
        recent.push_front(Arrived {
            queued_ms: ticket.queued_ms,
            pool: place.pool.clone(),
            party: ticket.party.clone(),
        });
    }

    pub(super) fn newest(&self, queue: &QueueName, limit: usize) -> Vec<Arrived> {
        let newest = self.0.get(queue).into_iter().flatten();
        answered(newest, limit.min(ARRIVALS_KEPT), |arrived| arrived.party.0.len()).cloned().collect()
    }

    pub(super) fn forget(&mut self, queue: &QueueName) {
        self.0.remove(queue);
    }
}

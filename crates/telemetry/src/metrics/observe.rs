//! What services tell. Each says once what it saw; names from outside are bounded here.

use super::exemplar::Trace;
use super::labels::{
    ByChange, ByOutcome, ByQueue, ByQueueAndKind, ByQueueAndOutcome, ByQueueAndRegion, ByQueueAndRule,
    ByQueueAndVerdict, ByRole, ByVerbAndOutcome, Whole,
};
use super::names::OTHER;
use super::{Metrics, Share};
use std::time::Duration;

// === orchestrators and sweepers ===

impl Metrics {
    /// A request to be matched, for one queue of the rules; none where they know no such queue.
    pub fn enqueue(&self, queue: Option<&str>, outcome: &'static str) {
        let queue = queue.map_or(OTHER, |queue| self.queues.get(queue));
        self.enqueues.add(ByQueueAndOutcome { queue, outcome }, 1);
    }

    /// A ticket that is looked for, until it is dropped.
    pub fn waiting(&self, queue: &str, region: &str) -> Share {
        let share = self.tickets_waiting.share(self.queue_and_region(queue, region));
        share.add(1);
        share
    }

    /// A look for so many tickets that had the same outcome.
    pub fn attempts(&self, queue: &str, outcome: &'static str, tickets: usize) {
        self.attempts.add(ByQueueAndOutcome { queue: self.queues.get(queue), outcome }, tickets as u64);
    }

    /// A look that matched a ticket, its `attempts`th.
    pub fn matched(&self, queue: &str, attempts: u32, traceparent: &str) {
        let queue = ByQueue { queue: self.queues.get(queue) };
        self.attempts_per_match.observe(queue, f64::from(attempts), Trace::sampled(traceparent));
    }

    /// A range of a `kind`, `anchored` or `window`, that was read.
    pub fn range(&self, queue: &str, kind: &'static str, tickets: usize, traceparent: &str) {
        let labels = ByQueueAndKind { queue: self.queues.get(queue), kind };
        self.range_tickets.observe(labels, tickets as f64, Trace::sampled(traceparent));
    }
}

// === matchmakers ===

impl Metrics {
    pub fn search(&self, queue: &str, took: Duration) {
        self.search.observe(ByQueue { queue: self.queues.get(queue) }, took.as_secs_f64(), None);
    }

    pub fn rejections(&self, queue: &str, rule: &'static str, count: u32) {
        self.rejections.add(ByQueueAndRule { queue: self.queues.get(queue), rule }, count.into());
    }
}

// === movers ===

impl Metrics {
    /// A proposal that was answered, for one queue of the rules; none where they know no such queue.
    pub fn proposal(&self, queue: Option<&str>, verdict: &'static str) {
        let queue = queue.map_or(OTHER, |queue| self.queues.get(queue));
        self.proposals.add(ByQueueAndVerdict { queue, verdict }, 1);
    }

    pub fn commit(&self, outcome: &'static str, took: Duration, traceparent: &str) {
        self.commit.observe(ByOutcome { outcome }, took.as_secs_f64(), Trace::sampled(traceparent));
    }

    /// Of one ticket of a match that stands.
    pub fn wait(&self, queue: &str, region: &str, waited_ms: u64, traceparent: &str) {
        let labels = self.queue_and_region(queue, region);
        self.wait.observe(labels, seconds(waited_ms), Trace::sampled(traceparent));
    }

    /// Of a match that stands.
    pub fn match_cost(&self, queue: &str, region: &str, cost_s: f64, traceparent: &str) {
        let labels = self.queue_and_region(queue, region);
        self.match_cost.observe(labels, cost_s, Trace::sampled(traceparent));
    }

    /// A change of so many tickets that the leader read.
    pub fn ticket_changes(&self, change: &'static str, tickets: usize) {
        self.ticket_changes.add(ByChange { change }, tickets as u64);
    }

    pub fn events_in_flight(&self) -> Share {
        self.events_in_flight.share(Whole)
    }

    /// A mover's part: 1 while it leads.
    pub fn leading(&self) -> Share {
        self.leading.share(Whole)
    }

    pub fn lead_renewed(&self) {
        self.lead_age.renewed(Whole);
    }

    pub fn lead_ended(&self) {
        self.lead_age.ended(Whole);
    }
}

// === playservers ===

impl Metrics {
    /// An event that was taken.
    pub fn delivered(&self, change: &'static str, lag_ms: u64, traceparent: &str) {
        self.delivery_lag.observe(ByChange { change }, seconds(lag_ms), Trace::sampled(traceparent));
    }

    pub fn watchers(&self) -> Share {
        self.watchers.share(Whole)
    }

    pub fn matches_running(&self) -> Share {
        self.matches_running.share(Whole)
    }
}

// === everyone ===

impl Metrics {
    pub fn lease_renewed(&self, role: &'static str) {
        self.lease_age.renewed(ByRole { role });
    }

    pub fn lease_ended(&self, role: &'static str) {
        self.lease_age.ended(ByRole { role });
    }

    /// A connection or a call that was not let in.
    pub fn turned_away(&self, outcome: &'static str) {
        self.turned_away.add(ByOutcome { outcome }, 1);
    }

    /// One round trip.
    pub fn store_call(&self, verb: &'static str, outcome: &'static str, took: Duration) {
        self.store_call.observe(ByVerbAndOutcome { verb, outcome }, took.as_secs_f64(), None);
    }

    fn queue_and_region(&self, queue: &str, region: &str) -> ByQueueAndRegion {
        ByQueueAndRegion { queue: self.queues.get(queue), region: self.regions.get(region) }
    }
}

fn seconds(ms: u64) -> f64 {
    ms as f64 / 1_000.0
}

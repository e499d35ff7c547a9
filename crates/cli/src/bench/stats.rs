//! What became of those who were due within some seconds.

use super::latency::Latency;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Stats {
    pub offered_per_s: f64,
    /// Tickets of which a player was told of a match within these seconds, whenever they were due.
    pub matched_per_s: f64,
    /// Tickets whose Enqueue was never answered.
    pub unanswered: usize,
    /// Tickets that were not even sent, for want of room on a stream.
    pub held_back: usize,
    /// Tickets whose Enqueue was told RESOURCE_EXHAUSTED.
    pub refused: usize,
    /// Tickets whose Enqueue was told any other error.
    pub failed: usize,
    /// Tickets that were taken and not told of a match: a few have no fit opponent.
    pub unmatched: usize,
    /// How much later than it was due the load let a ticket come.
    pub late_ms: Latency,
    /// From when a ticket was due until its Enqueue was acknowledged.
    pub acknowledged_ms: Latency,
    /// From when a ticket was due until its Enqueue was refused.
    pub refused_ms: Latency,
    /// From when a ticket was due until its player was told of a match.
    pub delivered_ms: Latency,
    /// From when a ticket was due until its player was told of a match, or until now where he was not told yet.
    pub waited_ms: Latency,
}

/// Stands above a table of [`Stats::row`]s.
pub const HEADER: &str = "           \
    offered/s  matched/s   refused  not sent  failed  unanswered  unmatched    taken p50/p99 ms  refused p50/p99 ms    matched p50/p99 ms";

impl Stats {
    pub fn not_taken(&self) -> usize {
        self.unanswered + self.held_back + self.refused + self.failed
    }

    /// Who came and was told of no match.
    pub fn left(&self) -> usize {
        self.not_taken() + self.unmatched
    }

    pub fn row(&self, name: &str) -> String {
        let Self { offered_per_s, matched_per_s, unanswered, held_back, refused, failed, unmatched, .. } = self;
        let Self { acknowledged_ms, refused_ms, delivered_ms, .. } = self;
        format!(
            "{name:<10} {offered_per_s:>9.0} {matched_per_s:>10.0} {refused:>9} {held_back:>9} {failed:>7} {unanswered:>11} {unmatched:>10} {:>19} {:>19} {:>21}",
            format!("{:.1} / {:.1}", acknowledged_ms.p50, acknowledged_ms.p99),
            format!("{:.1} / {:.1}", refused_ms.p50, refused_ms.p99),
            format!("{:.1} / {:.1}", delivered_ms.p50, delivered_ms.p99),
        )
    }
}

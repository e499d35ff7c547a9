//! What became of those who were due within some seconds.

use super::latency::Latency;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// Per second.
    #[serde(rename = "offered_per_s")]
    pub offered: f64,
    /// Tickets matched and delivered per second, in these seconds.
    #[serde(rename = "matched_per_s")]
    pub goodput: f64,
    /// Whose Enqueue was not answered.
    pub unanswered: usize,
    pub held_back: usize,
    pub failed: usize,
    /// Taken, and not told of a match.
    pub unmatched: usize,
    /// How much later the load let them come than they were due.
    pub late_ms: Latency,
    /// From when they were due until their Enqueue was answered so.
    pub taken_ms: Latency,
    pub refused_ms: Latency,
    /// From when they were due until they were told of their match.
    pub matched_ms: Latency,
    /// The same, with those who were taken and not told yet as long as they have waited so far.
    pub waited_ms: Latency,
}

/// Of a table of pages.
pub const HEADER: &str = "           \
    offered/s  matched/s   refused  not sent  failed  unanswered  unmatched    taken p50/p99 ms  refused p50/p99 ms    matched p50/p99 ms";

impl Page {
    pub fn not_taken(&self) -> usize {
        self.unanswered + self.held_back + self.failed + self.refused_ms.count
    }

    /// Who came and was told of no match.
    pub fn left(&self) -> usize {
        self.not_taken() + self.unmatched
    }

    pub fn row(&self, name: &str) -> String {
        let Self { offered, goodput, unanswered, held_back, failed, unmatched, .. } = self;
        let Self { taken_ms, refused_ms, matched_ms, .. } = self;
        format!(
            "{name:<10} {offered:>9.0} {goodput:>10.0} {:>9} {held_back:>9} {failed:>7} {unanswered:>11} {unmatched:>10} {:>19} {:>19} {:>21}",
            refused_ms.count,
            format!("{:.1} / {:.1}", taken_ms.p50, taken_ms.p99),
            format!("{:.1} / {:.1}", refused_ms.p50, refused_ms.p99),
            format!("{:.1} / {:.1}", matched_ms.p50, matched_ms.p99),
        )
    }
}

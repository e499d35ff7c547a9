//! A measurement set against an earlier one.

use super::{Asked, MIB, Measured};
use crate::bench::arrivals::Arrivals;
use crate::bench::find::Demand;
use crate::bench::usage::{Figures, LOAD, REDIS};

/// A name, and a number where it is known.
type Figure = (&'static str, Option<f64>);

impl Measured {
    /// Each figure that both have set against an earlier one's, and what was asked for differently.
    pub fn against(&self, before: &Self) -> String {
        let row = |((name, before), (_, now)): (Figure, Figure)| {
            let (before, now) = (before?, now?);
            let ratio = if before > 0.0 { format!("{:>7.2} ×", now / before) } else { String::new() };
            Some(format!("{name:<22} {before:>12.2} {now:>12.2} {ratio}").trim_end().to_owned() + "\n")
        };
        let rows: String = before.figures().into_iter().zip(self.figures()).filter_map(row).collect();
        let table = format!("{:<22} {:>12} {:>12} {:>9}\n{rows}", "", "before", "now", "ratio");
        let (then, now) = (before.depends_on(), self.depends_on());
        if then == now { table } else { format!("{table}not the same: before {then}, now {now}\n") }
    }

    /// What is set against an earlier one's, as far as it is known.
    fn figures(&self) -> Vec<Figure> {
        let Self { stats, delivered_from_fit_ms: from_fit, costs, .. } = self;
        let (acknowledged, delivered) = (stats.acknowledged_ms, stats.delivered_ms);
        let sum = |figures: &Figures| (!figures.is_empty()).then(|| figures.values().sum());
        let services = costs.resident_bytes.iter().filter(|(name, _)| *name != LOAD);
        let resident: f64 = services.map(|(_, bytes)| bytes).sum();
        vec![
            ("lasting per s", self.sustained_per_s),
            ("matched per s", Some(stats.matched_per_s)),
            ("not taken", Some(stats.not_taken() as f64)),
            ("taken and unmatched", Some(stats.unmatched as f64)),
            ("came late p99 ms", Some(stats.late_ms.p99)),
            ("acknowledged p50 ms", Some(acknowledged.p50)),
            ("acknowledged p99 ms", Some(acknowledged.p99)),
            ("delivered p50 ms", Some(delivered.p50)),
            ("delivered p99 ms", Some(delivered.p99)),
            ("told or not p99 ms", Some(stats.waited_ms.p99)),
            ("from a fit match p50", Some(from_fit.p50)),
            ("from a fit match p99", Some(from_fit.p99)),
            ("from a fit match p99.9", Some(from_fit.p999)),
            ("conflicts % of proposals", costs.conflict_share.map(|share| 100.0 * share)),
            ("CPU µs per ticket", costs.cpu_us()),
            ("of it Redis", costs.cpu_us_per_ticket.get(REDIS).copied()),
            ("to the scripts alone", self.redis_to_ceiling()),
            ("round trips to Redis", sum(&costs.round_trips_per_ticket)),
            ("calls of its commands", sum(&costs.redis_calls_per_ticket)),
            ("memory MiB", (costs.is_whole && resident > 0.0).then_some(resident / MIB)),
            ("B a waiting ticket", sum(&self.bytes_per_waiting_ticket)),
        ]
    }

    /// On what its figures depend. A rate that was searched for is itself one.
    fn depends_on(&self) -> String {
        let Asked { via, seconds, warm_up, rules_version, build, .. } = &self.asked;
        let rate = match self.search.map(|search| search.demand) {
            Some(Demand { p99_ms, since, .. }) => format!("the most with a p99 of {p99_ms} ms from {}", since.name()),
            None => format!("{:.0}", self.asked.rate),
        };
        let arrivals = if self.asked.arrivals == Arrivals::Even { "" } else { " at random" };
        let fsync = self.asked.fsync.as_deref().unwrap_or("as it is");
        let started = self.asked.started.map_or("what was there".to_owned(), |started| started.to_string());
        let cores = self.asked.cores.map_or("unknown".to_owned(), |cores| cores.to_string());
        format!(
            "{rate} tickets/s{arrivals} by {} for {seconds} s after {warm_up}, appendfsync {fsync}, {} waiting, {started}, rules {rules_version}, build {build} on {cores} cores",
            via.name(),
            self.waiting
        )
    }
}

//! A measurement set against an earlier one.

use super::{MIB, Measured, Searched};
use crate::bench::arrivals::Arrivals;
use crate::bench::find::Demand;
use crate::bench::usage::{Figures, LOAD, REDIS};

const UNKNOWN: &str = "unknown";

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
        let (asked_before, asked) = (before.asked(), self.asked());
        if asked_before == asked { table } else { format!("{table}not the same: before {asked_before}, now {asked}\n") }
    }

    /// What is set against an earlier one's, as far as it is known.
    fn figures(&self) -> Vec<Figure> {
        let (acknowledged, delivered, from_fit) = (self.acknowledged_ms, self.delivered_ms, self.delivered_from_fit_ms);
        let not_taken = self.held_back + self.refused + self.failed + self.unanswered;
        let sum = |figures: &Figures| (!figures.is_empty()).then(|| figures.values().sum());
        let resident =
            self.resident_bytes.iter().filter(|(name, _)| *name != LOAD).map(|(_, bytes)| bytes).sum::<f64>();
        vec![
            ("lasting per s", self.sustained_per_s),
            ("matched per s", Some(self.matched_per_s)),
            ("not taken", Some(not_taken as f64)),
            ("taken and unmatched", Some(self.unmatched as f64)),
            ("came late p99 ms", self.late_ms.map(|late| late.p99)),
            ("acknowledged p50 ms", Some(acknowledged.p50)),
            ("acknowledged p99 ms", Some(acknowledged.p99)),
            ("delivered p50 ms", Some(delivered.p50)),
            ("delivered p99 ms", Some(delivered.p99)),
            ("told or not p99 ms", self.waited_ms.map(|waited| waited.p99)),
            ("from a fit match p50", Some(from_fit.p50)),
            ("from a fit match p99", Some(from_fit.p99)),
            ("from a fit match p99.9", Some(from_fit.p999)),
            ("conflicts % of proposals", self.conflict_share.map(|share| 100.0 * share)),
            ("CPU µs per ticket", self.cpu_us()),
            ("of it Redis", self.cpu_us_per_ticket.get(REDIS).copied()),
            ("to the scripts alone", self.redis_to_ceiling()),
            ("round trips to Redis", sum(&self.round_trips_per_ticket)),
            ("calls of its commands", sum(&self.redis_calls_per_ticket)),
            ("memory MiB", (self.is_whole && resident > 0.0).then_some(resident / MIB)),
            ("B a waiting ticket", sum(&self.bytes_per_waiting_ticket)),
        ]
    }

    /// On what its figures depend. A rate that was searched for is itself one.
    fn asked(&self) -> String {
        let rate = match (self.search, self.sustained_per_s) {
            (Some(Searched { demand: Demand { p99_ms, since, .. }, .. }), _) => {
                format!("the most with a p99 of {p99_ms} ms from {}", since.name())
            }
            (None, Some(_)) => "the most".to_owned(),
            (None, None) => format!("{:.0}", self.rate),
        };
        let Self { via, seconds, waiting, .. } = self;
        let arrivals = if self.arrivals == Arrivals::Even { "" } else { " at random" };
        let build = self.build.as_deref().unwrap_or(UNKNOWN);
        let cores = self.cores.map_or(UNKNOWN.to_owned(), |cores| cores.to_string());
        let warm_up = self.warm_up.map_or(UNKNOWN.to_owned(), |warm_up| warm_up.to_string());
        let fsync = self.fsync.as_deref().unwrap_or("as it is");
        let started = match (self.started, &self.fsync) {
            (Some(started), _) => started.to_string(),
            (None, None) => "what was there".to_owned(),
            (None, Some(_)) => format!("processes {UNKNOWN}"),
        };
        let rules = self.rules_version.as_deref().unwrap_or(UNKNOWN);
        format!(
            "{rate} tickets/s{arrivals} by {} for {seconds} s after {warm_up}, appendfsync {fsync}, {waiting} waiting, {started}, rules {rules}, build {build} on {cores} cores",
            via.name()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Map, Value, json};

    fn measured() -> Map<String, Value> {
        let latency = json!({ "count": 1, "p50": 1.0, "p90": 1.0, "p99": 1.0, "p999": 1.0, "max": 1.0 });
        let told = json!({
            "scenario": "duel", "via": "stream", "rate": 50.0, "seconds": 4, "whole_seconds": 3, "warm_up": 5, "fsync": "everysec",
            "started": { "orchestrators": 2, "matchmakers": 2, "playservers": 2, "realms": 1 }, "rules_version": "v",
            "offered_per_s": 50.0, "matched_per_s": 49.0, "held_back": 0, "refused": 0, "failed": 0,
            "acknowledged_ms": latency, "delivered_ms": latency, "delivered_from_fit_ms": latency, "conflict_share": 0.0,
            "cpu_us_per_ticket": {}, "round_trips_per_ticket": {}, "redis_calls_per_ticket": {}, "redis_us_per_ticket": {},
            "resident_bytes": {}, "ceiling": null, "sustained_per_s": null, "waiting": 0, "bytes_per_waiting_ticket": {},
        });
        told.as_object().unwrap().clone()
    }

    #[test]
    fn what_an_older_file_does_not_say_is_unknown() {
        let of = |told: Map<String, Value>| serde_json::from_value::<Measured>(told.into()).unwrap();
        let now = of(measured());
        assert!(!now.against(&now).contains("not the same"));
        let mut older = measured();
        for name in ["warm_up", "started", "rules_version", "whole_seconds"] {
            older.remove(name);
        }
        let told = now.against(&of(older));
        let before = "before 50 tickets/s by stream for 4 s after unknown, appendfsync everysec, 0 waiting, processes unknown, rules unknown";
        assert!(told.contains(before), "{told}");
    }
}

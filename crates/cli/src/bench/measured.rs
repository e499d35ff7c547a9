//! What a measurement tells: a table for people, JSON for another measurement to be set against it.

use super::ceiling::Ceiling;
use super::house::Started;
use super::latency::Latency;
use super::usage::{Figures, LOAD, REDIS};
use crate::misuse::Misuse;
use anyhow::Result;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::Path;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    pub scenario: String,
    /// How players reached it: stream or unary.
    pub via: String,
    /// Tickets that were to arrive per second, and for how many seconds.
    pub rate: f64,
    pub seconds: u64,
    /// Of those, as many as were whole: what is told below is of them.
    pub whole_seconds: Option<usize>,
    /// For how many seconds they came before that.
    pub warm_up: Option<u64>,
    /// None where it was there before.
    pub started: Option<Started>,
    /// Of the queue's rules.
    pub rules_version: Option<String>,
    /// Of the Redis that was started for it: always, everysec or no.
    pub fsync: Option<String>,
    pub offered_per_s: f64,
    /// Tickets matched and delivered per second.
    pub matched_per_s: f64,
    /// Of the offered: not even sent for want of room on a stream, refused at once, failed.
    pub held_back: usize,
    pub refused: usize,
    pub failed: usize,
    /// Of the offered: not answered at all, also after the load had ended.
    #[serde(default)]
    pub unanswered: usize,
    /// Of the offered: taken, and not told of a match, also after the load had ended: a few have no fit opponent.
    #[serde(default)]
    pub unmatched: usize,
    /// Streams to the services that ended before the load did.
    #[serde(default)]
    pub streams_lost: usize,
    /// From the arrival that was due to the answer, and to the match that the player is told, in ms.
    pub acknowledged_ms: Latency,
    pub delivered_ms: Latency,
    /// From when the match was worth making, all of its tickets there and its cost within their patience, to the same, in ms.
    pub delivered_from_fit_ms: Latency,
    /// Of all proposals, those that met another over the same tickets.
    pub conflict_share: Option<f64>,
    /// CPU time for each matched ticket by role, in µs; `load` is this program's own.
    pub cpu_us_per_ticket: Figures,
    /// Round trips to Redis for each matched ticket, by verb.
    pub round_trips_per_ticket: Figures,
    /// Calls of each of Redis's commands for each matched ticket, those within scripts among them.
    pub redis_calls_per_ticket: Figures,
    /// Time within each of them, in µs; that of a script holds that of what it calls.
    pub redis_us_per_ticket: Figures,
    /// Memory in use at the end by role, in bytes.
    pub resident_bytes: Figures,
    /// What the same Redis takes for the scripts of such tickets alone.
    pub ceiling: Option<Ceiling>,
    /// The highest rate that lasts, in tickets per second, where it was searched for.
    pub sustained_per_s: Option<f64>,
    /// Tickets that could not be matched and waited meanwhile, and by how much memory grew for each, in bytes: that in use by role, buffers that
    /// grew too among it, and in Redis what it allocated.
    pub waiting: usize,
    pub bytes_per_waiting_ticket: Figures,
}

/// What `--json` writes takes a few thousand.
const FILE_BYTES_MAX: u64 = 1 << 20;
const UNKNOWN: &str = "unknown";

/// A name, and a number where it is known.
type Figure = (&'static str, Option<f64>);

/// With what follows from it.
#[derive(Serialize)]
pub struct Told<'a> {
    #[serde(flatten)]
    measured: &'a Measured,
    redis_to_ceiling: Option<f64>,
}

impl Measured {
    /// CPU time of all but the load, in µs.
    pub fn cpu_us(&self) -> f64 {
        self.cpu_us_per_ticket.iter().filter(|(name, _)| *name != LOAD).map(|(_, us)| us).sum()
    }

    /// How many times the CPU time that the scripts alone take of Redis.
    fn redis_to_ceiling(&self) -> Option<f64> {
        Some(of(&self.cpu_us_per_ticket, REDIS) / self.ceiling?.redis_us_per_ticket)
    }

    pub fn told(&self) -> Told<'_> {
        Told { measured: self, redis_to_ceiling: self.redis_to_ceiling() }
    }

    /// What `--against` names: a measurement of the same scenario.
    pub fn read(file: &Path, scenario: &str) -> Result<Self> {
        let refused = |reason: String| Misuse::new(format!("--against {}: {reason}", file.display()));
        let about = file.metadata().map_err(|error| refused(error.to_string()))?;
        // A pipe would be waited for, and a device has no end.
        if !about.is_file() || about.len() > FILE_BYTES_MAX {
            return Err(refused(format!("must be a file of at most {FILE_BYTES_MAX} bytes")).into());
        }
        let json = std::fs::read(file).map_err(|error| refused(error.to_string()))?;
        let read: Self =
            serde_json::from_slice(&json).map_err(|error| refused(format!("is no measurement: {error}")))?;
        if read.scenario != scenario {
            return Err(refused(format!("must be of the scenario {scenario}, is of {}", read.scenario)).into());
        }
        Ok(read)
    }

    /// Each figure that both have set against an earlier one's, and what was asked for differently.
    pub fn against(&self, before: &Self) -> String {
        let row = |(before, now): (Figure, Figure)| {
            let (name, before, now) = (now.0, before.1.filter(|before| *before > 0.0)?, now.1?);
            Some(format!("{name:<22} {before:>12.2} {now:>12.2} {:>7.2} ×\n", now / before))
        };
        let rows: String = before.figures().into_iter().zip(self.figures()).filter_map(row).collect();
        let table = format!("{:<22} {:>12} {:>12} {:>9}\n{rows}", "", "before", "now", "ratio");
        let (asked_before, asked) = (before.asked(), self.asked());
        if asked_before == asked { table } else { format!("{table}not the same: before {asked_before}, now {asked}\n") }
    }

    /// What is set against an earlier one's, as far as it is known.
    fn figures(&self) -> [Figure; 11] {
        let (acknowledged, delivered, from_fit) = (self.acknowledged_ms, self.delivered_ms, self.delivered_from_fit_ms);
        [
            ("lasting per s", self.sustained_per_s),
            ("matched per s", Some(self.matched_per_s)),
            ("acknowledged p50 ms", Some(acknowledged.p50)),
            ("acknowledged p99 ms", Some(acknowledged.p99)),
            ("delivered p50 ms", Some(delivered.p50)),
            ("delivered p99 ms", Some(delivered.p99)),
            ("from a fit match p50", Some(from_fit.p50)),
            ("from a fit match p99", Some(from_fit.p99)),
            ("CPU µs per ticket", (!self.cpu_us_per_ticket.is_empty()).then(|| self.cpu_us())),
            ("of it Redis", self.cpu_us_per_ticket.get(REDIS).copied()),
            ("to the scripts alone", self.redis_to_ceiling()),
        ]
    }

    /// On what its figures depend. A rate that was searched for is itself one.
    fn asked(&self) -> String {
        let rate = if self.sustained_per_s.is_some() { "the most".to_owned() } else { format!("{:.0}", self.rate) };
        let Self { via, seconds, waiting, .. } = self;
        let warm_up = self.warm_up.map_or(UNKNOWN.to_owned(), |warm_up| warm_up.to_string());
        let fsync = self.fsync.as_deref().unwrap_or("as it is");
        let started = match (self.started, &self.fsync) {
            (Some(started), _) => started.to_string(),
            (None, None) => "what was there".to_owned(),
            (None, Some(_)) => format!("processes {UNKNOWN}"),
        };
        let rules = self.rules_version.as_deref().unwrap_or(UNKNOWN);
        format!(
            "{rate} tickets/s by {via} for {seconds} s after {warm_up}, appendfsync {fsync}, {waiting} waiting, {started}, rules {rules}"
        )
    }
}

/// What is less of a sum is not shown.
const SHOWN_SHARE: f64 = 0.002;

fn of(figures: &Figures, name: &str) -> f64 {
    figures.get(name).copied().unwrap_or_default()
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scenario, via, rate, seconds, .. } = self;
        let fsync = self.fsync.as_ref().map(|fsync| format!(", appendfsync {fsync}")).unwrap_or_default();
        let whole = self.whole_seconds.map(|whole| format!(", {whole} whole ones of which count")).unwrap_or_default();
        writeln!(f, "{scenario}: {rate:.0} tickets/s by {via} for {seconds} s{whole}{fsync}")?;
        if let Some(sustained) = self.sustained_per_s {
            writeln!(f, "  the highest rate that lasts: {sustained:.0}/s")?;
        }
        writeln!(f, "  offered {:.0}/s, matched {:.0}/s", self.offered_per_s, self.matched_per_s)?;
        if self.waiting > 0 {
            let each = bytes(&self.bytes_per_waiting_ticket);
            writeln!(f, "  beside {} waiting tickets; by so many bytes for each memory grew: {each}", self.waiting)?;
        }
        let Self { refused, failed, held_back, unanswered, unmatched, .. } = self;
        writeln!(
            f,
            "  refused {refused}, failed {failed}, not sent {held_back}, unanswered {unanswered}, taken and unmatched {unmatched}"
        )?;
        write!(f, "  {:<22} {:>9} {:>9} {:>9} {:>9} {:>9}", "ms", "p50", "p90", "p99", "p99.9", "max")?;
        for (name, Latency { p50, p90, p99, p999, max, .. }) in [
            ("enqueue acknowledged", &self.acknowledged_ms),
            ("match delivered", &self.delivered_ms),
            ("from a fit match on", &self.delivered_from_fit_ms),
        ] {
            write!(f, "\n  {name:<22} {p50:>9.1} {p90:>9.1} {p99:>9.1} {p999:>9.1} {max:>9.1}")?;
        }
        if self.cpu_us_per_ticket.is_empty() { Ok(()) } else { self.costs(f) }
    }
}

impl Measured {
    /// What the processes took, where they were started for it.
    fn costs(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(share) = self.conflict_share {
            write!(f, "\n  conflicts {:.1} % of proposals", 100.0 * share)?;
        }
        write!(f, "\n  {:<22} {:>15} {:>13}", "by role, all of it", "CPU µs/ticket", "memory MiB")?;
        for (name, us) in &self.cpu_us_per_ticket {
            write!(f, "\n  {name:<22} {us:>15.0} {:>13.0}", of(&self.resident_bytes, name) / f64::from(1 << 20))?;
        }
        write!(f, "\n  {:<22} {:>15.0}", "all but the load", self.cpu_us())?;
        if self.round_trips_per_ticket.is_empty() {
            return Ok(());
        }
        write!(f, "\n  round trips to redis for each ticket: {}", shown(&self.round_trips_per_ticket))?;
        write!(f, "\n  calls of its commands: {}", shown(&self.redis_calls_per_ticket))?;
        write!(f, "\n  µs within them: {}", most(&self.redis_us_per_ticket))?;
        let (Some(ceiling), Some(ratio)) = (self.ceiling, self.redis_to_ceiling()) else { return Ok(()) };
        let Ceiling { tickets_per_s, redis_us_per_ticket } = ceiling;
        write!(
            f,
            "\n  scripts alone {tickets_per_s:.0} tickets/s, redis {redis_us_per_ticket:.1} µs/ticket: it takes {ratio:.2} × that"
        )
    }
}

/// All of them, as whole numbers.
fn bytes(figures: &Figures) -> String {
    let parts: Vec<String> = figures.iter().map(|(name, value)| format!("{name} {value:.0}")).collect();
    parts.join(", ")
}

/// The sum, and the most of it by name.
fn shown(figures: &Figures) -> String {
    format!("{:.2} ({})", figures.values().sum::<f64>(), most(figures))
}

/// By name, without those that are next to nothing.
fn most(figures: &Figures) -> String {
    let sum: f64 = figures.values().sum();
    let mut sorted: Vec<(&String, &f64)> = figures.iter().filter(|(_, value)| **value >= sum * SHOWN_SHARE).collect();
    sorted.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let parts: Vec<String> = sorted.iter().map(|(name, value)| format!("{name} {value:.2}")).collect();
    parts.join(", ")
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

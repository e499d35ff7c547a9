//! What a measurement tells: a table for people, JSON for another measurement to be set against it.

mod against;
mod table;

use super::addresses::Via;
use super::arrivals::Arrivals;
use super::ceiling::Ceiling;
use super::find::Demand;
use super::house::Started;
use super::latency::Latency;
use super::page::Page;
use super::usage::{Figures, LOAD, REDIS};
use crate::misuse::Misuse;
use anyhow::Result;
use serde::{Deserialize, Serialize};
use std::path::Path;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    pub scenario: String,
    /// How players reached it.
    pub via: Via,
    /// Version and profile of the program, and cores of the machine.
    pub build: Option<String>,
    pub cores: Option<usize>,
    /// How tickets were spread over a second.
    #[serde(default)]
    pub arrivals: Arrivals,
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
    /// How much later than it was due the load let a ticket come, in ms.
    pub late_ms: Option<Latency>,
    /// From the arrival that was due to its refusal, and to the match that the player is told or until now, of those who were taken, in ms.
    pub refused_ms: Option<Latency>,
    pub waited_ms: Option<Latency>,
    /// From the arrival that was due to the answer, and to the match that the player is told, in ms.
    pub acknowledged_ms: Latency,
    pub delivered_ms: Latency,
    /// From when the match was worth making, all of its tickets there and its cost within their patience, to the same, in ms.
    pub delivered_from_fit_ms: Latency,
    /// Of all proposals, those that met another over the same tickets.
    pub conflict_share: Option<f64>,
    /// Whether every process of the system is among those of which CPU time and memory are told.
    #[serde(default = "yes")]
    pub is_whole: bool,
    /// CPU time for each matched ticket by role, in µs; `load` is this program's own.
    pub cpu_us_per_ticket: Figures,
    /// The same of each process, and its share of one core while tickets came.
    #[serde(default)]
    pub cpu_us_per_ticket_by_process: Figures,
    #[serde(default)]
    pub core_share_by_process: Figures,
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
    pub search: Option<Searched>,
    /// Where there is a burst.
    pub peak: Option<Peak>,
    /// Tickets that could not be matched and waited meanwhile, and by how much memory grew for each, in bytes: that in use by role, buffers that
    /// grew too among it, and in Redis what it allocated.
    pub waiting: usize,
    pub bytes_per_waiting_ticket: Figures,
}

/// By what the highest rate that lasts was searched for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Searched {
    #[serde(flatten)]
    pub demand: Demand,
    /// Whether the rate that is told lasted in what is told of it.
    pub is_kept: bool,
}

/// What became of those who came in the midst of a burst.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Peak {
    #[serde(flatten)]
    pub page: Page,
    /// Seconds after it until all was as before; none where it was not by the end.
    pub recovered_after_s: Option<usize>,
}

fn yes() -> bool {
    true
}

/// What `--json` writes takes a few thousand.
const FILE_BYTES_MAX: u64 = 1 << 20;
const MIB: f64 = (1 << 20) as f64;

/// With what follows from it.
#[derive(Serialize)]
pub struct Told<'a> {
    #[serde(flatten)]
    measured: &'a Measured,
    redis_to_ceiling: Option<f64>,
}

impl Measured {
    /// CPU time of all but the load, in µs; none where not all is known.
    fn cpu_us(&self) -> Option<f64> {
        let us = self.cpu_us_per_ticket.iter().filter(|(name, _)| *name != LOAD).map(|(_, us)| us).sum();
        (self.is_whole && !self.cpu_us_per_ticket.is_empty()).then_some(us)
    }

    /// The share of one core that the busiest process of a role has.
    fn busiest(&self, role: &str) -> f64 {
        let is_of = |name: &str| name.strip_prefix(role).is_some_and(|rest| rest.starts_with('-'));
        let shares = self.core_share_by_process.iter().filter(|(name, _)| is_of(name)).map(|(_, share)| *share);
        shares.fold(0.0, f64::max)
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
}

fn of(figures: &Figures, name: &str) -> f64 {
    figures.get(name).copied().unwrap_or_default()
}

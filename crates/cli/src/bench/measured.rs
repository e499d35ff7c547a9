//! What a measurement tells: a table for people, JSON for another measurement to be set against it.

mod against;
mod table;

use super::addresses::Via;
use super::arrivals::Arrivals;
use super::ceiling::Ceiling;
use super::cluster::Started;
use super::find::Demand;
use super::latency::Latency;
use super::stats::Stats;
use super::usage::{Figures, LOAD, REDIS};
use crate::misuse::Misuse;
use anyhow::Result;
use serde::{Deserialize, Serialize};
use std::path::Path;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    #[serde(flatten)]
    pub asked: Asked,
    /// Of the whole seconds.
    #[serde(flatten)]
    pub stats: Stats,
    /// Streams to the services that ended before the load did.
    pub streams_lost: usize,
    /// From when a match was worth making, all of its tickets there and its cost within their patience, until a player was told of it.
    pub delivered_from_fit_ms: Latency,
    #[serde(flatten)]
    pub costs: Costs,
    /// What the same Redis takes for the scripts of such tickets alone.
    pub ceiling: Option<Ceiling>,
    /// The highest rate that lasts, in tickets per second, where it was searched for.
    pub sustained_per_s: Option<f64>,
    pub search: Option<Searched>,
    /// Where there is a burst.
    pub peak: Option<Peak>,
    /// Tickets that could not be matched and waited meanwhile.
    pub waiting: usize,
    /// By how much memory grew for each of those, in bytes: what a role has in use, with buffers that grew too, and what Redis allocated.
    pub bytes_per_waiting_ticket: Figures,
}

/// On what the figures depend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    pub scenario: String,
    /// How players reached it.
    pub via: Via,
    /// Version and profile of the program.
    pub build: String,
    /// Of the machine, where it tells.
    pub cores: Option<usize>,
    /// How tickets were spread over a second.
    pub arrivals: Arrivals,
    /// Tickets that were to arrive per second.
    pub rate: f64,
    /// For how many seconds.
    pub seconds: u64,
    /// How many of those seconds were whole, and are looked at.
    pub whole_seconds: usize,
    /// For how many seconds tickets came before that.
    pub warm_up: u64,
    /// None where it was there before.
    pub started: Option<Started>,
    /// Of the queue's rules.
    pub rules_version: String,
    /// Of the Redis that was started for it: always, everysec or no.
    pub fsync: Option<String>,
}

/// What it took. A figure for each ticket is one for each that was matched.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct Costs {
    /// Of all proposals, those that met another over the same tickets.
    pub conflict_share: Option<f64>,
    /// Whether every process of the system is among those of which CPU time and memory are told.
    pub is_whole: bool,
    /// CPU time by role, in µs; `load` is this program's own.
    pub cpu_us_per_ticket: Figures,
    /// CPU time by process, in µs.
    pub cpu_us_per_ticket_by_process: Figures,
    /// How much of one core a process had while tickets came.
    pub core_share_by_process: Figures,
    /// Round trips to Redis, by verb.
    pub round_trips_per_ticket: Figures,
    /// Calls of each of Redis's commands, those within scripts among them.
    pub redis_calls_per_ticket: Figures,
    /// Time within each of Redis's commands, in µs; that of a script holds that of what it calls.
    pub redis_us_per_ticket: Figures,
    /// Memory in use at the end by role, in bytes.
    pub resident_bytes: Figures,
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
    pub stats: Stats,
    /// Seconds after it until all was as before; none where it was not by the end.
    pub recovered_after_s: Option<usize>,
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

impl Costs {
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
}

impl Measured {
    /// How many times the CPU time that the scripts alone take of Redis.
    fn redis_to_ceiling(&self) -> Option<f64> {
        Some(self.costs.cpu_us_per_ticket.get(REDIS)? / self.ceiling?.redis_us_per_ticket)
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
        let read: Self = serde_json::from_slice(&json)
            .map_err(|error| refused(format!("is no measurement that this version reads: {error}")))?;
        if read.asked.scenario != scenario {
            return Err(refused(format!("must be of the scenario {scenario}, is of {}", read.asked.scenario)).into());
        }
        Ok(read)
    }
}

fn of(figures: &Figures, name: &str) -> f64 {
    figures.get(name).copied().unwrap_or_default()
}

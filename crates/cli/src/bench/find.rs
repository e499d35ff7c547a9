//! The highest rate that lasts: doubled until one does not, then narrowed down.

use super::bounds::{RATE_MAX, check_number, check_rate};
use super::latency::Latency;
use super::load::{LEFT_MAX, Load};
use super::progress::{Goal, Progress};
use super::report::ReportArgs;
use super::stats::{HEADER, Stats};
use crate::misuse::Misuse;
use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::time::Duration;

/// Where not even so many tickets per second last, nothing does.
const RATE_MIN: f64 = 1.0;
/// How near the lowest rate that did not last must be to the highest that did.
const PRECISION: f64 = 1.1;
/// Seconds at the beginning of each probe that are not looked at.
const WARM_UP: usize = 1;
/// One more is lost to its edges.
const PROBE_SECONDS: (u64, u64) = (3, 600);
const P99_MS_MAX: f64 = 1e6;
/// Times that a rate is tried before it counts as too much: the machine may have had something else to do.
const TRIES: usize = 2;
/// The largest part of what is offered that may be left behind, but for a few.
const BEHIND_SHARE_MAX: f64 = 0.03;
const SETTLE_MAX: Duration = Duration::from_secs(20);

/// From when waits count that are bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Since {
    /// From when the match was worth making
    Fit,
    /// From the arrival that was due
    Due,
}

impl Since {
    pub fn name(self) -> &'static str {
        match self {
            Self::Fit => "a fit match on",
            Self::Due => "the arrival on",
        }
    }
}

#[derive(Debug, Clone, clap::Args)]
pub struct FindArgs {
    /// Search for the highest rate that lasts, from --rate on, and measure that: no backlog grows, nobody is refused, and hardly anyone waits
    /// longer than --p99-ms. Where it does not last in that measurement, a tenth less is measured, twice at the most
    #[arg(long, env = "MUSTER_BENCH_FIND")]
    find: bool,
    /// With --find: the longest that 99 of 100 may wait for their match to be delivered, in ms
    #[arg(long, env = "MUSTER_BENCH_P99_MS", requires = "find", default_value_t = 100.0, value_name = "MS")]
    p99_ms: f64,
    /// With --find: from when that counts
    #[arg(long, env = "MUSTER_BENCH_P99_SINCE", requires = "find", value_enum, default_value = "fit")]
    p99_since: Since,
    /// With --find: how long each rate is tried, in seconds
    #[arg(long, env = "MUSTER_BENCH_PROBE", requires = "find", default_value_t = 8, value_name = "SECONDS")]
    probe: u64,
    /// With --find: the highest rate that is tried
    #[arg(long, env = "MUSTER_BENCH_RATE_MAX", requires = "find", default_value_t = RATE_MAX, value_name = "RATE")]
    rate_max: f64,
}

impl FindArgs {
    /// Of a search that begins at `rate`.
    pub fn check(&self, rate: f64) -> Result<(), Misuse> {
        if !(self.p99_ms > 0.0 && self.p99_ms <= P99_MS_MAX) {
            return Err(Misuse::new(format!("--p99-ms must be above 0 and at most {P99_MS_MAX}, is {}", self.p99_ms)));
        }
        check_number("--probe", self.probe, PROBE_SECONDS)?;
        check_rate("--rate-max", self.rate_max)?;
        if self.find && rate > self.rate_max {
            return Err(Misuse::new(format!("--rate must be at most --rate-max ({}), is {rate}", self.rate_max)));
        }
        Ok(())
    }

    /// What is demanded, where a rate is searched for.
    pub fn demand(&self) -> Option<Demand> {
        let Self { p99_ms, p99_since: since, rate_max, .. } = *self;
        self.find.then_some(Demand { p99_ms, since, probe_s: self.probe, rate_max })
    }
}

/// What a rate must keep to last.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Demand {
    /// The longest that 99 of 100 may wait, in ms, and from when that counts.
    pub p99_ms: f64,
    pub since: Since,
    /// How long each rate is tried, in seconds.
    pub probe_s: u64,
    /// The highest rate that is tried.
    pub rate_max: f64,
}

/// What became of a rate that was offered.
pub struct Tried {
    pub stats: Stats,
    /// How long was waited from a fit match on.
    pub from_fit: Latency,
    /// Tickets that were left when no more came, though there was a match for them.
    pub missed: usize,
    /// That were looked at.
    pub seconds: usize,
}

impl Tried {
    /// As far as it is known by now, with how many were `missed` when no more came.
    pub fn of(load: &Load, seconds: Range<usize>, missed: usize) -> Result<Self> {
        let (stats, length) = (load.recorder.stats(seconds.clone()), seconds.len());
        Ok(Self { stats, from_fit: load.waits_for_system(seconds)?, missed, seconds: length })
    }

    fn row(&self, demand: &Demand) -> String {
        format!("{} {:>7} {:>15.1}", self.stats.row("probe"), self.missed, demand.bounded_ms(self))
    }
}

impl Demand {
    fn lasts(&self) -> Duration {
        Duration::from_secs(self.probe_s)
    }

    /// Whether it was kept.
    pub fn is_kept(&self, tried: &Tried) -> bool {
        let Tried { stats, missed, seconds, .. } = tried;
        let seconds = *seconds as f64;
        let behind_per_s = match self.since {
            // Whoever waits for company is not behind.
            Since::Fit => *missed as f64 / seconds,
            Since::Due => stats.offered_per_s - stats.matched_per_s,
        };
        let left_most = (BEHIND_SHARE_MAX * stats.offered_per_s).max(LEFT_MAX as f64 / seconds);
        let is_kept_up = stats.matched_per_s > 0.0 && behind_per_s <= left_most;
        is_kept_up && stats.not_taken() == 0 && self.bounded_ms(tried) <= self.p99_ms
    }

    /// The wait that is bounded, of 99 of 100, in ms.
    fn bounded_ms(&self, tried: &Tried) -> f64 {
        match self.since {
            Since::Fit => tried.from_fit.p99,
            Since::Due => tried.stats.waited_ms.p99,
        }
    }
}

pub struct Found {
    /// The highest rate offered that lasted.
    pub sustained: f64,
    /// The most that was matched per second, at whatever rate.
    pub matched_per_s: f64,
}

impl Found {
    /// The next lower rate, where this one was not kept after all.
    pub fn lowered(self) -> Self {
        Self { sustained: (self.sustained / PRECISION).max(RATE_MIN), ..self }
    }
}

/// Searches from `rate` on, and reports a row for each probe.
pub async fn find(load: &Load, rate: f64, demand: &Demand, report: &ReportArgs) -> Result<Found> {
    report.row(format_args!("{HEADER}  missed  bounded p99 ms"))?;
    let mut hunt = Hunt { low: None, high: None, rate, rate_max: demand.rate_max };
    let mut matched_per_s: f64 = 0.0;
    loop {
        let mut lasts = false;
        for _ in 0..TRIES {
            let probe = probe(load, hunt.rate, demand).await?;
            report.row(probe.row(demand))?;
            matched_per_s = matched_per_s.max(probe.stats.matched_per_s);
            lasts = demand.is_kept(&probe);
            if lasts {
                break;
            }
        }
        match hunt.next(lasts) {
            Next::Try => {}
            Next::Found(sustained) => return Ok(Found { sustained, matched_per_s }),
            Next::Nothing => bail!("not even {:.0} tickets/s last here", hunt.rate),
        }
    }
}

/// Offers a rate, lets those matched who can be, and says what became of it once it was running.
pub async fn step(load: &Load, rate: f64, lasts: Duration) -> Result<Stats> {
    let _shown = Progress::show(load.recorder.clone(), format!("{rate:.0}/s"), Goal::Time(lasts));
    let (seconds, _) = tried(load, rate, lasts).await?;
    Ok(load.recorder.stats(seconds))
}

async fn probe(load: &Load, rate: f64, demand: &Demand) -> Result<Tried> {
    let lasts = demand.lasts();
    let _shown = Progress::show(load.recorder.clone(), format!("probe {rate:.0}/s"), Goal::Time(lasts));
    let (seconds, missed) = tried(load, rate, lasts).await?;
    Tried::of(load, seconds, missed)
}

/// The seconds of an offer that are looked at, and how many of them were missed at its end: whoever is caught up with later was behind.
async fn tried(load: &Load, rate: f64, lasts: Duration) -> Result<(Range<usize>, usize)> {
    let offered = load.offer(rate, lasts).await?;
    let seconds = offered.start + WARM_UP..offered.end;
    let missed = load.missed(&seconds)?;
    load.settle(LEFT_MAX, SETTLE_MAX).await;
    Ok((seconds, missed))
}

/// Where a search stands.
#[derive(Debug)]
struct Hunt {
    /// The highest rate that lasted, and the lowest that did not.
    low: Option<f64>,
    high: Option<f64>,
    /// What is tried.
    rate: f64,
    rate_max: f64,
}

#[derive(Debug, PartialEq)]
enum Next {
    Try,
    Found(f64),
    Nothing,
}

impl Hunt {
    /// What follows from whether the rate lasted.
    fn next(&mut self, lasts: bool) -> Next {
        if lasts {
            self.low = Some(self.rate)
        } else {
            self.high = Some(self.rate)
        }
        self.rate = match (self.low, self.high) {
            (Some(low), None) if low >= self.rate_max => return Next::Found(low),
            (Some(low), Some(high)) if high <= low * PRECISION => return Next::Found(low),
            (None, Some(high)) if high <= RATE_MIN => return Next::Nothing,
            (Some(low), None) => (low * 2.0).min(self.rate_max),
            (None, Some(high)) => (high / 2.0).max(RATE_MIN),
            // Halfway as a ratio: rates are compared by their ratios.
            (Some(low), Some(high)) => (low * high).sqrt(),
            (None, None) => return Next::Nothing,
        };
        Next::Try
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Searches where rates up to `limit` last: what was found, in how many probes.
    fn hunted(rate: f64, rate_max: f64, limit: f64) -> (Next, usize) {
        let mut hunt = Hunt { low: None, high: None, rate, rate_max };
        for probes in 1..100 {
            match hunt.next(hunt.rate <= limit) {
                Next::Try => {}
                end => return (end, probes),
            }
        }
        (Next::Try, 100)
    }

    #[test]
    fn the_highest_rate_that_lasts_is_found_from_below_and_from_above() {
        for (first, limit) in [(100.0, 7_300.0), (50_000.0, 7_300.0), (7_300.0, 7_300.0), (1.0, 1.0)] {
            let (end, probes) = hunted(first, RATE_MAX, limit);
            let is_near = |found: f64| found <= limit && found * PRECISION > limit;
            assert!(
                matches!(end, Next::Found(found) if is_near(found)) && probes <= 14,
                "{first}: {end:?} in {probes}"
            );
        }
    }

    #[test]
    fn a_rate_lasts_while_nearly_all_are_matched_and_nobody_is_turned_away() {
        let demand = Demand { p99_ms: 100.0, since: Since::Due, probe_s: 8, rate_max: RATE_MAX };
        let wait = Latency { count: 1, p99: 90.0, ..Latency::default() };
        let well = Stats { offered_per_s: 1_000.0, matched_per_s: 980.0, waited_ms: wait, ..Stats::default() };
        let tried = |stats: Stats| Tried { stats, from_fit: Latency::default(), missed: 0, seconds: 8 };
        let is_kept = |stats: Stats| demand.is_kept(&tried(stats));
        assert!(is_kept(well.clone()));
        assert!(!is_kept(Stats { matched_per_s: 960.0, ..well.clone() }), "a backlog grows");
        assert!(!is_kept(Stats { unanswered: 1, ..well.clone() }));
        assert!(!is_kept(Stats { waited_ms: Latency { p99: 110.0, ..wait }, ..well.clone() }));
        assert!(
            !is_kept(Stats { offered_per_s: 5.0, matched_per_s: 0.0, ..well.clone() }),
            "few came, and nobody was matched"
        );
        // Who waits for company is not behind where waits count from a fit match on.
        let demand = Demand { since: Since::Fit, ..demand };
        let lonely = Stats { matched_per_s: 800.0, ..well };
        assert!(demand.is_kept(&tried(lonely.clone())));
        assert!(!demand.is_kept(&Tried { missed: 8 * 40, ..tried(lonely) }), "a match was there for some of them");
    }

    #[test]
    fn a_search_ends_where_nothing_lasts_and_where_no_more_may_be_tried() {
        assert_eq!(hunted(100.0, RATE_MAX, 0.5).0, Next::Nothing);
        assert_eq!(hunted(100.0, 500.0, 7_300.0).0, Next::Found(500.0));
    }
}

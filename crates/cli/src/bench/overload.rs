//! More than can be taken: what is sustained is found first, then a multiple of it is offered, then half of it.

use super::bounds::{RATE_MAX, check_rate, check_seconds_of_load};
use super::cluster::{Cluster, ClusterArgs};
use super::find::{Demand, Found, Since, find, step};
use super::load::{LEFT_MAX, Load};
use super::progress::{Goal, Progress};
use super::report::ReportArgs;
use super::scenario::DUEL;
use super::stats::{HEADER, Stats};
use crate::misuse::Misuse;
use crate::run::Export;
use anyhow::{Result, ensure};
use serde::Serialize;
use std::fmt;
use std::time::Duration;

const FACTOR_MAX: f64 = 100.0;
/// Tickets per second that are offered first.
const RATE_FIRST: f64 = 500.0;
/// A rate that lasts is no overload: that some wait for want of an opponent does not matter here.
const DEMAND: Demand = Demand { p99_ms: 5_000.0, since: Since::Due, probe_s: 6, rate_max: RATE_MAX };
const SETTLE_MAX: Duration = Duration::from_secs(20);
/// Of the sustained rate, what is offered before the overload, and after it.
const CALM: f64 = 0.5;
const CALM_BEFORE: Duration = Duration::from_secs(6);
const CALM_AFTER: Duration = Duration::from_secs(30);

#[derive(Debug, clap::Args)]
pub struct Args {
    /// How many times of what is sustained is offered
    #[arg(long, env = "MUSTER_BENCH_FACTOR", default_value_t = 5.0, value_name = "N")]
    factor: f64,
    /// For how long, in seconds
    #[arg(long, env = "MUSTER_BENCH_SECONDS", default_value_t = 20, value_name = "SECONDS")]
    seconds: u64,
    /// Take this for what is sustained, in players per second, instead of finding it out
    #[arg(long, env = "MUSTER_BENCH_SUSTAINED", value_name = "RATE")]
    sustained: Option<f64>,
    #[command(flatten)]
    report: ReportArgs,
    #[command(flatten)]
    cluster: ClusterArgs,
}

/// What came of it; rates are of tickets per second.
#[derive(Debug, Serialize)]
struct Measured {
    scenario: &'static str,
    /// Offered, and sustained.
    sustained_per_s: f64,
    /// The most that was matched, at whatever rate.
    most_matched_per_s: f64,
    /// How many times of what is sustained was offered.
    factor: f64,
    /// What was matched then, as a share of the most.
    goodput_share: f64,
    /// Until all was as before, and stayed so; none where it never was.
    recovered_after_s: Option<usize>,
    /// At half of what is sustained, at the multiple, and at half again.
    before: Stats,
    overload: Stats,
    after: Stats,
}

pub async fn run(args: Args) -> Result<()> {
    if !(args.factor >= 1.0 && args.factor <= FACTOR_MAX) {
        return Err(Misuse::new(format!("--factor must be 1 to {FACTOR_MAX}, is {}", args.factor)).into());
    }
    check_seconds_of_load("--seconds", args.seconds)?;
    args.report.check()?;
    args.sustained.map_or(Ok(()), |rate| check_rate("--sustained", rate))?;
    args.cluster.game(&DUEL)?;
    let mut cluster = Cluster::open(&args.cluster, &DUEL, &Export::AsHere).await?;
    let load = cluster.load(&DUEL).await?;
    let measured = cluster.whole(measure(&args, &load)).await;
    drop(load);
    cluster.leave().await;
    let measured = measured?;
    args.report.tell(&measured, &measured)
}

async fn measure(args: &Args, load: &Load) -> Result<Measured> {
    let report = &args.report;
    let peak = match args.sustained {
        Some(rate) => {
            report.row(HEADER)?;
            let stats = step(load, rate, Duration::from_secs(DEMAND.probe_s)).await?;
            report.row(stats.row("sustained"))?;
            Found { sustained: rate, matched_per_s: stats.matched_per_s }
        }
        None => {
            let found = find(load, RATE_FIRST, &DEMAND, report).await?;
            report.row(format_args!("\n{HEADER}"))?;
            found
        }
    };
    let calm_rate = peak.sustained * CALM;
    let before = step(load, calm_rate, CALM_BEFORE).await?;
    report.row(before.row("before"))?;
    let lasts = Duration::from_secs(args.seconds);
    let shown = Progress::show(load.recorder.clone(), "overload, and after".to_owned(), Goal::Time(lasts + CALM_AFTER));
    let during = load.offer(peak.sustained * args.factor, lasts).await?;
    let after = load.offer(calm_rate, CALM_AFTER).await?;
    load.settle(LEFT_MAX, SETTLE_MAX).await;
    drop(shown);
    let (overloaded, calm) = (load.recorder.stats(during), load.recorder.stats(after.clone()));
    report.row(overloaded.row("overload"))?;
    report.row(calm.row("after"))?;
    let most = peak.matched_per_s.max(overloaded.matched_per_s);
    ensure!(most > 0.0, "nobody was matched: {}", load.recorder.outcome());
    Ok(Measured {
        scenario: "overload",
        sustained_per_s: peak.sustained,
        most_matched_per_s: most,
        factor: args.factor,
        goodput_share: overloaded.matched_per_s / most,
        recovered_after_s: load.recovered(&before, after),
        before,
        overload: overloaded,
        after: calm,
    })
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sustained_per_s, most_matched_per_s, factor, goodput_share, recovered_after_s, .. } = self;
        writeln!(f, "sustained  {sustained_per_s:.0} tickets/s; at most {most_matched_per_s:.0} matched per second")?;
        writeln!(f, "goodput    {:.0} % of that at {factor} times the sustained", 100.0 * goodput_share)?;
        match recovered_after_s {
            Some(seconds) => write!(f, "recovery   after {seconds} s"),
            None => write!(f, "recovery   not within {} s", CALM_AFTER.as_secs()),
        }
    }
}

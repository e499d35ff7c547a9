//! What one that is ill does to all others: each trouble strikes a cluster of its own in the middle of its load.

mod summary;
mod trouble;

use super::bounds::{ROUNDS, check_number, check_rate, check_seconds, check_seconds_of_load};
use super::cluster::{Cluster, ClusterArgs};
use super::latency::Latency;
use super::load::Load;
use super::progress::{Goal, Progress};
use super::report::ReportArgs;
use super::scenario::DUEL;
use crate::run::Export;
use anyhow::{Context, Result};
use serde::Serialize;
use std::ops::Range;
use std::time::Duration;
use summary::Summary;
use trouble::Trouble;

/// How long players may still be matched afterwards.
const SETTLE_MAX: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Tickets that arrive per second
    #[arg(long, env = "MUSTER_BENCH_RATE", default_value_t = 500.0, value_name = "RATE")]
    rate: f64,
    /// How often each trouble strikes
    #[arg(long, env = "MUSTER_BENCH_ROUNDS", default_value_t = 3, value_name = "N")]
    rounds: usize,
    /// For how long without each trouble, and then with it, in seconds
    #[arg(long, env = "MUSTER_BENCH_SECONDS", default_value_t = 10, value_name = "SECONDS")]
    seconds: u64,
    /// For how long before that players come while nothing is measured, in seconds
    #[arg(long, env = "MUSTER_BENCH_WARM_UP", default_value_t = 3, value_name = "SECONDS")]
    warm_up: u64,
    /// Only these troubles
    #[arg(long, env = "MUSTER_BENCH_TROUBLES", value_enum, value_delimiter = ',', value_name = "NAME")]
    trouble: Vec<Trouble>,
    #[command(flatten)]
    report: ReportArgs,
    #[command(flatten)]
    cluster: ClusterArgs,
}

/// Those whom it should not concern, before it and while it goes on.
#[derive(Debug, Serialize)]
struct Struck {
    trouble: &'static str,
    /// From 1 on.
    round: usize,
    /// Tickets that arrived per second, in each of the two.
    rate: f64,
    /// How long they waited for their match, from when that was worth making, in ms.
    without_ms: Latency,
    with_ms: Latency,
    /// None where nobody was matched in one of the two.
    p99_ratio: Option<f64>,
    /// How many were told of no match, with those who were not taken.
    left_without: usize,
    left_with: usize,
}

impl Struck {
    fn row(&self) -> String {
        let Self { trouble, without_ms, with_ms, left_without, left_with, .. } = self;
        let shown = |Latency { p50, p99, count, .. }: &Latency, left: &usize| {
            format!("{:>19} {count:>7} {left:>6}", format!("{p50:.1} / {p99:.1}"))
        };
        let ratio = self.p99_ratio.map_or("none".to_owned(), |ratio| format!("{ratio:.2}"));
        format!("{trouble:<22} {} {} {ratio:>9}", shown(without_ms, left_without), shown(with_ms, left_with))
    }
}

pub async fn run(args: Args) -> Result<()> {
    check_rate("--rate", args.rate)?;
    check_number("--rounds", args.rounds, ROUNDS)?;
    check_seconds_of_load("--seconds", args.seconds)?;
    check_seconds("--warm-up", args.warm_up)?;
    args.report.check()?;
    args.cluster.game(&DUEL)?;
    args.cluster.check_one_realm()?;
    args.troubles().filter_map(Trouble::hangs).try_for_each(|role| args.cluster.check_several(role))?;
    let (without, with) = ("p50/p99 without", "p50/p99 with");
    let header =
        format_args!("others, from a fit, ms {without:>19} matched   left {with:>19} matched   left p99 ratio");
    args.report.row(header)?;
    let mut all = Vec::new();
    // All in each round: what comes and goes with the time befalls them alike.
    for round in 1..=args.rounds {
        for trouble in args.troubles() {
            let struck = strike(&args, trouble, round).await.with_context(|| trouble.name())?;
            args.report.row(struck.row())?;
            all.push(struck);
        }
    }
    args.report.write(&all)?;
    Ok(args.report.row(Summary(&all))?)
}

impl Args {
    fn troubles(&self) -> impl Iterator<Item = Trouble> {
        let is_asked_for = |trouble: &Trouble| self.trouble.is_empty() || self.trouble.contains(trouble);
        Trouble::ALL.into_iter().filter(is_asked_for)
    }
}

async fn strike(args: &Args, trouble: Trouble, round: usize) -> Result<Struck> {
    let mut cluster = Cluster::open_with(trouble.realms(), &args.cluster, &DUEL, &Export::Nowhere).await?;
    let load = Load::open(&DUEL, &cluster.addresses_of(0)).await?;
    let struck = cluster.whole(measure(args, trouble, round, &cluster, &load)).await;
    drop(load);
    cluster.leave().await;
    struck
}

async fn measure(args: &Args, trouble: Trouble, round: usize, cluster: &Cluster, load: &Load) -> Result<Struck> {
    let (warm_up, lasts) = (Duration::from_secs(args.warm_up), Duration::from_secs(args.seconds));
    let _shown = Progress::show(load.recorder.clone(), trouble.name().to_owned(), Goal::Time(warm_up + 2 * lasts));
    load.offer(args.rate, warm_up).await?;
    let without = load.offer(args.rate, lasts).await?;
    let _ailing = trouble.begin(cluster, load, args.rate, lasts).await?;
    let with = load.offer(args.rate, lasts).await?;
    load.settle(0, SETTLE_MAX).await;
    let others = |seconds: Range<usize>| {
        let is_other = |number| !trouble.concerns(load, number);
        let left = load.recorder.stats_of(seconds.clone(), is_other).left();
        anyhow::Ok((load.waits_for_system_of(seconds, is_other)?, left))
    };
    let ((without_ms, left_without), (with_ms, left_with)) = (others(without)?, others(with)?);
    let p99_ratio = (without_ms.count > 0 && with_ms.count > 0).then(|| with_ms.p99 / without_ms.p99);
    let (trouble, rate) = (trouble.name(), args.rate);
    Ok(Struck { trouble, round, rate, without_ms, with_ms, p99_ratio, left_without, left_with })
}

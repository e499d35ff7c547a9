//! A rate that lasts: what it takes, and how long players wait.

use super::bounds::{check_rate, check_seconds};
use super::house::{House, HouseArgs};
use super::load::Load;
use super::measured::Measured;
use super::usage::{Figures, Usage};
use crate::run::Export;
use anyhow::{Result, ensure};
use std::path::PathBuf;
use std::time::Duration;

/// How long players may still be matched afterwards.
const SETTLE_MAX: Duration = Duration::from_secs(10);
/// A few wait long, for want of an opponent.
const LEFT_MAX: usize = 50;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Players who arrive per second
    #[arg(long, env = "MUSTER_BENCH_RATE", default_value_t = 1000.0, value_name = "RATE")]
    rate: f64,
    /// For how long, in seconds
    #[arg(long, env = "MUSTER_BENCH_SECONDS", default_value_t = 20, value_name = "SECONDS")]
    seconds: u64,
    /// For how long before that players come while nothing is measured, in seconds
    #[arg(long, env = "MUSTER_BENCH_WARM_UP", default_value_t = 5, value_name = "SECONDS")]
    warm_up: u64,
    /// Write what was measured to a file
    #[arg(long, env = "MUSTER_BENCH_JSON", value_name = "FILE")]
    json: Option<PathBuf>,
    /// Set it against what such a file says
    #[arg(long, env = "MUSTER_BENCH_AGAINST", value_name = "FILE")]
    against: Option<PathBuf>,
    #[command(flatten)]
    house: HouseArgs,
}

pub async fn run(args: Args) -> Result<()> {
    args.check()?;
    let before = args.against.as_deref().map(Measured::read).transpose()?;
    let mut house = House::open(&args.house, &Export::Nowhere).await?;
    let mut load = house.load().await?;
    let measured = measure(&args, &house, &mut load).await;
    drop(load);
    house.leave().await;
    let measured = measured?;
    println!("{measured}");
    if let Some(before) = before {
        println!("\n{}", measured.against(&before));
    }
    args.json.as_deref().map_or(Ok(()), |file| measured.write(file))
}

impl Args {
    fn check(&self) -> Result<()> {
        check_rate("--rate", self.rate)?;
        check_seconds("--seconds", self.seconds)?;
        check_seconds("--warm-up", self.warm_up)?;
        self.house.check()
    }
}

async fn measure(args: &Args, house: &House, load: &mut Load) -> Result<Measured> {
    load.offer(args.rate, Duration::from_secs(args.warm_up)).await;
    let before = Usage::of(house).await?;
    let matched_before = load.book.matched_so_far();
    let seconds = load.offer(args.rate, Duration::from_secs(args.seconds)).await;
    let after = Usage::of(house).await?;
    let matched = (load.book.matched_so_far() - matched_before) as f64;
    ensure!(matched > 0.0, "nobody was matched");
    load.settle(LEFT_MAX, SETTLE_MAX).await;

    let used = after.since(&before);
    let page = load.book.page(seconds);
    let per_ticket =
        |figures: Figures, unit: f64| figures.into_iter().map(|(name, value)| (name, value * unit / matched)).collect();
    let proposals: f64 = used.verdicts.values().sum();
    let conflicts = used.verdicts.get("conflict").copied().unwrap_or_default();
    Ok(Measured {
        scenario: args.house.queue.clone(),
        rate: args.rate,
        seconds: args.seconds,
        fsync: args.house.fsync_name(),
        offered_per_s: page.offered,
        matched_per_s: matched / used.wall_s,
        held_back: page.held_back,
        refused: page.refused_ms.count,
        failed: page.failed,
        acknowledged_ms: page.taken_ms,
        delivered_ms: page.matched_ms,
        conflict_share: if proposals > 0.0 { conflicts / proposals } else { 0.0 },
        redis_us_per_ticket: per_ticket(used.calls_us, 1.0),
        round_trips_per_ticket: per_ticket(used.round_trips, 1.0),
        cpu_us_per_ticket: per_ticket(used.cpu_s, 1e6),
        redis_calls_per_ticket: per_ticket(used.calls, 1.0),
        resident_bytes: after.resident_bytes,
    })
}

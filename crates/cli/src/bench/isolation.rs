//! What one that is ill does to all others: each trouble strikes a house of its own in the middle of its load.

mod trouble;

use super::bounds::{check_rate, check_seconds, check_seconds_of_load};
use super::house::{House, HouseArgs};
use super::latency::Latency;
use super::load::{LEFT_MAX, Load};
use super::progress::Progress;
use super::report::ReportArgs;
use super::scenario::DUEL;
use crate::run::Export;
use anyhow::{Context, Result};
use serde::Serialize;
use std::time::Duration;
use trouble::Trouble;

/// How long players may still be matched afterwards.
const SETTLE_MAX: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Tickets that arrive per second
    #[arg(long, env = "MUSTER_BENCH_RATE", default_value_t = 500.0, value_name = "RATE")]
    rate: f64,
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
    house: HouseArgs,
}

/// How long those whom it should not concern waited for their match, from when that was worth making, in ms.
#[derive(Debug, Serialize)]
struct Struck {
    trouble: &'static str,
    without_ms: Latency,
    with_ms: Latency,
    p99_ratio: f64,
    /// How many of them were in a match while it went on, and not told of that.
    untold: usize,
}

impl Struck {
    fn row(&self) -> String {
        let Self { trouble, without_ms, with_ms, p99_ratio, untold } = self;
        let shown = |ms: &Latency| format!("{:>19} {:>7}", format!("{:.1} / {:.1}", ms.p50, ms.p99), ms.count);
        format!("{trouble:<22} {} {} {p99_ratio:>9.2} {untold:>7}", shown(without_ms), shown(with_ms))
    }
}

pub async fn run(args: Args) -> Result<()> {
    check_rate("--rate", args.rate)?;
    check_seconds_of_load("--seconds", args.seconds)?;
    check_seconds("--warm-up", args.warm_up)?;
    args.report.check()?;
    args.house.game(&DUEL)?;
    args.house.check_one_realm()?;
    let (without, with) = ("p50/p99 without", "p50/p99 with");
    let header = format_args!("others, from a fit, ms {without:>19}      of {with:>19}      of p99 ratio  untold");
    args.report.row(header)?;
    let mut all = Vec::new();
    for trouble in args.troubles() {
        let struck = strike(&args, trouble).await.with_context(|| trouble.name())?;
        args.report.row(struck.row())?;
        all.push(struck);
    }
    args.report.write(&all)
}

impl Args {
    fn troubles(&self) -> Vec<Trouble> {
        if self.trouble.is_empty() { Trouble::ALL.to_vec() } else { self.trouble.clone() }
    }
}

async fn strike(args: &Args, trouble: Trouble) -> Result<Struck> {
    let mut house = House::open_with(trouble.realms(), &args.house, &DUEL, &Export::Nowhere).await?;
    let load = Load::open(&DUEL, &house.doors_of(0)).await?;
    let struck = house.whole(measure(args, trouble, &house, &load)).await;
    trouble.end(&house);
    drop(load);
    house.leave().await;
    struck
}

async fn measure(args: &Args, trouble: Trouble, house: &House, load: &Load) -> Result<Struck> {
    let (warm_up, lasts) = (Duration::from_secs(args.warm_up), Duration::from_secs(args.seconds));
    let _shown = Progress::show(load.book.clone(), trouble.name().to_owned(), warm_up + 2 * lasts);
    load.offer(args.rate, warm_up).await?;
    let without = load.offer(args.rate, lasts).await?;
    let _ailing = trouble.begin(house, load, args.rate, lasts).await?;
    let with = load.offer(args.rate, lasts).await?;
    load.settle(LEFT_MAX, SETTLE_MAX).await;
    let wait_ms = |seconds| load.waits_for_system_of(seconds, |number| !trouble.concerns(load, number));
    let untold = load.untold_of(with.clone(), |number| !trouble.concerns(load, number));
    let (without_ms, with_ms) = (wait_ms(without)?, wait_ms(with)?);
    let p99_ratio = with_ms.p99 / without_ms.p99;
    Ok(Struck { trouble: trouble.name(), without_ms, with_ms, p99_ratio, untold })
}

//! More than can be taken: what is sustained is found first, then a multiple of it is offered, then half of it.

use super::bounds::{RATE_MAX, check_rate, check_seconds_of_load};
use super::find::{Demand, Found, Since, find, step};
use super::house::{House, HouseArgs};
use super::load::{LEFT_MAX, Load};
use super::page::{HEADER, Page};
use super::scenario::DUEL;
use crate::misuse::Misuse;
use crate::run::Export;
use anyhow::Result;
use std::ops::Range;
use std::time::Duration;

const FACTOR_MAX: f64 = 100.0;
/// Tickets per second that are offered first.
const RATE_FIRST: f64 = 500.0;
/// A rate that lasts is no overload: that some wait for want of an opponent does not matter here.
const DEMAND: Demand = Demand { p99_ms: 5_000.0, since: Since::Due, lasts: Duration::from_secs(6), rate_max: RATE_MAX };
const SETTLE_MAX: Duration = Duration::from_secs(20);
/// Of the sustained rate, what is offered before the overload, and after it.
const CALM: f64 = 0.5;
const CALM_BEFORE: Duration = Duration::from_secs(6);
const CALM_AFTER: Duration = Duration::from_secs(30);
/// All is well again when players wait no longer than this many times as long as before (p90), and nobody is refused.
const WELL_FACTOR: f64 = 2.0;

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
    house: HouseArgs,
}

pub async fn run(args: Args) -> Result<()> {
    if !(args.factor >= 1.0 && args.factor <= FACTOR_MAX) {
        return Err(Misuse::new(format!("--factor must be 1 to {FACTOR_MAX}, is {}", args.factor)).into());
    }
    check_seconds_of_load("--seconds", args.seconds)?;
    args.sustained.map_or(Ok(()), |rate| check_rate("--sustained", rate))?;
    args.house.game(&DUEL)?;
    let mut house = House::open(&args.house, &DUEL, &Export::AsHere).await?;
    let load = house.load(&DUEL).await?;
    let measured = measure(&args, &load).await;
    drop(load);
    house.leave().await;
    measured
}

async fn measure(args: &Args, load: &Load) -> Result<()> {
    println!("{HEADER}");
    let peak = match args.sustained {
        Some(rate) => {
            let page = step(load, rate, DEMAND.lasts).await;
            print("sustained", &page);
            Found { sustained: rate, goodput: page.goodput }
        }
        None => find(load, RATE_FIRST, &DEMAND, |probe| println!("{}", probe.row())).await?,
    };
    let calm_rate = peak.sustained * CALM;
    let before = step(load, calm_rate, CALM_BEFORE).await;
    print("before", &before);
    let during = load.offer(peak.sustained * args.factor, Duration::from_secs(args.seconds)).await;
    let after = load.offer(calm_rate, CALM_AFTER).await;
    load.settle(LEFT_MAX, SETTLE_MAX).await;
    let overloaded = load.book.page(during);
    print("overload", &overloaded);
    print("after", &load.book.page(after.clone()));
    let most = peak.goodput.max(overloaded.goodput);
    println!("sustained  {:.0} tickets/s; at most {most:.0} matched per second", peak.sustained);
    println!("goodput    {:.0} % of that at {} times the sustained", 100.0 * overloaded.goodput / most, args.factor);
    match recovered(load, after, before.matched_ms.p90 * WELL_FACTOR) {
        Some(seconds) => println!("recovery   after {seconds} s"),
        None => println!("recovery   not within {} s", CALM_AFTER.as_secs()),
    }
    Ok(())
}

/// Seconds until all was well, and stayed so.
fn recovered(load: &Load, after: Range<usize>, well_ms: f64) -> Option<usize> {
    let is_well = |second: usize| {
        let page = load.book.page(second..second + 1);
        page.not_taken() == 0 && page.matched_ms.count > 0 && page.matched_ms.p90 <= well_ms
    };
    let ill = after.clone().rfind(|second| !is_well(*second));
    let seconds = ill.map_or(0, |last| last + 1 - after.start);
    (seconds < after.len()).then_some(seconds)
}

fn print(name: &str, page: &Page) {
    println!("{}", page.row(name));
}

//! More than can be taken: what is sustained is found first, then a multiple of it is offered, then half of it.

use super::book::Page;
use super::bounds::{RATE_MAX, check_rate, check_seconds};
use super::house::{House, HouseArgs};
use super::load::Load;
use super::scenario::DUEL;
use crate::misuse::Misuse;
use crate::run::Export;
use anyhow::{Result, bail};
use std::ops::Range;
use std::time::Duration;

const FACTOR_MAX: f64 = 100.0;
/// Players per second that are offered first, and by how much more each time.
const RATE_FIRST: f64 = 500.0;
const RATE_STEP: f64 = 1.25;
const STEP: Duration = Duration::from_secs(6);
/// Seconds at the beginning of each step that are not looked at.
const WARM_UP: usize = 1;
/// Times that a rate is tried before it counts as not sustained.
const TRIES: usize = 2;
/// A rate is sustained when as much of it is matched, and those who are matched waited no longer (p99).
const SUSTAINED_SHARE: f64 = 0.97;
const SUSTAINED_WAIT_MS: f64 = 5_000.0;
/// A few wait long, for want of an opponent.
const LEFT_MAX: usize = 50;
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
    check_seconds("--seconds", args.seconds)?;
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
    println!("{:<10} {HEADER}", "");
    let peak = match args.sustained {
        Some(rate) => {
            let page = step(load, rate, STEP).await;
            print("sustained", &page);
            Peak { sustained: rate, goodput: page.goodput }
        }
        None => find_peak(load).await?,
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

struct Peak {
    /// The highest rate offered that was sustained.
    sustained: f64,
    /// The most that was matched per second, at whatever rate.
    goodput: f64,
}

async fn find_peak(load: &Load) -> Result<Peak> {
    let mut peak = Peak { sustained: 0.0, goodput: 0.0 };
    let mut rate = RATE_FIRST;
    loop {
        if sustains(load, rate, &mut peak).await {
            peak.sustained = rate;
        } else if peak.sustained > 0.0 {
            return Ok(peak);
        } else {
            bail!("not even {RATE_FIRST} tickets/s are sustained here");
        }
        if rate * RATE_STEP > RATE_MAX {
            return Ok(peak);
        }
        rate *= RATE_STEP;
    }
}

/// Tries the rate, a second time too: the machine may have had something else to do.
async fn sustains(load: &Load, rate: f64, peak: &mut Peak) -> bool {
    for _ in 0..TRIES {
        let page = step(load, rate, STEP).await;
        print("ramp", &page);
        peak.goodput = peak.goodput.max(page.goodput);
        if page.goodput >= SUSTAINED_SHARE * page.offered
            && page.not_taken() == 0
            && page.matched_ms.p99 <= SUSTAINED_WAIT_MS
        {
            return true;
        }
    }
    false
}

/// Offers a rate, lets those matched who can be, and says what became of it once it was running.
async fn step(load: &Load, rate: f64, lasts: Duration) -> Page {
    let seconds = load.offer(rate, lasts).await;
    load.settle(LEFT_MAX, SETTLE_MAX).await;
    load.book.page(seconds.start + WARM_UP..seconds.end)
}

/// Seconds until all was well, and stayed so.
fn recovered(load: &Load, after: Range<usize>, well_ms: f64) -> Option<usize> {
    let is_well = |second: usize| {
        let page = load.book.page(second..second + 1);
        page.not_taken() == 0 && page.matched_ms.p90 <= well_ms
    };
    let ill = after.clone().rfind(|second| !is_well(*second));
    let seconds = ill.map_or(0, |last| last + 1 - after.start);
    (seconds < after.len()).then_some(seconds)
}

const HEADER: &str =
    "offered/s  matched/s   refused  not sent  failed    taken p50/p99 ms  refused p50/p99 ms    matched p50/p99 ms";

fn print(name: &str, page: &Page) {
    let Page { offered, goodput, held_back, failed, taken_ms, refused_ms, matched_ms } = page;
    println!(
        "{name:<10} {offered:>9.0} {goodput:>10.0} {:>9} {held_back:>9} {failed:>7} {:>19} {:>19} {:>21}",
        refused_ms.count,
        format!("{:.1} / {:.1}", taken_ms.p50, taken_ms.p99),
        format!("{:.1} / {:.1}", refused_ms.p50, refused_ms.p99),
        format!("{:.1} / {:.1}", matched_ms.p50, matched_ms.p99),
    );
}

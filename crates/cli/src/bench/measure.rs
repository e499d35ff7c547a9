//! A scenario's players, at their rate for a while: what it takes, and how long they wait.

use super::bounds::{
    TICKETS_MAX, check_number, check_rate, check_seconds, check_seconds_of_load, check_seconds_or_none,
};
use super::find::{self, FindArgs};
use super::house::HouseArgs;
use super::load::{LEFT_MAX, Load};
use super::measured::Measured;
use super::page::Page;
use super::place::{Place, TargetArgs};
use super::progress::Progress;
use super::report::ReportArgs;
use super::scenario::{Scenario, Waiting};
use super::usage::Figures;
use super::waiting;
use crate::misuse::Misuse;
use crate::tell;
use anyhow::{Result, ensure};
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

/// For how long the scripts are run alone, unless asked otherwise.
const CEILING_S: u64 = 5;
/// How long players may still be matched afterwards.
const SETTLE_MAX: Duration = Duration::from_secs(10);

#[derive(Debug, clap::Args)]
pub struct Args {
    // The help of these, with the scenario's own, is put in where the scenario is named.
    #[arg(long, env = "MUSTER_BENCH_RATE", value_name = "RATE")]
    rate: Option<f64>,
    #[arg(long, env = "MUSTER_BENCH_SECONDS", value_name = "SECONDS")]
    seconds: Option<u64>,
    /// For how long before that players come while nothing is measured, in seconds
    #[arg(long, env = "MUSTER_BENCH_WARM_UP", default_value_t = 5, value_name = "SECONDS")]
    warm_up: u64,
    /// Tickets that cannot be matched yet, and wait meanwhile
    #[arg(long, env = "MUSTER_BENCH_WAITING", value_name = "N")]
    waiting: Option<usize>,
    /// For how long afterwards the same Redis runs the scripts of such tickets and nothing else, in seconds; 0: not at all [default: 5]
    #[arg(long, env = "MUSTER_BENCH_CEILING", value_name = "SECONDS")]
    ceiling: Option<u64>,
    #[command(flatten)]
    report: ReportArgs,
    /// Set it against what such a file says of the same scenario
    #[arg(long, env = "MUSTER_BENCH_AGAINST", value_name = "FILE")]
    against: Option<PathBuf>,
    #[command(flatten)]
    find: FindArgs,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    house: HouseArgs,
}

pub async fn run(scenario: &Scenario, args: Args) -> Result<()> {
    args.check(scenario)?;
    let before = args.against.as_deref().map(|file| Measured::read(file, scenario.name)).transpose()?;
    let mut place = Place::open(&args.target, &args.house, scenario).await?;
    let load = place.load(scenario).await?;
    let measured = place.whole(measure_beside(scenario, &args, &place, &load)).await;
    drop(load);
    place.leave().await;
    let mut measured = measured?;
    match place.ceiling(scenario, Duration::from_secs(args.ceiling())).await {
        Ok(ceiling) => measured.ceiling = ceiling,
        // What was measured is worth telling without it.
        Err(error) => tell::err(format_args!("muster: the scripts alone could not be measured: {error:#}")),
    }
    let against = before.map(|before| format!("\n\n{}", measured.against(&before))).unwrap_or_default();
    args.report.tell(&measured.told(), format_args!("{measured}{against}"))
}

impl Args {
    fn check(&self, scenario: &Scenario) -> Result<()> {
        check_rate("--rate", self.rate(scenario))?;
        check_seconds_of_load("--seconds", self.seconds(scenario))?;
        check_seconds("--warm-up", self.warm_up)?;
        check_seconds_or_none("--ceiling", self.ceiling())?;
        if self.target.is_given() && self.ceiling.is_some_and(|seconds| seconds > 0) {
            return Err(Misuse::new("--ceiling is of a Redis that is started here, and not of --target's").into());
        }
        let tickets = self.rate(scenario) * (self.seconds(scenario) + self.warm_up) as f64;
        if tickets > TICKETS_MAX as f64 {
            let told = format!("--rate and --seconds must come to at most {TICKETS_MAX} tickets, come to {tickets:.0}");
            return Err(Misuse::new(told).into());
        }
        self.find.check(self.rate(scenario))?;
        self.target.check()?;
        if let Some(waiting) = self.waiting(scenario) {
            check_number("--waiting", waiting.tickets, (1, waiting::TICKETS_MAX))?;
        }
        if self.find.demand().is_some() && scenario.burst.is_some() {
            return Err(Misuse::new(format!("--find looks for a steady rate, and {} has none", scenario.name)).into());
        }
        self.report.check()?;
        self.house.game(scenario).map(drop)
    }

    /// Those who wait meanwhile, as many as are asked for.
    fn waiting(&self, scenario: &Scenario) -> Option<Waiting> {
        let waiting = scenario.waiting?;
        Some(Waiting { tickets: self.waiting.unwrap_or(waiting.tickets), ..waiting })
    }

    fn ceiling(&self) -> u64 {
        self.ceiling.unwrap_or(CEILING_S)
    }

    fn rate(&self, scenario: &Scenario) -> f64 {
        self.rate.unwrap_or(scenario.rate)
    }

    fn seconds(&self, scenario: &Scenario) -> u64 {
        self.seconds.unwrap_or(scenario.seconds)
    }
}

/// Has players come as the scenario says; the seconds that were whole within it.
async fn offer(scenario: &Scenario, load: &Load, rate: f64, lasts: Duration) -> Result<Range<usize>> {
    let Some(burst) = scenario.burst else { return load.offer(rate, lasts).await };
    let middle = burst.lasts_max.min(lasts / 3);
    let calm = (lasts - middle) / 2;
    let first = load.offer(rate, calm).await?.start;
    load.offer(rate * burst.factor, middle).await?;
    Ok(first..load.offer(rate, calm).await?.end)
}

/// Beside those who wait, where some do.
async fn measure_beside(scenario: &Scenario, args: &Args, place: &Place, load: &Load) -> Result<Measured> {
    let Some(waiting) = args.waiting(scenario) else { return measure_at(scenario, args, place, load).await };
    // What a process takes once it has had something to do is not those who wait.
    load.offer(args.rate(scenario), Duration::from_secs(args.warm_up)).await?;
    load.settle(LEFT_MAX, SETTLE_MAX).await;
    let before = place.usage().await?;
    waiting::fill(place.doors(), waiting).await?;
    let bytes = place.usage().await?.bytes_each(&before, waiting.tickets);
    let measured = measure_at(scenario, args, place, load).await?;
    Ok(Measured { waiting: waiting.tickets, bytes_per_waiting_ticket: bytes, ..measured })
}

/// At the rate that is asked for, or the highest that lasts.
async fn measure_at(scenario: &Scenario, args: &Args, place: &Place, load: &Load) -> Result<Measured> {
    let rate = args.rate(scenario);
    let Some(demand) = args.find.demand() else { return Ok(measure(scenario, args, rate, place, load).await?.0) };
    args.report.row(find::header())?;
    let found = find::find(load, rate, &demand, &args.report).await?;
    args.report.row("")?;
    let (measured, page) = measure(scenario, args, found.sustained, place, load).await?;
    if !demand.is_kept(&page, &measured.delivered_from_fit_ms, args.seconds(scenario) as usize) {
        tell::err(format_args!(
            "muster: {:.0}/s lasted when it was tried, and not in the run that follows",
            found.sustained
        ));
    }
    Ok(Measured { sustained_per_s: Some(found.sustained), ..measured })
}

async fn measure(scenario: &Scenario, args: &Args, rate: f64, place: &Place, load: &Load) -> Result<(Measured, Page)> {
    let (warm_up, lasts) = (Duration::from_secs(args.warm_up), Duration::from_secs(args.seconds(scenario)));
    let _shown = Progress::show(load.book.clone(), format!("{} {rate:.0}/s", scenario.name), warm_up + lasts);
    load.offer(rate, warm_up).await?;
    let so_far = load.book.counts();
    ensure!(so_far.taken > 0 || so_far.answered == 0, "nobody is taken: {}", load.book.outcome());
    // Asking what was used takes time: who is matched meanwhile counts to what comes next.
    let (matched_before, before) = (load.book.counts().matched, place.usage().await?);
    let seconds = offer(scenario, load, rate, lasts).await?;
    let (matched_after, after) = (load.book.counts().matched, place.usage().await?);
    let matched = (matched_after - matched_before) as f64;
    ensure!(matched > 0.0, "nobody was matched: {}", load.book.outcome());
    load.settle(LEFT_MAX, SETTLE_MAX).await;

    let (streams_lost, why) = load.book.streams_lost();
    if streams_lost > 0 {
        tell::err(format_args!("muster: {streams_lost} streams ended before the load did, the last: {why}"));
    }
    let used = after.since(&before);
    let page = load.book.page(seconds.clone());
    let per_ticket =
        |figures: Figures, unit: f64| figures.into_iter().map(|(name, value)| (name, value * unit / matched)).collect();
    let proposals: f64 = used.verdicts.values().sum();
    let conflicts = used.verdicts.get("conflict").copied().unwrap_or_default();
    let measured = Measured {
        scenario: scenario.name.to_owned(),
        via: args.house.via.name().to_owned(),
        rate,
        seconds: args.seconds(scenario),
        whole_seconds: Some(seconds.len()),
        warm_up: Some(args.warm_up),
        started: (!args.target.is_given()).then_some(args.house.started),
        rules_version: Some(load.rules.version().to_string()),
        fsync: (!args.target.is_given()).then(|| args.house.fsync.name().to_owned()),
        offered_per_s: page.offered,
        matched_per_s: page.goodput,
        unanswered: page.unanswered,
        unmatched: page.unmatched,
        streams_lost,
        held_back: page.held_back,
        refused: page.refused_ms.count,
        failed: page.failed,
        acknowledged_ms: page.taken_ms,
        delivered_ms: page.matched_ms,
        delivered_from_fit_ms: load.waits_for_system(seconds)?,
        conflict_share: (proposals > 0.0).then(|| conflicts / proposals),
        redis_us_per_ticket: per_ticket(used.calls_us, 1.0),
        round_trips_per_ticket: per_ticket(used.round_trips, 1.0),
        cpu_us_per_ticket: per_ticket(used.cpu_s, 1e6),
        redis_calls_per_ticket: per_ticket(used.calls, 1.0),
        resident_bytes: after.resident_bytes,
        ceiling: None,
        sustained_per_s: None,
        waiting: 0,
        bytes_per_waiting_ticket: Figures::new(),
    };
    Ok((measured, page))
}

//! A scenario's players, at their rate for a while: what it takes, and how long they wait.

use super::arrivals::Arrivals;
use super::bounds::{
    BURST_SECONDS, TICKETS_MAX, check_number, check_rate, check_seconds, check_seconds_of_load, check_seconds_or_none,
};
use super::cluster::ClusterArgs;
use super::find::{self, FindArgs, Tried};
use super::load::{LEFT_MAX, Load};
use super::measured::{Asked, Costs, Measured, Peak, Searched};
use super::progress::{Goal, Progress};
use super::report::ReportArgs;
use super::scenario::{Scenario, Waiting};
use super::target::{Target, TargetArgs};
use super::unless_ended;
use super::usage::{Figures, Usage, times};
use super::waiting::WAITING_MAX;
use crate::misuse::Misuse;
use crate::tell;
use anyhow::{Result, ensure};
use chassis::Shutdown;
use std::num::NonZero;
use std::ops::Range;
use std::path::PathBuf;
use std::thread::available_parallelism;
use std::time::Duration;

/// For how long the scripts are run alone, unless asked otherwise.
const CEILING_S: u64 = 5;
/// Rates, each lower than the one before, at which what was found is measured until it is kept.
const LASTING_TRIES: usize = 3;
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
    /// How they are spread over a second
    #[arg(long, env = "MUSTER_BENCH_ARRIVALS", value_enum, default_value = "even")]
    arrivals: Arrivals,
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
    cluster: ClusterArgs,
}

pub async fn run(scenario: &Scenario, args: Args, shutdown: &Shutdown) -> Result<()> {
    args.check(scenario)?;
    let before = args.against.as_deref().map(|file| Measured::read(file, scenario.name)).transpose()?;
    let mut target = unless_ended(shutdown, Target::open(&args.target, &args.cluster, scenario)).await?;
    let measured = unless_ended(shutdown, measure_in(scenario, &args, &mut target)).await;
    target.clear().await;
    let measured = measured?;
    let against = before.map(|before| format!("\n\n{}", measured.against(&before))).unwrap_or_default();
    args.report.tell(&measured.told(), format_args!("{measured}{against}"))
}

async fn measure_in(scenario: &Scenario, args: &Args, target: &mut Target) -> Result<Measured> {
    let load = target.load(scenario).await?.spread(args.arrivals);
    let measured = target.whole(measure_beside(scenario, args, target, &load)).await;
    drop(load);
    target.leave().await;
    let mut measured = measured?;
    match target.ceiling(scenario, Duration::from_secs(args.ceiling())).await {
        Ok(ceiling) => measured.ceiling = ceiling,
        // What was measured is worth telling without it.
        Err(error) => tell::err(format_args!("muster: the scripts alone could not be measured: {error:#}")),
    }
    Ok(measured)
}

impl Args {
    fn check(&self, scenario: &Scenario) -> Result<()> {
        check_rate("--rate", self.rate(scenario))?;
        check_seconds_of_load("--seconds", self.seconds(scenario))?;
        if scenario.burst.is_some() {
            // Before it, in its midst and after it at least one second is whole.
            check_number("--seconds", self.seconds(scenario), BURST_SECONDS)?;
        }
        check_seconds("--warm-up", self.warm_up)?;
        check_seconds_or_none("--ceiling", self.ceiling())?;
        if self.target.is_given() && self.ceiling.is_some_and(|seconds| seconds > 0) {
            return Err(Misuse::new("--ceiling is of a Redis that is started here, and not of --target's").into());
        }
        let lasts = Duration::from_secs(self.seconds(scenario));
        let more = scenario.burst.map_or(0.0, |burst| (burst.factor - 1.0) * burst.lasts(lasts).as_secs_f64());
        let tickets = self.rate(scenario) * (self.warm_up as f64 + lasts.as_secs_f64() + more);
        if tickets > TICKETS_MAX as f64 {
            let told = format!("--rate and --seconds must come to at most {TICKETS_MAX} tickets, come to {tickets:.0}");
            return Err(Misuse::new(told).into());
        }
        self.find.check(self.rate(scenario))?;
        self.target.check(&self.cluster)?;
        if let Some(waiting) = self.waiting(scenario) {
            check_number("--waiting", waiting.tickets, (1, WAITING_MAX))?;
        }
        if self.find.demand().is_some() && scenario.burst.is_some() {
            return Err(Misuse::new(format!("--find looks for a steady rate, and {} has none", scenario.name)).into());
        }
        self.report.check()?;
        self.cluster.game(scenario).map(drop)
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

/// The seconds that were whole within it, of all and of the parts of a burst.
struct Offered {
    all: Range<usize>,
    parts: Option<[Range<usize>; 3]>,
}

/// Has players come as the scenario says.
async fn offer(scenario: &Scenario, load: &Load, rate: f64, lasts: Duration) -> Result<Offered> {
    let Some(burst) = scenario.burst else { return Ok(Offered { all: load.offer(rate, lasts).await?, parts: None }) };
    let middle = burst.lasts(lasts);
    let calm = (lasts - middle) / 2;
    let before = load.offer(rate, calm).await?;
    let peak = load.offer(rate * burst.factor, middle).await?;
    let after = load.offer(rate, calm).await?;
    Ok(Offered { all: before.start..after.end, parts: Some([before, peak, after]) })
}

/// What became of a burst.
fn peak(load: &Load, [before, peak, after]: [Range<usize>; 3]) -> Peak {
    let recovered_after_s = load.recovered(&load.recorder.stats(before), after);
    Peak { stats: load.recorder.stats(peak), recovered_after_s }
}

/// Beside those who wait, where some do.
async fn measure_beside(scenario: &Scenario, args: &Args, target: &Target, load: &Load) -> Result<Measured> {
    let Some(waiting) = args.waiting(scenario) else { return measure_at(scenario, args, target, load).await };
    warm_up(args, args.rate(scenario), load).await?;
    let before = target.usage().await;
    target.fill(waiting).await?;
    let after = target.usage().await;
    // Where that is not known, what the measurement used is not either, which is told.
    let bytes = before.and_then(|before| Ok(after?.bytes_each(&before, waiting.tickets))).unwrap_or_default();
    let measured = measure_at(scenario, args, target, load).await?;
    Ok(Measured { waiting: waiting.tickets, bytes_per_waiting_ticket: bytes, ..measured })
}

/// At the rate that is asked for, or the highest that lasts.
async fn measure_at(scenario: &Scenario, args: &Args, target: &Target, load: &Load) -> Result<Measured> {
    let rate = args.rate(scenario);
    let Some(demand) = args.find.demand() else { return Ok(measure(scenario, args, rate, target, load).await?.0) };
    warm_up(args, rate, load).await?;
    let mut found = find::find(load, rate, &demand, &args.report).await?;
    let mut tries_left = LASTING_TRIES;
    loop {
        args.report.row("")?;
        let (measured, tried) = measure(scenario, args, found.sustained, target, load).await?;
        let is_kept = demand.is_kept(&tried);
        if !is_kept {
            let rate = found.sustained;
            tell::err(format_args!("muster: {rate:.0}/s lasted when it was tried, and not in the run that follows"));
        }
        tries_left -= 1;
        if is_kept || tries_left == 0 {
            let search = Some(Searched { demand, is_kept });
            return Ok(Measured { sustained_per_s: Some(measured.asked.rate), search, ..measured });
        }
        found = found.lowered();
    }
}

/// Offers the load until caches are warm and as many wait as usual, and lets those be matched who can be.
async fn warm_up(args: &Args, rate: f64, load: &Load) -> Result<()> {
    let lasts = Duration::from_secs(args.warm_up);
    let _shown = Progress::show(load.recorder.clone(), format!("warm-up {rate:.0}/s"), Goal::Time(lasts));
    load.offer(rate, lasts).await?;
    load.settle(LEFT_MAX, SETTLE_MAX).await;
    check_played(load)
}

/// Fails where nobody is taken, or where matches are made by other rules than are known here.
fn check_played(load: &Load) -> Result<()> {
    let (recorder, so_far) = (&load.recorder, load.recorder.counts());
    ensure!(so_far.taken > 0 || so_far.answered == 0, "nobody is taken: {}", recorder.outcome());
    let (played, known) = (recorder.rules_version(), load.rules.version().to_string());
    let is_known = played.is_empty() || played == known;
    ensure!(is_known, "matches are made by version {played} of the rules, not by {known}: name theirs by --rules");
    Ok(())
}

async fn measure(
    scenario: &Scenario,
    args: &Args,
    rate: f64,
    target: &Target,
    load: &Load,
) -> Result<(Measured, Tried)> {
    let (warm_up, lasts) = (Duration::from_secs(args.warm_up), Duration::from_secs(args.seconds(scenario)));
    let _shown =
        Progress::show(load.recorder.clone(), format!("{} {rate:.0}/s", scenario.name), Goal::Time(warm_up + lasts));
    load.offer(rate, warm_up).await?;
    check_played(load)?;
    // Asking what was used takes time: who is matched meanwhile counts to what comes next.
    let (matched_before, before) = (load.recorder.counts().matched, target.usage().await);
    let Offered { all: seconds, parts } = offer(scenario, load, rate, lasts).await?;
    let (matched_after, after) = (load.recorder.counts().matched, target.usage().await);
    // To look for them takes CPU time of the load's, which is not the measurement's.
    let missed = load.missed(&seconds)?;
    let matched = (matched_after - matched_before) as f64;
    ensure!(matched > 0.0, "nobody was matched: {}", load.recorder.outcome());
    check_played(load)?;
    load.settle(LEFT_MAX, SETTLE_MAX).await;
    // A rate is judged by what probes are judged by.
    let tried = Tried::of(load, seconds.clone(), missed)?;
    load.settle(0, SETTLE_MAX).await;

    let (streams_lost, why) = load.recorder.streams_lost();
    if streams_lost > 0 {
        tell::err(format_args!("muster: {streams_lost} streams ended before the load did, the last: {why}"));
    }
    let measured = Measured {
        asked: asked(scenario, args, rate, load, seconds.len()),
        stats: load.recorder.stats(seconds.clone()),
        streams_lost,
        delivered_from_fit_ms: load.waits_for_system(seconds)?,
        costs: costs_if_known(before, after, matched, target.is_whole()),
        ceiling: None,
        sustained_per_s: None,
        search: None,
        peak: parts.map(|parts| peak(load, parts)),
        waiting: 0,
        bytes_per_waiting_ticket: Figures::new(),
    };
    Ok((measured, tried))
}

fn asked(scenario: &Scenario, args: &Args, rate: f64, load: &Load, whole_seconds: usize) -> Asked {
    let is_started = !args.target.is_given();
    Asked {
        scenario: scenario.name.to_owned(),
        via: args.cluster.via,
        build: build(),
        cores: available_parallelism().ok().map(NonZero::get),
        arrivals: args.arrivals,
        rate,
        seconds: args.seconds(scenario),
        whole_seconds,
        warm_up: args.warm_up,
        started: is_started.then_some(args.cluster.started),
        rules_version: load.rules.version().to_string(),
        fsync: is_started.then(|| args.cluster.fsync.name().to_owned()),
    }
}

/// Nothing, and told so, where a process did not answer, or has ended: what was measured of all else is worth telling.
fn costs_if_known(before: Result<Usage>, after: Result<Usage>, matched: f64, is_whole: bool) -> Costs {
    let known = before.and_then(|before| Ok(costs(&before, after?, matched, is_whole)));
    known.unwrap_or_else(|error| {
        tell::err(format_args!("muster: what was used is not known: {error:#}"));
        Costs::default()
    })
}

/// Of the time between the two, in which so many tickets were matched.
fn costs(before: &Usage, after: Usage, matched: f64, is_whole: bool) -> Costs {
    let (grown, wall_s) = after.since(before);
    let per_ticket = |figures: Figures, unit: f64| times(figures, unit / matched);
    let proposals: f64 = grown.verdicts.values().sum();
    let conflicts = grown.verdicts.get("conflict").copied().unwrap_or_default();
    Costs {
        conflict_share: (proposals > 0.0).then(|| conflicts / proposals),
        is_whole,
        cpu_us_per_ticket: per_ticket(grown.cpu_s, 1e6),
        core_share_by_process: times(grown.cpu_s_by_process.clone(), 1.0 / wall_s),
        cpu_us_per_ticket_by_process: per_ticket(grown.cpu_s_by_process, 1e6),
        round_trips_per_ticket: per_ticket(grown.round_trips, 1.0),
        redis_calls_per_ticket: per_ticket(grown.calls, 1.0),
        redis_us_per_ticket: per_ticket(grown.calls_us, 1.0),
        resident_bytes: after.resident_bytes,
    }
}

/// Which program was measured, as far as it knows itself.
fn build() -> String {
    let profile = if cfg!(debug_assertions) { "debug" } else { "optimised" };
    format!("{} {profile}", env!("CARGO_PKG_VERSION"))
}

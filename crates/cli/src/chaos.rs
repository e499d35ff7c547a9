//! `muster chaos`: a cluster of its own is struck by one fault after another while players play; then everything is healed, the
//! players leave, and what they were told and what the store still holds must fit what is promised.

mod cluster;
mod commits;
mod diary;
mod fault;
mod owner;
mod storm;
mod verdict;
mod wire;

use crate::client::Addresses;
use crate::dice::Dice;
use crate::misuse::Misuse;
use crate::replay;
use crate::run::{FsyncArg, Interrupts, RealmArgs, interrupts};
use crate::tell;
use crate::trace::Source;
use anyhow::{Context, Result, bail};
use chassis::Shutdown;
use cluster::Cluster;
use diary::Diary;
use domain::Role;
use fault::Kind;
use futures::{StreamExt, TryStreamExt, stream};
use players::Arrival;
use sandbox::Residue;
use std::path::{Path, PathBuf};
use std::time::Duration;
use store::{Snapshot, Store, StoreError, Subject};
use storm::{Storm, Weather};
use verdict::{End, LeftOver, Verdict};

/// Longest run: a day.
const MINUTES_MAX: f64 = 1_440.0;
/// Slower, hardly anyone plays; faster, the players' machine is the bottleneck.
const SPEED_MIN: f64 = 0.1;
const SPEED_MAX: f64 = 1_000.0;
/// How long tickets may still wait when the storm is over.
const DRAIN_S: f64 = 15.0;
/// Tickets that are read at the same time.
const READS_MAX: usize = 64;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// How long faults go on
    #[arg(long, env = "MUSTER_CHAOS_MINUTES", default_value_t = 1.0, value_name = "N")]
    pub minutes: f64,
    /// Which faults, and in which order: the same seed gives the same
    #[arg(long, env = "MUSTER_CHAOS_SEED", default_value_t = 1, value_name = "S")]
    pub seed: u64,
    /// Trace to play, over and over: a CSV file, or the word `arena` for the excerpt that ships with Muster
    #[arg(long, env = "MUSTER_CHAOS_TRACE", default_value = "arena", value_name = "CSV")]
    pub trace: String,
    /// Queue that everyone waits in
    #[arg(long, env = "MUSTER_CHAOS_QUEUE", default_value = "duel", value_name = "NAME")]
    pub queue: String,
    /// Seconds of the trace per second of yours
    #[arg(long, env = "MUSTER_CHAOS_SPEED", default_value_t = 10.0, value_name = "N")]
    pub speed: f64,
    /// fsync of the redis-server that is started: always, everysec or no
    #[arg(long, env = "MUSTER_REDIS_FSYNC", value_enum, default_value = "always")]
    pub fsync: FsyncArg,
    /// Only these faults
    #[arg(long, env = "MUSTER_CHAOS_FAULTS", value_enum, value_delimiter = ',', value_name = "KIND")]
    pub faults: Vec<Kind>,
    /// Keep here what every process logged, what every player was told (history.jsonl), which fault hit whom and when (faults.jsonl,
    /// by the same clock) and what Redis wrote; without it, that is kept only when something was broken
    #[arg(long, env = "MUSTER_CHAOS_LOGS", value_name = "DIR")]
    pub logs: Option<PathBuf>,
    #[command(flatten)]
    pub realm: RealmArgs,
}

pub async fn run(args: Args) -> Result<()> {
    if !(args.minutes > 0.0 && args.minutes <= MINUTES_MAX) {
        return Err(Misuse::new(format!("--minutes must be above 0, to {MINUTES_MAX}, is {}", args.minutes)).into());
    }
    if !(args.speed >= SPEED_MIN && args.speed <= SPEED_MAX) {
        return Err(Misuse::new(format!("--speed must be {SPEED_MIN} to {SPEED_MAX}, is {}", args.speed)).into());
    }
    let lasts = Duration::from_secs_f64(args.minutes * 60.0);
    let arrivals = arrivals(&args, lasts)?;
    args.realm.check_queue(&args.queue)?;
    let kept = tempfile::Builder::new().prefix("muster-chaos-").tempdir()?;
    let logs = args.logs.clone().unwrap_or_else(|| kept.path().to_owned());
    std::fs::create_dir_all(&logs).with_context(|| format!("can't make the directory {}", logs.display()))?;
    let weathered = weather(&args, lasts, arrivals, &logs).await;
    if matches!(weathered, Err(_) | Ok(Verdict::Failed)) && args.logs.is_none() {
        tell::err(format_args!(
            "muster: what every process logged, every player was told (history.jsonl), which faults there were (faults.jsonl) and \
             Redis wrote is kept in {}",
            kept.keep().display()
        ));
    }
    match weathered? {
        Verdict::Held => Ok(()),
        Verdict::Interrupted => bail!("interrupted before the end of the storm"),
        Verdict::Failed => bail!("not all that is promised is known to have held"),
    }
}

async fn weather(args: &Args, lasts: Duration, arrivals: Vec<Arrival>, logs: &Path) -> Result<Verdict> {
    let asked = interrupts()?;
    let realm = RealmArgs { log_json: true, ..args.realm.on_own_redis() };
    let opened = asked.finish.run_until_cancelled(Cluster::open(realm, args.fsync, logs)).await;
    let Some(mut cluster) = opened.transpose()? else { return Ok(Verdict::Interrupted) };
    let (weather, blew, played) = storm(args, &mut cluster, arrivals, lasts, logs, &asked).await?;
    let left = left_over(&mut cluster, &played, &asked.stop).await?;
    // Who is not waited for is killed as the cluster falls.
    asked.stop.run_until_cancelled(cluster.leave()).await;
    let end = End { args, weather, blew, played, left };
    let (verdict, told) = end.verdict();
    if verdict == Verdict::Failed || args.logs.is_some() {
        end.played.write_history(&logs.join("history.jsonl"))?;
        cluster.keep_redis()?;
    }
    end.print(&commits::unclear(logs)?, &told)?;
    Ok(verdict)
}

/// What happened, for how long, and what the players made of it.
async fn storm(
    args: &Args,
    cluster: &mut Cluster,
    arrivals: Vec<Arrival>,
    lasts: Duration,
    logs: &Path,
    asked: &Interrupts,
) -> Result<(Weather, Duration, replay::Outcome)> {
    let load = load(args, cluster);
    let stage = replay::stage(&load).await?;
    let (begun, interrupts) = (stage.started, asked.clone());
    let playing = tokio::spawn(async move { replay::play(&load, stage, arrivals, interrupts).await });
    let mut storm = Storm {
        cluster,
        dice: Dice::new(args.seed),
        kinds: &args.faults,
        enough: asked.finish.clone(),
        diary: Diary::open(logs, begun)?,
        weather: Weather::default(),
    };
    // Not a task of its own: a child is bound to the thread that started it.
    asked.stop.run_until_cancelled(storm.blow(begun + lasts)).await.transpose()?;
    let (weather, blew) = (storm.weather, begun.elapsed());
    let played = playing.await.context("the players' task failed, which is a fault of this run")??;
    Ok((weather, blew, played))
}

/// What is still there when everyone has left; none where they were stopped, who leave everything behind.
async fn left_over(cluster: &mut Cluster, played: &replay::Outcome, stopped: &Shutdown) -> Result<Option<LeftOver>> {
    let store = cluster.store.clone();
    let settled = stopped.run_until_cancelled(sandbox::settled(&*store)).await.transpose()?;
    let Some(residue) = settled else { return Ok(None) };
    let abandoned = if residue == Residue::default() { 0 } else { abandoned(&*store, played).await? };
    Ok(Some(LeftOver { residue, abandoned, fallen: cluster.fallen() }))
}

/// How many tickets that a player knows of are left.
async fn abandoned(store: &dyn Store, played: &replay::Outcome) -> Result<usize, StoreError> {
    let reads = played.ticket_ids().map(|id| async move { store.snapshot(&Subject::Ticket(id)).await });
    let is_live = |read: Snapshot| read.ticket.is_some_and(|ticket| ticket.state.is_live());
    let reads = stream::iter(reads).buffer_unordered(READS_MAX);
    reads.try_fold(0, |live, read| std::future::ready(Ok(live + usize::from(is_live(read))))).await
}

/// The trace's arrivals, over and over for as long as the storm lasts.
fn arrivals(args: &Args, lasts: Duration) -> Result<Vec<Arrival>, Misuse> {
    let source = Source { trace: &args.trace, rtt: None, rows_max: None, prefix: "" };
    let once = source.load(&[])?.arrivals;
    let until_ms = (lasts.as_secs_f64() * args.speed * 1e3) as u64;
    let length_ms = once.last().map_or(0, |last| last.queue_ms) + 1;
    let later = |turn: u64| once.iter().map(move |arrival| later_by(arrival, turn * length_ms));
    Ok((0..).flat_map(later).take_while(|arrival| arrival.queue_ms < until_ms).take(crate::trace::ROWS_MAX).collect())
}

fn later_by(arrival: &Arrival, ms: u64) -> Arrival {
    Arrival { queue_ms: arrival.queue_ms + ms, ..arrival.clone() }
}

/// Players who queue, some of whom change their minds, play and end their matches.
fn load(args: &Args, cluster: &Cluster) -> replay::Args {
    replay::Args {
        trace: args.trace.clone(),
        queue: args.queue.clone(),
        speed: args.speed,
        limit_rows: None,
        game_s: 30.0,
        ack_delay_s: 0.0,
        no_ack: false,
        cancel_share: 0.05,
        cancel_after_s: 2.0,
        vanish_share: 0.0,
        vanish_after_s: 0.0,
        drain_s: DRAIN_S,
        json: None,
        rtt: None,
        region: Vec::new(),
        prefix: String::new(),
        connections: 4,
        players_max: 30_000,
        addresses: Addresses {
            target: cluster.addresses(Role::Orchestrator),
            play: cluster.addresses(Role::Playserver),
            realm: String::new(),
            ca: None,
            token_file: None,
        },
    }
}

//! The script ceiling: what Redis takes for the way of a ticket when nothing but its scripts is run, two tickets to a match.

use super::bounds::check_seconds;
use super::proc::cpu_s;
use crate::run::{FsyncArg, start_redis};
use anyhow::{Context, Result, bail};
use domain::{Cursor, InstanceId, Ticket};
use futures::future::try_join_all;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::conformance::people::{DUE_MS, NOW_MS, deal, host, solo};
use store::{CommitOutcome, EnqueueOutcome, Fence, Leadership, MatchOutcome, RedisStore, Store, Subject};

const LEASE: Duration = Duration::from_secs(3_600);
/// Matches on their way at once.
const LANES: usize = 64;
/// The first lane trims the outbox after so many matches of its own.
const TRIM_EVERY: u64 = 50;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// For how long, in seconds
    #[arg(long, env = "MUSTER_BENCH_SECONDS", default_value_t = 10, value_name = "SECONDS")]
    seconds: u64,
    /// fsync of the redis-server that is started: always, everysec or no
    #[arg(long, env = "MUSTER_REDIS_FSYNC", value_enum, default_value = "everysec")]
    fsync: FsyncArg,
}

pub async fn run(args: Args) -> Result<()> {
    check_seconds("--seconds", args.seconds)?;
    let redis = start_redis(args.fsync.into())?;
    let pid = redis.pid().context("redis has ended")?;
    let store: Arc<dyn Store> = Arc::new(RedisStore::connect(redis.url(), "bench".parse()?)?);
    let mover: InstanceId = "mover".parse()?;
    let Leadership::Leading { fence, .. } = store.lead(&mover, LEASE, NOW_MS, Cursor::default()).await? else {
        bail!("another leads on a Redis of one's own");
    };
    let (began, cpu_before) = (Instant::now(), cpu_s(pid)?);
    let until = began + Duration::from_secs(args.seconds);
    let lanes = (0..LANES).map(|lane| tokio::spawn(matches(store.clone(), fence.clone(), host(), lane, until)));
    let mut matched = 0;
    for lane in try_join_all(lanes).await? {
        matched += lane?;
    }
    let tickets = (2 * matched) as f64;
    let (took_s, cpu_used_s) = (began.elapsed().as_secs_f64(), cpu_s(pid)? - cpu_before);
    println!("scripts: {:.0} tickets/s, redis {:.1} µs/ticket", tickets / took_s, cpu_used_s * 1e6 / tickets);
    Ok(())
}

/// Matches of one lane, one after the other, as many as there is time for.
async fn matches(store: Arc<dyn Store>, fence: Fence, host: InstanceId, lane: usize, until: Instant) -> Result<u64> {
    let mut number = 0;
    while Instant::now() < until {
        let (one, other) = tokio::try_join!(
            queued(&*store, format!("one-{lane}-{number}"), &host),
            queued(&*store, format!("other-{lane}-{number}"), &host)
        )?;
        let request = deal(&[&one, &other]);
        let id = request.match_id;
        match store.commit(&fence, request).await? {
            CommitOutcome::Committed { .. } => {}
            outcome => bail!("a match was not made: {outcome:?}"),
        }
        is_done(store.assign(id, &host, "10.0.0.1:7000", NOW_MS, DUE_MS).await?)?;
        is_done(store.end(id, "", NOW_MS).await?)?;
        let subjects = [one.id, other.id].map(Subject::Ticket);
        try_join_all(subjects.iter().map(|subject| store.unwatch(subject, &host))).await?;
        number += 1;
        if lane == 0 && number % TRIM_EVERY == 0 {
            let seen = store.snapshot(&subjects[0]).await?.ticket.context("it is kept")?.changed;
            store.trim(&fence, seen).await?;
        }
    }
    Ok(number)
}

async fn queued(store: &dyn Store, name: String, playserver: &InstanceId) -> Result<Ticket> {
    let EnqueueOutcome::Queued(ticket) = store.enqueue(solo(&name)).await? else {
        bail!("{name} is not new");
    };
    let subject = Subject::Ticket(ticket.id);
    store.watch(&subject, playserver).await?;
    // Read once more, and the note taken back at the end, as of one whose client asks and whose end nobody was told.
    store.snapshot(&subject).await?;
    Ok(ticket)
}

fn is_done(outcome: MatchOutcome) -> Result<()> {
    match outcome {
        MatchOutcome::Done(_) => Ok(()),
        outcome => bail!("a match did not go on: {outcome:?}"),
    }
}

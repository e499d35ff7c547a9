//! Every role in processes of their own on one Redis: what a cluster is, on one machine.

mod banner;
mod export;
mod lead;
mod member;
mod news;
mod process;
mod ready;
mod seat;

pub use export::Export;
pub use member::Member;
pub use process::process;
pub use ready::ready;
pub use seat::{Seat, seats_at};

use super::args::ClusterArgs;
use super::redacted::redacted;
use super::signals::shutdown_on_signal;
use crate::keys::KeysDir;
use crate::misuse::Misuse;
use crate::tell;
use anyhow::{Result, bail};
use banner::Banner;
use futures::StreamExt;
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use sandbox::World;
use seat::{check_free, seats};
use store::testing::{Fsync, Listen, RedisServer};

/// Runs the processes until Ctrl-C. One that ends before is reported and not started again: so it can be killed to see what happens.
pub async fn run(args: ClusterArgs) -> Result<()> {
    // Bad flags and files, and ports in use, are this process's to report, before it starts any other.
    args.realm.world(args.redis.as_deref())?;
    let keys = args.keys.clone().map(KeysDir::opened).transpose()?;
    let seats: Vec<Seat> = seats(args.counts())?.into_iter().map(|seat| Seat { keys: keys.clone(), ..seat }).collect();
    check_free(&seats).await?;
    let shutdown = shutdown_on_signal()?;
    let own = || {
        start_redis(args.fsync.into())
            .map_err(|error| Misuse::new(format!("{error}; or name a running one with --redis")))
    };
    let mut redis = if args.redis.is_none() { Some(own()?) } else { None };
    let realm = if redis.is_some() { args.realm.on_own_redis() } else { args.realm.clone() };
    let url = redis.as_ref().map(|redis| redis.url().to_owned()).or(args.redis.clone()).unwrap_or_default();
    let world = realm.world(Some(&url))?;
    answers(&world, &url).await?;
    let pid = redis.as_ref().and_then(RedisServer::pid).map(|id| format!("pid {id}")).unwrap_or_default();
    tell::out(format!("  {:<16} {:<18} {pid}", "redis", redacted(&url)).trim_end());

    let start = |seat| Member::start(&realm, &url, seat, &Export::AsHere, None);
    let mut members = seats.iter().map(start).collect::<Result<Vec<_>>>()?;
    let working = async {
        let leader = come_up(&mut members, &seats, &world).await?;
        let rules = &world.rules.current();
        tell::out(Banner { args: &args, url: &url, members: &members, leader: leader.as_deref(), rules });
        news::tell(&mut members, &seats, &*world.store, redis.as_mut(), leader).await
    };
    let outcome = shutdown.run_until_cancelled(working).await.unwrap_or(Ok(()));
    tell::err("muster: leaving");
    join_all(members.iter_mut().map(Member::leave)).await;
    drop(redis);
    outcome
}

/// A redis-server that ends with this process, however that ends.
pub fn start_redis(fsync: Fsync) -> Result<RedisServer> {
    RedisServer::start_with(Listen::Tcp, fsync)
        .map_err(|error| Misuse::new(format!("this starts a Redis of its own: {error}")).into())
}

/// Members would wait for a Redis that is not there, and nobody would know.
async fn answers(world: &World, url: &str) -> Result<(), Misuse> {
    let answer = world.store.leader().await;
    answer.map(drop).map_err(|error| Misuse::new(format!("--redis {} does not answer: {error}", redacted(url))))
}

/// Waits until all work together; the name of the mover that leads. A member that ends meanwhile ends the whole.
async fn come_up(members: &mut [Member], seats: &[Seat], world: &World) -> Result<Option<String>> {
    let mut ends = members.iter_mut().map(Member::ended).collect::<FuturesUnordered<_>>();
    tokio::select! {
        Some(end) = ends.next() => bail!("{end}, before the system was up"),
        leader = ready(seats, &*world.store) => leader,
    }
}

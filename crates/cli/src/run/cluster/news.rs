//! What happens to a cluster while it runs, told as it happens.

use super::lead::Lead;
use super::member::Member;
use super::ready::name_of;
use super::seat::Seat;
use crate::tell;
use anyhow::{Result, bail};
use futures::stream::{FuturesUnordered, StreamExt, unfold};
use std::future::pending;
use std::pin::pin;
use std::time::Duration;
use store::Store;
use store::testing::RedisServer;
use tokio::io::AsyncReadExt;
use tokio::process::ChildStdout;
use tokio::time::{Instant, sleep};

const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Runs until every member has ended, which is told as an error. `redis` is the one that was started here, `leader` who leads.
pub async fn tell(
    members: &mut [Member],
    seats: &[Seat],
    store: &dyn Store,
    redis: Option<&mut RedisServer>,
    leader: Option<String>,
) -> Result<()> {
    let mut lead = Lead::new(leader, Instant::now());
    let mut ends = members.iter_mut().map(end).collect::<FuturesUnordered<_>>();
    let mut looks = pin!(unfold((), |()| async {
        sleep(LOOK_EVERY).await;
        Some((store.leader().await, ()))
    }));
    let mut redis_end = pin!(tell_end(redis));
    let mut redis_runs = true;
    loop {
        tokio::select! {
            end = ends.next() => {
                let Some((name, how)) = end else { bail!("every process has ended") };
                tell::err(format_args!("muster: {how}"));
                lead.ended(name, Instant::now());
            }
            Some(look) = looks.next() => {
                // Of a store that does not say who leads nothing is told.
                let Ok(Some(leader)) = look else { continue };
                let name = name_of(seats, &leader);
                if let Some(vacant) = lead.said(&name, Instant::now()) {
                    tell::err(format_args!("muster: {name} leads; nobody did for {:.1} s", vacant.as_secs_f64()));
                }
            }
            () = &mut redis_end, if redis_runs => redis_runs = false,
        }
    }
}

async fn end(member: &mut Member) -> (&str, String) {
    let how = member.ended().await;
    (&member.seat.name, how)
}

/// Tells when the server that was started here has ended, and how to start it again.
async fn tell_end(redis: Option<&mut RedisServer>) {
    let Some(redis) = redis else { return pending().await };
    let end = redis.take_end().and_then(|end| ChildStdout::from_std(end).ok());
    let Some(mut end) = end else { return pending().await };
    // An end that can't be read is one, too.
    let _ = end.read_to_end(&mut Vec::new()).await;
    tell::err(format_args!("muster: redis ended; to start it again: {}", redis.command_line()));
}

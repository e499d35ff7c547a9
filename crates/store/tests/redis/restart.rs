//! A Redis that is killed under many tickets and started again.
//!
//! `MUSTER_TICKETS=1000000 cargo test --release -p store --test redis restarted -- --nocapture` says how long that takes.

use super::raw::{Raw, server};
use ::redis::cmd;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::conformance::people::*;
use store::testing::eventually_within;
use store::{Bounds, Outbox, RedisStore, Tickets};
use tokio::task::JoinSet;

const TICKETS: usize = 2_000;
/// A million tickets are a gigabyte.
const REWRITTEN_WITHIN: Duration = Duration::from_secs(120);
/// Written at once.
const LANES: usize = 64;

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_redis_serves_every_ticket_that_it_had() {
    let tickets: usize = std::env::var("MUSTER_TICKETS").map_or(TICKETS, |text| text.parse().unwrap());
    let mut server = server();
    // One event of each is kept until it is delivered, and nobody delivers while they are written.
    let most = 2 * tickets as u64;
    let bounds = Bounds { tickets_waiting_max: most, events_untaken_max: most };
    let store = Arc::new(RedisStore::connect_within(server.url(), "realm".parse().unwrap(), bounds).unwrap());
    let mut lanes = JoinSet::new();
    for lane in 0..LANES {
        let store = store.clone();
        lanes.spawn(async move {
            for number in (lane..tickets).step_by(LANES) {
                queued(&*store, solo(&format!("player-{number}"))).await;
            }
        });
    }
    while let Some(lane) = lanes.join_next().await {
        lane.unwrap();
    }

    let fence = leading(&*store).await;
    let last = queued(&*store, solo("last")).await.changed;
    assert!(store.trim(&fence, last).await.unwrap());

    // As Redis does by itself whenever its file has doubled: from what is there, and not from how it came to be.
    for (turn, rewritten) in [false, true].into_iter().enumerate() {
        if rewritten {
            rewrite(&mut Raw::on(&server).await).await;
        }
        server.kill();
        let killed = Instant::now();
        server.restart().unwrap();
        queued(&*store, solo(&format!("late-{turn}"))).await;
        let from = if rewritten { "a rewritten file" } else { "the file as it was" };
        println!("{tickets} tickets: serving again after {:.1} s from {from}", killed.elapsed().as_secs_f64());
        assert_eq!(store.waiting().await.unwrap(), (tickets + turn + 2) as u64);
    }
}

async fn rewrite(raw: &mut Raw) {
    // One that the server began by itself is no reason to fail, nor does it hold all that is there.
    is_rewritten(raw).await;
    let () = raw.ask(&mut cmd("BGREWRITEAOF")).await;
    is_rewritten(raw).await;
}

async fn is_rewritten(raw: &mut Raw) {
    eventually_within(REWRITTEN_WITHIN, "the file to be rewritten", || {
        let mut raw = raw.clone();
        async move {
            let info: String = raw.ask(cmd("INFO").arg("persistence")).await;
            let is_over = info.contains("aof_rewrite_in_progress:0") && info.contains("aof_rewrite_scheduled:0");
            if is_over { Ok(()) } else { Err(info) }
        }
    })
    .await;
}

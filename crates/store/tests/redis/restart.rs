//! A Redis that is killed under many tickets and started again.
//!
//! `MUSTER_TICKETS=1000000 cargo test --release -p store --test redis restarted -- --nocapture` says how long that takes.

use super::raw::server;
use std::sync::Arc;
use std::time::Instant;
use store::conformance::people::*;
use store::{RedisStore, Tickets};
use tokio::task::JoinSet;

const TICKETS: usize = 2_000;
/// Written at once.
const LANES: usize = 64;

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_redis_serves_every_ticket_that_it_had() {
    let tickets: usize = std::env::var("MUSTER_TICKETS").map_or(TICKETS, |text| text.parse().unwrap());
    let mut server = server();
    let store = Arc::new(RedisStore::connect(server.url(), "realm".parse().unwrap()).unwrap());
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

    server.kill();
    let killed = Instant::now();
    server.restart().unwrap();
    queued(&*store, solo("the-first-after")).await;
    println!("{tickets} tickets: serving again after {:.1} s", killed.elapsed().as_secs_f64());
    assert_eq!(store.waiting().await.unwrap(), tickets as u64 + 1);
}

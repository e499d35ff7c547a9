//! An open loop: players arrive at their time, whatever became of those before.

use super::book::Book;
use super::realm_server::{Player, RealmServer};
use crate::trace::Source;
use anyhow::Result;
use futures::future::try_join_all;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

/// To each orchestrator, with as many to a playserver: one stream may have 256 calls in work, an orchestrator more.
const STREAMS_PER_ORCHESTRATOR: usize = 8;
const TICK: Duration = Duration::from_millis(2);
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub struct Load {
    pub book: Arc<Book>,
    servers: Vec<RealmServer>,
    ratings: Vec<f64>,
    arrived: usize,
}

impl Load {
    /// Players with the ratings of the arena's, who queue for `queue`.
    pub async fn open(orchestrators: &[String], playservers: &[String], queue: &str) -> Result<Self> {
        let book = Arc::new(Book::open());
        let source = Source { trace: "arena", rtt: None, rows_max: None, prefix: "" };
        let ratings = source.load(&[])?.arrivals.iter().map(|arrival| arrival.players[0].rating).collect();
        let streams = orchestrators.len() * STREAMS_PER_ORCHESTRATOR;
        let opening = (0..streams).map(|at| {
            let playserver = &playservers[(at / orchestrators.len()) % playservers.len()];
            RealmServer::open(&orchestrators[at % orchestrators.len()], playserver, queue, book.clone())
        });
        let servers = try_join_all(opening).await?;
        Ok(Self { book, servers, ratings, arrived: 0 })
    }

    /// Has `rate` players arrive each second, evenly, for `lasts`; the seconds that were whole within it.
    pub async fn offer(&mut self, rate: f64, lasts: Duration) -> Range<usize> {
        let first = self.book.now() + 1;
        let began = Instant::now();
        let players = (rate * lasts.as_secs_f64()) as usize;
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut next = 0;
        while next < players {
            ticks.tick().await;
            let by_now = (began.elapsed().as_secs_f64() * rate) as usize;
            for number in next..by_now.min(players) {
                self.arrive(began + Duration::from_secs_f64(number as f64 / rate));
            }
            next = next.max(by_now);
        }
        first..self.book.now().max(first + 1)
    }

    fn arrive(&mut self, due: Instant) {
        let number = self.arrived;
        self.arrived += 1;
        let rating = self.ratings[number % self.ratings.len()];
        self.servers[number % self.servers.len()].enqueue(Player { id: format!("bench-{number}"), rating, due });
    }

    /// Waits until hardly anyone waits for a match, no longer than `wait_max`.
    pub async fn settle(&self, left_max: usize, wait_max: Duration) {
        let deadline = Instant::now() + wait_max;
        while self.book.waiting() > left_max && Instant::now() < deadline {
            sleep(LOOK_EVERY).await;
        }
    }
}

//! Lets clients come who play as players do: over the public contract, and with nothing else.

mod party;
mod visit;

pub use party::Wish;

use crate::ask::Gateway;
use crate::config::{FINISH_WAIT_MAX, SPAWN_RATE_MAX, SPAWNED_MAX};
use api::v1::EnqueueRequest;
use chassis::{LiveRules, Shutdown};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::task::TaskTracker;
use tonic::Status;

/// All that were spawned from pages. Cheap to clone.
#[derive(Clone)]
pub struct Spawner(Arc<Shared>);

struct Shared {
    gateway: Gateway,
    rules: LiveRules,
    over: Shutdown,
    visits: TaskTracker,
    streaming: Mutex<Streaming>,
}

/// What comes by itself, and what ends all that is here.
struct Streaming {
    per_s: f64,
    stop: Shutdown,
    all: Shutdown,
}

impl Spawner {
    /// Until `over`.
    pub fn new(gateway: Gateway, rules: LiveRules, over: Shutdown) -> Self {
        let streaming = Streaming { per_s: 0.0, stop: over.child_token(), all: over.child_token() };
        let (visits, streaming) = (TaskTracker::new(), Mutex::new(streaming));
        Self(Arc::new(Shared { gateway, rules, over, visits, streaming }))
    }

    /// One party comes; answers its ticket's id once it is queued. RESOURCE_EXHAUSTED with [`SPAWNED_MAX`] here.
    /// `traced`: its whole trace is kept.
    pub async fn spawn(&self, wish: &Wish, traced: bool) -> Result<String, Status> {
        if self.0.visits.len() >= SPAWNED_MAX {
            return Err(Status::resource_exhausted(format!("{SPAWNED_MAX} spawned parties are here: stop some")));
        }
        let request = wish.request(&self.0.rules.current()).map_err(|error| Status::invalid_argument(error.0))?;
        let request = EnqueueRequest { traced, ..request };
        let client = self.0.gateway.client()?;
        let (queued, ticket_id) = tokio::sync::oneshot::channel();
        let visit = visit::visit(client, request, queued, self.0.streaming.lock().all.clone());
        self.0.visits.spawn(visit);
        ticket_id.await.unwrap_or_else(|_| Err(Status::cancelled("it was stopped before it queued")))
    }

    /// Parties come at this rate from now on, at most [`SPAWN_RATE_MAX`] a second; 0: none.
    pub fn stream(&self, wish: Wish, per_s: f64) -> Result<(), Status> {
        if !(0.0..=SPAWN_RATE_MAX).contains(&per_s) {
            return Err(Status::invalid_argument(format!("per_s: must lie within 0 and {SPAWN_RATE_MAX}, is {per_s}")));
        }
        wish.request(&self.0.rules.current()).map_err(|error| Status::invalid_argument(error.0))?;
        let mut streaming = self.0.streaming.lock();
        streaming.stop.cancel();
        let stop = self.0.over.child_token();
        (streaming.per_s, streaming.stop) = (per_s, stop.clone());
        if per_s > 0.0 {
            let spawner = self.clone();
            tokio::spawn(async move { stop.run_until_cancelled(spawner.come(wish, per_s)).await });
        }
        Ok(())
    }

    /// Nobody comes any more, and all who are here leave.
    pub fn stop(&self) {
        let mut streaming = self.0.streaming.lock();
        streaming.stop.cancel();
        streaming.all.cancel();
        *streaming = Streaming { per_s: 0.0, stop: self.0.over.child_token(), all: self.0.over.child_token() };
    }

    /// Stops all clients and waits until they have left, up to a bound.
    pub async fn leave(&self) {
        self.stop();
        self.0.visits.close();
        // Whoever could not leave in time is cancelled by the playservers, for nobody watches him any more.
        let _ = tokio::time::timeout(FINISH_WAIT_MAX, self.0.visits.wait()).await;
    }

    /// Parties here, and how many come a second.
    pub fn counts(&self) -> (usize, f64) {
        (self.0.visits.len(), self.0.streaming.lock().per_s)
    }

    async fn come(&self, wish: Wish, per_s: f64) {
        let mut ticks = tokio::time::interval(Duration::from_secs_f64(1.0 / per_s));
        loop {
            ticks.tick().await;
            let (spawner, wish) = (self.clone(), wish.clone());
            // One who is refused is not missed: the next comes soon.
            tokio::spawn(async move { spawner.spawn(&wish, false).await });
        }
    }
}

//! Tickets whose watchers were on a playserver that has gone. A living playserver has tickets leave the queue that nobody watches any
//! more; here the same is done for one that cannot any more.

use crate::config::{FORSAKEN_IN_WORK_MAX, GONE_MAX, SWEEP_EVERY};
use chassis::{Clock, Shutdown};
use domain::{InstanceId, Role, Ticket};
use std::sync::Arc;
use std::time::Duration;
use store::{Leave, Store, StoreError, Subject, UNWATCHED_REASON};
use tokio::time::Instant;

/// Lets them leave once `unwatched_max` has passed, until `shutdown`. Everyone does who saw the playserver alive: whoever was not there
/// then does not know of it, and what one of them did, the others find done.
pub async fn run(store: Arc<dyn Store>, clock: Clock, unwatched_max: Option<Duration>, shutdown: Shutdown) {
    let Some(unwatched_max) = unwatched_max else { return };
    let mut forsaken = Forsaken { store, clock, unwatched_max, alive: Vec::new(), gone: Vec::new() };
    let looking = async {
        let mut streak = telemetry::Streak::new("look after tickets that nobody watches any more");
        loop {
            tokio::time::sleep(SWEEP_EVERY).await;
            streak.saw(&forsaken.once().await);
        }
    };
    shutdown.run_until_cancelled(looking).await;
}

struct Forsaken {
    store: Arc<dyn Store>,
    clock: Clock,
    unwatched_max: Duration,
    /// Playservers, as of the last look.
    alive: Vec<InstanceId>,
    gone: Vec<Gone>,
}

struct Gone {
    playserver: InstanceId,
    since: Instant,
    since_ms: u64,
}

impl Forsaken {
    async fn once(&mut self) -> Result<(), StoreError> {
        let playservers = self.store.instances(Role::Playserver).await?;
        self.meet(playservers.into_iter().map(|playserver| playserver.id).collect());
        while self.gone.first().is_some_and(|gone| gone.since.elapsed() >= self.unwatched_max) {
            let gone = self.gone.remove(0);
            if let Err(error) = self.walk(&gone).await {
                // Again after as long: what cannot be read must not keep others from their turn.
                self.gone.push(Gone { since: Instant::now(), ..gone });
                return Err(error);
            }
        }
        Ok(())
    }

    /// Notes who has gone, and forgets who came back under his name.
    fn meet(&mut self, alive: Vec<InstanceId>) {
        let (since, since_ms) = (Instant::now(), self.clock.now_ms());
        let gone = std::mem::take(&mut self.alive).into_iter().filter(|known| !alive.contains(known));
        self.gone.extend(gone.map(|playserver| Gone { playserver, since, since_ms }));
        self.gone.retain(|gone| !alive.contains(&gone.playserver));
        self.gone.truncate(GONE_MAX);
        self.alive = alive;
    }

    async fn walk(&self, gone: &Gone) -> Result<(), StoreError> {
        let mut place = 0;
        // One that was only cut off from the store has watchers still.
        while !self.is_back(&gone.playserver).await? {
            let watched = self.store.watched_on(&gone.playserver, place).await?;
            // A later one was watched there by nobody: a note on one of its players is an older one's.
            let forsaken = watched.tickets.into_iter().filter(|ticket| ticket.queued_ms <= gone.since_ms);
            let leaving = forsaken.map(|ticket| self.let_go(ticket, &gone.playserver));
            chassis::all_readable(leaving, FORSAKEN_IN_WORK_MAX).await?;
            let Some(next) = watched.next else { break };
            place = next;
        }
        Ok(())
    }

    async fn is_back(&self, playserver: &InstanceId) -> Result<bool, StoreError> {
        Ok(self.store.instances(Role::Playserver).await?.iter().any(|alive| alive.id == *playserver))
    }

    /// Refused where others watch it by now.
    async fn let_go(&self, ticket: Ticket, playserver: &InstanceId) -> Result<(), StoreError> {
        for subject in Subject::all_of(&ticket) {
            self.store.unwatch(&subject, playserver).await?;
        }
        self.store.leave(ticket.id, Leave::Unwatched, UNWATCHED_REASON, self.clock.now_ms()).await.map(drop)
    }
}

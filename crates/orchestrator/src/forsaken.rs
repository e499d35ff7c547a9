//! Tickets whose watchers were on a playserver that has gone. A living playserver has tickets leave the queue that nobody watches any
//! more; here the same is done for one that cannot any more.

use crate::config::{Config, GONE_MAX, SWEEP_EVERY};
use chassis::{Clock, Shutdown};
use domain::{InstanceId, Role, Ticket};
use std::sync::Arc;
use std::time::Duration;
use store::{Leave, Store, StoreError, Subject, UNWATCHED_REASON};
use tokio::time::Instant;

/// Lets them leave once `unwatched_max` has passed, until `shutdown`. Orchestrators run it too, and act only while no sweeper is alive.
pub async fn run(
    config: Config,
    store: Arc<dyn Store>,
    clock: Clock,
    unwatched_max: Option<Duration>,
    shutdown: Shutdown,
) {
    let Some(unwatched_max) = unwatched_max else { return };
    let mut forsaken =
        Forsaken { role: config.instance.role, store, clock, unwatched_max, alive: Vec::new(), gone: Vec::new() };
    let looking = async {
        loop {
            tokio::time::sleep(SWEEP_EVERY).await;
            if let Err(error) = forsaken.once().await {
                tracing::warn!(%error, "could not look after tickets that nobody watches any more");
            }
        }
    };
    shutdown.run_until_cancelled(looking).await;
}

struct Forsaken {
    role: Role,
    store: Arc<dyn Store>,
    clock: Clock,
    unwatched_max: Duration,
    /// Playservers, as of the last look.
    alive: Vec<InstanceId>,
    gone: Vec<Gone>,
}

#[derive(Clone)]
struct Gone {
    playserver: InstanceId,
    since: Instant,
    since_ms: u64,
}

impl Forsaken {
    async fn once(&mut self) -> Result<(), StoreError> {
        let playservers = self.store.instances(Role::Playserver).await?;
        self.meet(playservers.into_iter().map(|playserver| playserver.id).collect());
        while let Some(gone) = self.gone.first().filter(|gone| gone.since.elapsed() >= self.unwatched_max).cloned() {
            if self.role == Role::Sweeper || self.store.instances(Role::Sweeper).await?.is_empty() {
                self.walk(&gone).await?;
            }
            self.gone.remove(0);
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
        let (mut place, mut left) = (0, 0);
        loop {
            let watched = self.store.watched_on(&gone.playserver, place).await?;
            // A later one was watched there by nobody: a note on one of its players is an older one's.
            for ticket in watched.tickets.iter().filter(|ticket| ticket.queued_ms <= gone.since_ms) {
                self.let_go(ticket, &gone.playserver).await?;
                left += 1;
            }
            let Some(next) = watched.next else { break };
            place = next;
        }
        if left > 0 {
            tracing::info!(playserver = %gone.playserver, tickets = left, "looked after tickets that were watched where nobody is any more");
        }
        Ok(())
    }

    /// Refused where others watch it by now.
    async fn let_go(&self, ticket: &Ticket, playserver: &InstanceId) -> Result<(), StoreError> {
        let players = ticket.players.iter().cloned().map(Subject::Player);
        for subject in players.chain([Subject::Ticket(ticket.id)]) {
            self.store.unwatch(&subject, playserver).await?;
        }
        self.store.leave(ticket.id, Leave::Unwatched, UNWATCHED_REASON, self.clock.now_ms()).await.map(drop)
    }
}

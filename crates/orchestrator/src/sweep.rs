//! Takes up what nobody looks for, and ends what waited too long.

use crate::config::{Config, OLDEST_AHEAD_MS, OLDEST_EVERY, SWEEP_EVERY, SWEEP_MAX};
use crate::looker::Looker;
use crate::waiting::Waiting;
use chassis::{Clock, Shutdown};
use domain::{InstanceId, Role, RuleSet, Ticket};
use std::sync::Arc;
use store::{Leave, Store, StoreError};
use tokio::time::Instant;

/// Sweeps until `shutdown`. Orchestrators run it too, and sweep only while no sweeper is alive.
pub async fn run(
    config: Config,
    store: Arc<dyn Store>,
    rules: Arc<RuleSet>,
    looker: Arc<Looker>,
    clock: Clock,
    shutdown: Shutdown,
) {
    let sweep = Sweep { here: config.instance.id, role: config.instance.role, store, rules, looker, clock };
    let sweeping = async {
        let mut oldest = Instant::now();
        loop {
            tokio::time::sleep(SWEEP_EVERY).await;
            if let Err(error) = sweep.once(&mut oldest).await {
                tracing::warn!(%error, "could not sweep");
            }
        }
    };
    shutdown.run_until_cancelled(sweeping).await;
}

struct Sweep {
    here: InstanceId,
    role: Role,
    store: Arc<dyn Store>,
    rules: Arc<RuleSet>,
    looker: Arc<Looker>,
    clock: Clock,
}

impl Sweep {
    async fn once(&self, oldest: &mut Instant) -> Result<(), StoreError> {
        let sweepers = self.store.instances(Role::Sweeper).await?;
        let orchestrators = self.store.instances(Role::Orchestrator).await?;
        if self.role != Role::Sweeper && !sweepers.is_empty() {
            return Ok(());
        }
        let alive: Vec<InstanceId> = sweepers.into_iter().chain(orchestrators).map(|instance| instance.id).collect();
        // Whoever is not known to be alive himself must not take from others.
        if alive.contains(&self.here) {
            self.adopt(&alive).await?;
        }
        self.expire().await?;
        if oldest.elapsed() >= OLDEST_EVERY {
            *oldest = Instant::now();
            self.look_for_oldest().await?;
        }
        Ok(())
    }

    async fn adopt(&self, alive: &[InstanceId]) -> Result<(), StoreError> {
        let adopted = self.store.adopt(&self.here, alive, SWEEP_MAX).await?;
        if !adopted.is_empty() {
            tracing::info!(tickets = adopted.len(), "adopted tickets that nobody held");
        }
        self.look_for(&adopted);
        Ok(())
    }

    async fn expire(&self) -> Result<(), StoreError> {
        let now_ms = self.clock.now_ms();
        for ticket in self.store.expiring(now_ms, SWEEP_MAX).await? {
            self.store.leave(ticket.id, Leave::Expired, "longest wait reached", now_ms).await?;
        }
        Ok(())
    }

    /// The last looks before expiry do not depend on one holder keeping up with its schedule.
    async fn look_for_oldest(&self) -> Result<(), StoreError> {
        let until_ms = self.clock.now_ms() + OLDEST_AHEAD_MS;
        let oldest = self.store.expiring(until_ms, SWEEP_MAX).await?;
        let others: Vec<Ticket> = oldest.into_iter().filter(|ticket| ticket.holder != self.here).collect();
        self.looker.look_once(others.iter().flat_map(|ticket| self.waiting(ticket)).collect());
        Ok(())
    }

    fn look_for(&self, tickets: &[Ticket]) {
        let now_ms = self.clock.now_ms();
        for waiting in tickets.iter().flat_map(|ticket| self.waiting(ticket)) {
            self.looker.look_at(now_ms, waiting);
        }
    }

    fn waiting(&self, ticket: &Ticket) -> Vec<Waiting> {
        match api::decode_party(&ticket.party) {
            Ok(party) => Waiting::in_queues(ticket, Arc::new(party), &self.rules).collect(),
            Err(error) => {
                tracing::error!(ticket_id = %ticket.id, %error, "a stored party cannot be read");
                Vec::new()
            }
        }
    }
}

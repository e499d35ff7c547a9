use super::clocks::Clocks;
use super::in_time;
use crate::backoff::Backoff;
use crate::{Clock, Readiness, Shutdown};
use domain::Instance;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use store::Leases;
use tokio::task::JoinHandle;

/// How long an instance that stopped renewing is still taken for alive, in ms.
pub const LEASE_TTL_MS: u64 = 3_000;
/// How often an instance renews its lease, in ms.
const LEASE_RENEW_MS: u64 = 1_000;

/// An instance's load, in the units of its capacity. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Load(Arc<AtomicU32>);

impl Load {
    pub fn set(&self, load: u32) {
        self.0.store(load, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

/// This instance's place among its peers, for as long as it is held.
#[derive(Debug)]
pub struct Registration {
    load: Load,
    left: Shutdown,
    task: JoinHandle<()>,
}

struct Member {
    leases: Arc<dyn Leases>,
    instance: Instance,
    load: Load,
    readiness: Readiness,
    clocks: Clocks,
}

impl Registration {
    /// Registers `instance` at once and renews it until `shutdown`, until [`Registration::leave`], or until it is
    /// dropped; then it is deregistered. Ready while the store answers, not ready while it does not.
    pub fn start(leases: Arc<dyn Leases>, instance: Instance, readiness: Readiness, shutdown: Shutdown) -> Self {
        let load = Load::default();
        load.set(instance.load);
        let left = shutdown.child_token();
        let member = Member { leases, instance, load: load.clone(), readiness, clocks: Clocks::default() };
        let task = tokio::spawn(member.run(left.clone()));
        Self { load, left, task }
    }

    /// What the next renewal tells of this instance's load.
    pub fn load(&self) -> Load {
        self.load.clone()
    }

    /// Deregisters and waits until it is done, a second at most. Where the store is away, the lease runs out by itself.
    pub async fn leave(mut self) {
        self.left.cancel();
        // The task ends within the store's time limit. Had it panicked, the lease would run out all the same.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.left.cancel();
    }
}

impl Member {
    async fn run(mut self, left: Shutdown) {
        tokio::select! {
            () = self.renew() => (),
            () = left.cancelled() => (),
        }
        self.readiness.set(false);
        let Instance { role, id, .. } = &self.instance;
        telemetry::metrics().lease_ended(role.as_str());
        if let Err(error) = in_time(self.leases.deregister(*role, id)).await {
            tracing::debug!(%error, "not deregistered; the lease runs out instead");
        }
    }

    async fn renew(&mut self) {
        let mut backoff = Backoff::default();
        loop {
            self.instance.load = self.load.get();
            let ttl = Duration::from_millis(LEASE_TTL_MS);
            let asked_ms = Clock::system().now_ms();
            let wait = match in_time(self.leases.register(&self.instance, ttl)).await {
                Ok(store_ms) => {
                    if let Some(store_ms) = store_ms {
                        self.clocks.compare(asked_ms, store_ms, Clock::system().now_ms());
                    }
                    self.answered(&mut backoff)
                }
                Err(error) => self.failed(&mut backoff, &error),
            };
            tokio::time::sleep(wait).await;
        }
    }

    fn answered(&self, backoff: &mut Backoff) -> Duration {
        if !self.readiness.is_ready() {
            tracing::info!(instance = %self.instance.id, role = self.instance.role.as_str(), "registered and ready");
        }
        self.readiness.set(true);
        telemetry::metrics().lease_renewed(self.instance.role.as_str());
        backoff.reset();
        Duration::from_millis(LEASE_RENEW_MS)
    }

    fn failed(&self, backoff: &mut Backoff, error: &store::StoreError) -> Duration {
        if self.readiness.is_ready() {
            tracing::warn!(%error, "not ready: the store does not answer");
        }
        self.readiness.set(false);
        backoff.step()
    }
}

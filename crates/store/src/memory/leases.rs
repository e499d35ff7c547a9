use super::MemoryStore;
use super::state::Lead;
use crate::bounds::INSTANCES_MAX;
use crate::{Fence, Leadership, Leases, StoreError};
use async_trait::async_trait;
use domain::{Cursor, Instance, InstanceId, Role};
use std::time::Duration;
use tokio::time::Instant;

type Result<T, E = StoreError> = std::result::Result<T, E>;

#[async_trait]
impl Leases for MemoryStore {
    async fn register(&self, instance: &Instance, ttl: Duration) -> Result<Option<u64>> {
        let now = Instant::now();
        let mut state = self.lock();
        state.instances.retain(|_, (_, until)| *until > now);
        state.instances.insert((instance.role, instance.id.clone()), (instance.clone(), now + ttl));
        Ok(None)
    }

    async fn deregister(&self, role: Role, id: &InstanceId) -> Result<()> {
        self.lock().instances.remove(&(role, id.clone()));
        Ok(())
    }

    async fn instances(&self, role: Role) -> Result<Vec<Instance>> {
        let now = Instant::now();
        let state = self.lock();
        let live = state.instances.values().filter(|(instance, until)| instance.role == role && *until > now);
        Ok(live.take(INSTANCES_MAX).map(|(instance, _)| instance.clone()).collect())
    }

    async fn lead(&self, id: &InstanceId, ttl: Duration, now_ms: u64, seen: Cursor) -> Result<Leadership> {
        let until = Instant::now() + ttl;
        let mut state = self.lock();
        if let Some(lead) = state.leading().filter(|lead| lead.id != *id) {
            return Ok(Leadership::Held { by: lead.id.clone() });
        }
        let reached = state.history.last >= seen;
        let fence = match state.leading().filter(|_| reached) {
            Some(lead) => lead.fence.clone(),
            None => {
                state.history.begin_epoch(now_ms.max(seen.epoch.saturating_add(1)));
                // Whoever has this store is the one process.
                Fence(format!("{}|{id}|0", state.history.last.epoch))
            }
        };
        state.lead = Some(Lead { fence: fence.clone(), id: id.clone(), until });
        Ok(Leadership::Leading { fence, epoch: state.history.last.epoch })
    }

    async fn resign(&self, fence: &Fence) -> Result<()> {
        let mut state = self.lock();
        if state.leads(fence) {
            state.lead = None;
        }
        Ok(())
    }

    async fn leader(&self) -> Result<Option<InstanceId>> {
        Ok(self.lock().leading().map(|lead| lead.id.clone()))
    }
}

use super::RedisStore;
use super::encode::{escape, unescape};
use super::link::Ask;
use super::row::{list, text};
use crate::bounds::INSTANCES_MAX;
use crate::{Fence, Leadership, Leases, StoreError};
use ::redis::{Value, cmd, from_redis_value};
use async_trait::async_trait;
use domain::{Cursor, Instance, InstanceId, Role};
use std::time::Duration;

type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Most leases that ran out which one registration clears away.
const LEASES_CLEARED_MAX: usize = 100;

#[async_trait]
impl Leases for RedisStore {
    async fn register(&self, instance: &Instance, ttl: Duration) -> Result<Option<u64>> {
        let mut call = self.scripts.register.call();
        call.arg(instance.role.as_str()).arg(instance.id.as_str()).arg(ttl_ms(ttl)).arg(record(instance));
        call.arg(LEASES_CLEARED_MAX);
        let told = text(self.run(call).await?)?;
        let now_ms = told.parse().map_err(|_| StoreError::Corrupt(format!("unexpected answer: time {told}")))?;
        Ok(Some(now_ms))
    }

    async fn deregister(&self, role: Role, id: &InstanceId) -> Result<()> {
        let mut call = self.scripts.deregister.call();
        call.arg(role.as_str()).arg(id.as_str());
        self.run_flag(call).await.map(drop)
    }

    async fn instances(&self, role: Role) -> Result<Vec<Instance>> {
        let mut call = self.scripts.instances.call();
        call.arg(role.as_str()).arg(INSTANCES_MAX);
        let rows = list(self.run(call).await?)?;
        let mut found = rows.into_iter().map(|row| instance(role, row)).collect::<Result<Vec<_>>>()?;
        found.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(found)
    }

    async fn lead(&self, id: &InstanceId, ttl: Duration, now_ms: u64, seen: Cursor) -> Result<Leadership> {
        let mut call = self.scripts.lead.call();
        call.arg(id.as_str()).arg(ttl_ms(ttl)).arg(now_ms).arg(seen.epoch).arg(seen.seq).arg(&self.process);
        let mut reply = self.run_reply(call).await?;
        match reply.status.as_str() {
            "LEADING" => Ok(Leadership::Leading { fence: Fence(reply.next_parsed()?), epoch: reply.next_parsed()? }),
            "HELD" => Ok(Leadership::Held { by: reply.next_parsed()? }),
            _ => Err(reply.unknown()),
        }
    }

    async fn resign(&self, fence: &Fence) -> Result<()> {
        let mut call = self.scripts.resign.call();
        call.arg(&fence.0);
        self.run_flag(call).await.map(drop)
    }

    async fn leader(&self) -> Result<Option<InstanceId>> {
        let mut command = cmd("GET");
        let key = self.key("leader");
        command.arg(&key);
        match self.read(Ask::Command("leader", command), &key).await? {
            Value::Nil => Ok(None),
            value => {
                let held = text(value)?;
                let holder = held.split('|').nth(1).and_then(|id| id.parse().ok());
                holder.map(Some).ok_or_else(|| StoreError::Corrupt(format!("{key} holds {held}")))
            }
        }
    }
}

/// Redis takes no lease of 0 ms.
fn ttl_ms(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).max(1)
}

fn record(instance: &Instance) -> String {
    let (address, region) = (escape(&instance.address), escape(&instance.region));
    format!("{address}|{region}|{}|{}", instance.capacity, instance.load)
}

fn instance(role: Role, row: Value) -> Result<Instance> {
    let unreadable = |error| StoreError::Corrupt(format!("unexpected answer: {error}"));
    let (id, record): (String, String) = from_redis_value(row).map_err(unreadable)?;
    parse_record(role, &id, &record).ok_or_else(|| StoreError::Corrupt(format!("info:{role:?} of {id} is {record}")))
}

fn parse_record(role: Role, id: &str, record: &str) -> Option<Instance> {
    let mut parts = record.split('|');
    Some(Instance {
        id: id.parse().ok()?,
        role,
        address: unescape(parts.next()?)?,
        region: unescape(parts.next()?)?,
        capacity: parts.next()?.parse().ok()?,
        load: parts.next()?.parse().ok()?,
    })
}

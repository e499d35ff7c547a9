//! Reads a queue's list of arrivals.

use super::RedisStore;
use super::encode::unescape;
use super::link::Ask;
use super::row::{list, unexpected};
use crate::bounds::ARRIVALS_KEPT;
use crate::{Arrived, StoreError};
use ::redis::{Value, cmd};
use bytes::Bytes;
use domain::{Encoded, QueueName};

type Result<T, E = StoreError> = std::result::Result<T, E>;

impl RedisStore {
    pub(super) async fn read_arrivals(&self, queue: &QueueName, limit: usize) -> Result<Vec<Arrived>> {
        // The last place of none would be -1, which Redis takes for the end of the list.
        let Some(last) = limit.min(ARRIVALS_KEPT).checked_sub(1) else { return Ok(Vec::new()) };
        let mut command = cmd("LRANGE");
        let key = self.key(&format!("a:{queue}"));
        command.arg(&key).arg(0).arg(last);
        let entries = list(self.read(Ask::Command("arrivals", command), &key).await?)?;
        entries.into_iter().map(|entry| arrived(&key, entry)).collect()
    }
}

fn arrived(key: &str, value: Value) -> Result<Arrived> {
    let Value::BulkString(entry) = value else { return Err(unexpected(&value)) };
    parse_entry(&entry).ok_or_else(|| {
        let shown = String::from_utf8_lossy(&entry[..entry.len().min(64)]);
        StoreError::Corrupt(format!("{key} has the entry {shown:?}"))
    })
}

/// Reads `queued_ms|pool|` and the party's bytes.
fn parse_entry(entry: &[u8]) -> Option<Arrived> {
    let mut parts = entry.splitn(3, |byte| *byte == b'|');
    let mut text = || std::str::from_utf8(parts.next()?).ok();
    Some(Arrived {
        queued_ms: text()?.parse().ok()?,
        pool: unescape(text()?)?,
        party: Encoded(Bytes::copy_from_slice(parts.next()?)),
    })
}

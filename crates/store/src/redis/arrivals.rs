//! Reads a queue's list of arrivals.

use super::RedisStore;
use super::encode::unescape;
use super::link::Ask;
use super::listed::{Listed, ListedParty};
use super::row::{list, unexpected};
use crate::bounds::{ARRIVALS_KEPT, answered};
use crate::{Arrived, StoreError};
use ::redis::{Value, cmd};
use domain::{Encoded, QueueName};

type Result<T, E = StoreError> = std::result::Result<T, E>;

impl RedisStore {
    pub(super) async fn read_arrivals(&self, queue: &QueueName, limit: usize) -> Result<Vec<Arrived>> {
        // The last place of none would be -1, which Redis takes for the end of the list.
        let limit = limit.min(ARRIVALS_KEPT);
        let Some(last) = limit.checked_sub(1) else { return Ok(Vec::new()) };
        let mut command = cmd("LRANGE");
        let key = self.key(&format!("a:{queue}"));
        command.arg(&key).arg(0).arg(last);
        let entries = list(self.read(Ask::Command("arrivals", command), &key).await?)?;
        let entries = entries.into_iter().map(|entry| arrived(&key, entry));
        let bytes = |entry: &Result<Listed<_>>| entry.as_ref().map_or(0, |entry| entry.party.bytes);
        let entries = answered(entries, limit, bytes).collect::<Result<_>>()?;
        let found = self.with_parties("arrivals", entries).await?;
        Ok(found.into_iter().map(|(arrived, party)| Arrived { party, ..arrived }).collect())
    }
}

fn arrived(key: &str, value: Value) -> Result<Listed<Arrived>> {
    let Value::BulkString(entry) = value else { return Err(unexpected(&value)) };
    parse_entry(&entry).ok_or_else(|| {
        let shown = String::from_utf8_lossy(&entry[..entry.len().min(64)]);
        StoreError::Corrupt(format!("{key} has the entry {shown:?}"))
    })
}

/// Reads `queued_ms|pool|ticket|` and the party.
fn parse_entry(entry: &[u8]) -> Option<Listed<Arrived>> {
    let mut parts = entry.splitn(4, |byte| *byte == b'|');
    let mut text = || std::str::from_utf8(parts.next()?).ok();
    let of = Arrived { queued_ms: text()?.parse().ok()?, pool: unescape(text()?)?, party: Encoded::default() };
    Some(Listed { of, id: text()?.parse().ok()?, party: ListedParty::parse(parts.next()?)? })
}

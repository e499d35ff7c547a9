//! Parties as they are listed beside others: one that is too large for that stands in its ticket alone, and is read from there.

use super::RedisStore;
use super::link::Ask;
use super::row::{list, unexpected};
use crate::StoreError;
use ::redis::{Pipeline, Value, cmd};
use bytes::Bytes;
use domain::{Encoded, TicketId};

type Result<T, E = StoreError> = std::result::Result<T, E>;

/// What is listed of a ticket, `of` which its party is a part.
pub(super) struct Listed<T> {
    pub of: T,
    pub id: TicketId,
    pub party: ListedParty,
}

pub(super) struct ListedParty {
    pub bytes: usize,
    /// None where the ticket alone holds it.
    here: Option<Encoded>,
}

impl ListedParty {
    /// Reads `bytes|` and the party's bytes, if they are there.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let at = text.iter().position(|byte| *byte == b'|')?;
        let bytes = std::str::from_utf8(&text[..at]).ok()?.parse().ok()?;
        let party = &text[at + 1..];
        if party.len() == bytes {
            return Some(Self { bytes, here: Some(Encoded(Bytes::copy_from_slice(party))) });
        }
        party.is_empty().then_some(Self { bytes, here: None })
    }
}

impl RedisStore {
    /// Each with its party. A ticket that is kept no longer is left out, as if it had been read a moment later.
    pub(super) async fn with_parties<T>(
        &self,
        verb: &'static str,
        listed: Vec<Listed<T>>,
    ) -> Result<Vec<(T, Encoded)>> {
        let elsewhere = listed.iter().filter(|listed| listed.party.here.is_none()).map(|listed| listed.id);
        let mut read = self.parties(verb, elsewhere.collect()).await?.into_iter();
        let party = |listed: Listed<T>| Some((listed.of, listed.party.here.or_else(|| read.next().flatten())?));
        Ok(listed.into_iter().filter_map(party).collect())
    }

    async fn parties(&self, verb: &'static str, ids: Vec<TicketId>) -> Result<Vec<Option<Encoded>>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut pipeline = Pipeline::new();
        for id in &ids {
            // A role may have no other command read a ticket.
            let mut command = cmd("HMGET");
            command.arg(self.key(&format!("t:{id}"))).arg("party");
            pipeline.add_command(command);
        }
        let rows = list(self.read(Ask::Pipeline(verb, pipeline), &self.key("t:*")).await?)?;
        rows.into_iter().map(party).collect()
    }
}

fn party(row: Value) -> Result<Option<Encoded>> {
    match list(row)?.pop() {
        Some(Value::BulkString(party)) => Ok(Some(Encoded(party.into()))),
        Some(Value::Nil) => Ok(None),
        other => Err(unexpected(&other.unwrap_or(Value::Nil))),
    }
}

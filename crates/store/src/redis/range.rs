//! Reads a part of the covering index, outward from the middle of its ratings: two commands for each region, all in one round trip,
//! and one more where some of the parties are too large to stand in it.

use super::RedisStore;
use super::encode::place_name;
use super::link::Ask;
use super::listed::{Listed, ListedParty};
use super::row::{list, unexpected};
use crate::bounds::{answered, is_whole};
use crate::{IndexedRange, IndexedTicket, StoreError};
use ::redis::{Cmd, Pipeline, Value, cmd};
use domain::{Encoded, Look};

type Result<T, E = StoreError> = std::result::Result<T, E>;

impl RedisStore {
    pub(super) async fn read_range(&self, look: &Look, limit: usize) -> Result<IndexedRange> {
        if look.regions.is_empty() || look.is_void() {
            return Ok(IndexedRange { tickets: Vec::new(), is_whole: true });
        }
        let mut pipeline = Pipeline::new();
        for region in &look.regions {
            let key = self.key(&format!("q:{}", place_name(look.queue.as_str(), &look.pool, region)));
            pipeline.add_command(above(&key, look, limit)).add_command(below(&key, look, limit));
        }
        let indexes = self.key(&format!("q:{}", place_name(look.queue.as_str(), &look.pool, "")));
        let mut halves = list(self.read(Ask::Pipeline("range", pipeline), &indexes).await?)?.into_iter();
        let mut regions = Vec::new();
        while let (Some(above), Some(below)) = (halves.next(), halves.next()) {
            regions.push(outward(list(above)?, list(below)?, look.middle()));
        }
        let bytes = |member: &Result<Member>| member.as_ref().map_or(0, |member| member.party.bytes);
        let members: Vec<Member> = answered(regions.into_iter().flatten(), limit, bytes).collect::<Result<_>>()?;
        // Before those are left out that are kept no longer.
        let is_whole = is_whole(limit, members.iter().map(|member| member.party.bytes));
        let found = self.with_parties("range", members).await?;
        let tickets = found.into_iter().map(|(ticket, party)| IndexedTicket { party, ..ticket }).collect();
        Ok(IndexedRange { tickets, is_whole })
    }
}

/// From the middle up, ascending.
fn above(key: &str, look: &Look, limit: usize) -> Cmd {
    let mut command = cmd("ZRANGE");
    command.arg(key).arg(look.middle().to_string()).arg(look.high.to_string());
    command.arg("BYSCORE").arg("LIMIT").arg(look.passed_over).arg(limit);
    command
}

/// From below the middle down, descending.
fn below(key: &str, look: &Look, limit: usize) -> Cmd {
    let mut command = cmd("ZRANGE");
    command.arg(key).arg(format!("({}", look.middle())).arg(look.low.to_string());
    command.arg("BYSCORE").arg("REV").arg("LIMIT").arg(0).arg(limit);
    command
}

/// A ticket as it is listed, still without its party.
type Member = Listed<IndexedTicket>;

/// Both halves as one, nearest first; of two as near, the one above. What is not reached is not read.
fn outward(above: Vec<Value>, below: Vec<Value>, middle: f64) -> impl Iterator<Item = Result<Member>> {
    let mut above = above.into_iter().map(of_member).peekable();
    let mut below = below.into_iter().map(of_member).peekable();
    // What cannot be read comes at once.
    let off = move |member: &Member| (member.of.rating - middle).abs();
    let distance = move |member: &Result<_>| member.as_ref().map_or(f64::NEG_INFINITY, off);
    std::iter::from_fn(move || match (above.peek().map(distance), below.peek().map(distance)) {
        (Some(up), Some(down)) if down < up => below.next(),
        (Some(_), _) => above.next(),
        (None, _) => below.next(),
    })
}

fn of_member(member: Value) -> Result<Member> {
    let Value::BulkString(member) = member else { return Err(unexpected(&member)) };
    parse_member(&member).ok_or_else(|| {
        StoreError::Corrupt(format!("index member {:?}", String::from_utf8_lossy(&member[..member.len().min(64)])))
    })
}

/// Reads `ticket|version|queued_ms|tries|rating|` and the party.
fn parse_member(member: &[u8]) -> Option<Member> {
    let mut parts = member.splitn(6, |byte| *byte == b'|');
    let mut text = || std::str::from_utf8(parts.next()?).ok();
    let of = IndexedTicket {
        id: text()?.parse().ok()?,
        version: text()?.parse().ok()?,
        queued_ms: text()?.parse().ok()?,
        tries: text()?.parse().ok()?,
        rating: text()?.parse().ok().filter(|rating: &f64| rating.is_finite())?,
        party: Encoded::default(),
    };
    Some(Listed { id: of.id, of, party: ListedParty::parse(parts.next()?)? })
}

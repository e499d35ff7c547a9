//! Reads a part of the covering index, outward from the middle of its ratings: two commands for each region, all in one round trip.

use super::RedisStore;
use super::encode::place_name;
use super::link::Ask;
use super::row::{list, text, unexpected};
use crate::{IndexedTicket, StoreError};
use ::redis::{Cmd, Pipeline, Value, cmd};
use bytes::Bytes;
use domain::{Encoded, Look};

type Result<T, E = StoreError> = std::result::Result<T, E>;

/// An index member and its rating.
type Scored = (f64, Value);

impl RedisStore {
    pub(super) async fn read_range(&self, look: &Look, limit: usize) -> Result<Vec<IndexedTicket>> {
        // Nothing lies between bounds that are reversed, or that are no numbers.
        if look.regions.is_empty() || look.low.is_nan() || look.high.is_nan() || look.low > look.high {
            return Ok(Vec::new());
        }
        let mut pipeline = Pipeline::new();
        for region in &look.regions {
            let key = self.key(&format!("q:{}", place_name(look.queue.as_str(), &look.pool, region)));
            pipeline.add_command(above(&key, look, limit)).add_command(below(&key, look, limit));
        }
        let indexes = self.key(&format!("q:{}", place_name(look.queue.as_str(), &look.pool, "")));
        let mut halves = list(self.read(Ask::Pipeline("range", pipeline), &indexes).await?)?.into_iter();
        let mut found = Vec::new();
        while let (Some(above), Some(below)) = (halves.next(), halves.next()) {
            let members = outward(scored(above)?, scored(below)?, look.middle());
            for member in members.take(limit - found.len()) {
                found.push(indexed(member)?);
            }
        }
        Ok(found)
    }
}

/// From the middle up, ascending.
fn above(key: &str, look: &Look, limit: usize) -> Cmd {
    let mut command = cmd("ZRANGE");
    command.arg(key).arg(look.middle().max(look.low).to_string()).arg(look.high.to_string());
    command.arg("BYSCORE").arg("LIMIT").arg(look.passed_over).arg(limit).arg("WITHSCORES");
    command
}

/// From below the middle down, descending.
fn below(key: &str, look: &Look, limit: usize) -> Cmd {
    let mut command = cmd("ZRANGE");
    command.arg(key).arg(format!("({}", look.middle().min(look.high))).arg(look.low.to_string());
    command.arg("BYSCORE").arg("REV").arg("LIMIT").arg(0).arg(limit).arg("WITHSCORES");
    command
}

/// Members and scores, which RESP2 lists in turns.
fn scored(members: Value) -> Result<Vec<Scored>> {
    let mut items = list(members)?.into_iter();
    let mut scored = Vec::with_capacity(items.len() / 2);
    while let (Some(member), Some(score)) = (items.next(), items.next()) {
        let score = text(score)?;
        let rating = score.parse().map_err(|_| StoreError::Corrupt(format!("index score {score}")))?;
        scored.push((rating, member));
    }
    Ok(scored)
}

/// Both halves as one, nearest first; of two as near, the one above.
fn outward(above: Vec<Scored>, below: Vec<Scored>, middle: f64) -> impl Iterator<Item = Scored> {
    let (mut above, mut below) = (above.into_iter().peekable(), below.into_iter().peekable());
    std::iter::from_fn(move || {
        let up = above.peek().map(|(rating, _)| rating - middle);
        let down = below.peek().map(|(rating, _)| middle - rating);
        match (up, down) {
            (Some(up), Some(down)) if down < up => below.next(),
            (Some(_), _) => above.next(),
            (None, _) => below.next(),
        }
    })
}

fn indexed((rating, member): Scored) -> Result<IndexedTicket> {
    let Value::BulkString(member) = member else { return Err(unexpected(&member)) };
    parse_member(&member, rating).ok_or_else(|| {
        StoreError::Corrupt(format!("index member {:?}", String::from_utf8_lossy(&member[..member.len().min(64)])))
    })
}

/// Reads `ticket|version|queued_ms|tries|` and the party's bytes.
fn parse_member(member: &[u8], rating: f64) -> Option<IndexedTicket> {
    let mut parts = member.splitn(5, |byte| *byte == b'|');
    let mut text = || std::str::from_utf8(parts.next()?).ok();
    Some(IndexedTicket {
        id: text()?.parse().ok()?,
        rating,
        version: text()?.parse().ok()?,
        queued_ms: text()?.parse().ok()?,
        tries: text()?.parse().ok()?,
        party: Encoded(Bytes::copy_from_slice(parts.next()?)),
    })
}

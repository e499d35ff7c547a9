//! What Redis answers, read back into the domain's words. What cannot be read is [`StoreError::Corrupt`] and names its key.

use super::encode::{parse_places, unescape};
use super::packed::unpacked;
use crate::StoreError;
use ::redis::Value;
use bytes::Bytes;
use domain::{Cursor, Encoded, Match, MatchState, Ticket, TicketState};
use std::str::FromStr;

type Result<T, E = StoreError> = std::result::Result<T, E>;

pub(super) fn unexpected(value: &Value) -> StoreError {
    StoreError::Corrupt(format!("unexpected answer: {}", shown(value)))
}

/// As much of it as a line holds.
pub(super) fn shown(value: &Value) -> String {
    let mut shown = format!("{value:?}");
    shown.truncate(shown.floor_char_boundary(200));
    shown
}

pub(super) fn list(value: Value) -> Result<Vec<Value>> {
    match value {
        Value::Array(items) => Ok(items),
        Value::Nil => Ok(Vec::new()),
        other => Err(unexpected(&other)),
    }
}

fn bytes(value: Value) -> Result<Vec<u8>> {
    match value {
        Value::BulkString(bytes) => Ok(bytes),
        Value::SimpleString(text) => Ok(text.into_bytes()),
        Value::Int(number) => Ok(number.to_string().into_bytes()),
        other => Err(unexpected(&other)),
    }
}

pub(super) fn text(value: Value) -> Result<String> {
    let unreadable = |error| StoreError::Corrupt(format!("unexpected answer: {error}"));
    String::from_utf8(bytes(value)?).map_err(unreadable)
}

/// A script's answer: a status, then what belongs to it.
pub(super) struct Reply {
    pub(super) status: String,
    rest: std::vec::IntoIter<Value>,
}

impl Reply {
    pub(super) fn of(value: Value) -> Result<Self> {
        let mut rest = list(value)?.into_iter();
        let status = text(rest.next().unwrap_or(Value::Nil))?;
        Ok(Self { status, rest })
    }

    pub(super) fn next(&mut self) -> Value {
        self.rest.next().unwrap_or(Value::Nil)
    }

    pub(super) fn next_parsed<T: FromStr>(&mut self) -> Result<T> {
        let text = text(self.next())?;
        text.parse().map_err(|_| StoreError::Corrupt(format!("unexpected answer: {} {text}", self.status)))
    }

    pub(super) fn unknown(&self) -> StoreError {
        StoreError::Corrupt(format!("unexpected answer: {}", self.status))
    }
}

/// The fields of a ticket or match that scripts answer, in their order: [scripts/lib.lua](scripts/lib.lua) reads them in the same.
const TICKET: [&str; 14] = [
    "state", "ver", "queued", "expires", "tries", "width", "players", "places", "party", "holder", "trace", "match",
    "reason", "changed",
];
const MATCH: [&str; 8] = ["state", "tickets", "host", "address", "sheet", "acked", "matched", "assigned"];

/// The fields of one hash or stream entry: so few that they are looked through faster than hashed.
pub(super) struct Row {
    kind: &'static str,
    name: String,
    fields: Vec<(&'static str, Vec<u8>)>,
}

impl Row {
    /// Reads `[name, [value, ...]]` of these fields, and perhaps of others that are the store's own; nil where there is none. `kind` stands
    /// before the name in the key.
    pub(super) fn of(kind: &'static str, named: &[&'static str], value: Value) -> Result<Self> {
        let (name, values) = Self::apart(value)?;
        Self::of_values(kind, named, name, values)
    }

    /// Reads `[name, [field, packed]]`: the values are those of these fields.
    pub(super) fn of_packed(kind: &'static str, named: &[&'static str], value: Value) -> Result<Self> {
        let (name, mut items) = Self::apart(value)?;
        let packed = bytes(items.pop().unwrap_or(Value::Nil))?;
        let corrupt = || StoreError::Corrupt(format!("{kind}:{name} cannot be unpacked"));
        let values = unpacked(&packed).ok_or_else(corrupt)?;
        Self::of_values(kind, named, name, list(values)?)
    }

    fn of_values(kind: &'static str, named: &[&'static str], name: String, values: Vec<Value>) -> Result<Self> {
        let there = named.iter().zip(values).filter(|(_, value)| *value != Value::Nil);
        let fields = there.map(|(field, value)| Ok((*field, bytes(value)?))).collect::<Result<_>>()?;
        Ok(Self { kind, name, fields })
    }

    fn apart(value: Value) -> Result<(String, Vec<Value>)> {
        let mut parts = list(value)?.into_iter();
        let mut part = || parts.next().unwrap_or(Value::Nil);
        Ok((text(part())?, list(part())?))
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Names the key in errors.
    pub(super) fn key(&self) -> String {
        format!("{}:{}", self.kind, self.name)
    }

    fn corrupt(&self, field: &str) -> StoreError {
        StoreError::Corrupt(format!("{} has an unreadable {field}", self.key()))
    }

    fn find(&self, field: &str) -> Option<&Vec<u8>> {
        self.fields.iter().find(|(name, _)| *name == field).map(|(_, value)| value)
    }

    pub(super) fn has(&self, field: &str) -> bool {
        self.find(field).is_some()
    }

    /// Takes a field's bytes out.
    pub(super) fn bytes(&mut self, field: &str) -> Result<Encoded> {
        let found = self.fields.iter_mut().find(|(name, _)| *name == field);
        let taken = found.map(|(_, value)| Encoded(Bytes::from(std::mem::take(value))));
        taken.ok_or_else(|| self.corrupt(field))
    }

    pub(super) fn text(&self, field: &str) -> Result<&str> {
        let bytes = self.find(field).ok_or_else(|| self.corrupt(field))?;
        std::str::from_utf8(bytes).map_err(|_| self.corrupt(field))
    }

    /// What `read` makes of a field's text; corrupt when that is nothing.
    pub(super) fn read<T>(&self, field: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<T> {
        read(self.text(field)?).ok_or_else(|| self.corrupt(field))
    }

    pub(super) fn parsed<T: FromStr>(&self, field: &str) -> Result<T> {
        self.read(field, |text| text.parse().ok())
    }

    /// A list by spaces.
    pub(super) fn names<T: FromStr>(&self, field: &str) -> Result<Vec<T>> {
        self.read(field, parse_names)
    }
}

pub(super) fn parse_names<T: FromStr>(text: &str) -> Option<Vec<T>> {
    text.split_ascii_whitespace().map(|name| name.parse().ok()).collect()
}

/// A cursor is the id of its stream entry.
pub(super) fn parse_cursor(id: &str) -> Option<Cursor> {
    let (epoch, seq) = id.split_once('-')?;
    Some(Cursor { epoch: epoch.parse().ok()?, seq: seq.parse().ok()? })
}

pub(super) fn ticket(value: Value) -> Result<Ticket> {
    let mut row = Row::of("t", &TICKET, value)?;
    Ok(Ticket {
        id: row.name().parse().map_err(|_| row.corrupt("id"))?,
        state: row.read("state", TicketState::parse)?,
        version: row.parsed("ver")?,
        queued_ms: row.parsed("queued")?,
        expires_ms: row.parsed("expires")?,
        tries: row.parsed("tries")?,
        width: row.parsed("width")?,
        players: row.names("players")?,
        places: row.read("places", parse_places)?,
        holder: row.parsed("holder")?,
        trace: row.read("trace", unescape)?,
        match_id: match row.text("match")? {
            "" => None,
            _ => Some(row.parsed("match")?),
        },
        changed: row.read("changed", parse_cursor)?,
        reason: row.text("reason")?.to_owned(),
        party: row.bytes("party")?,
    })
}

/// Traces as tickets store them.
pub(super) fn traces(value: Value) -> Result<Vec<String>> {
    list(value)?.into_iter().map(trace).collect()
}

pub(super) fn trace(value: Value) -> Result<String> {
    let stored = text(value)?;
    unescape(&stored).ok_or_else(|| StoreError::Corrupt(format!("unexpected answer: trace {stored:.200}")))
}

pub(super) fn match_of(value: Value) -> Result<Match> {
    let mut row = Row::of("m", &MATCH, value)?;
    Ok(Match {
        id: row.name().parse().map_err(|_| row.corrupt("id"))?,
        state: row.read("state", MatchState::parse)?,
        tickets: row.names("tickets")?,
        host: row.parsed("host")?,
        address: row.text("address")?.to_owned(),
        acknowledged: row.names("acked")?,
        matched_ms: row.parsed("matched")?,
        assigned_ms: row.parsed("assigned")?,
        sheet: row.bytes("sheet")?,
    })
}

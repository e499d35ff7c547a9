use super::encode::unescape;
use super::link::Ask;
use super::row::{Row, list, parse_cursor, parse_names, text, ticket, unexpected};
use super::tickets::{read_snapshot, subject_args};
use super::{RedisStore, about};
use crate::bounds::{EVENTS_MAX, EVENTS_WAIT_MAX, WALK_STEP};
use crate::{Fence, Outbox, Snapshot, StoreError, Subject, Watched};
use ::redis::{Cmd, Value, cmd};
use async_trait::async_trait;
use domain::{Change, Cursor, Event, EventTicket, InstanceId, Match, MatchState};
use std::time::Duration;

type Result<T, E = StoreError> = std::result::Result<T, E>;

#[async_trait]
impl Outbox for RedisStore {
    async fn events(&self, after: Cursor, limit: usize, wait: Duration) -> Result<Vec<Event>> {
        // To Redis a count of 0 means no limit.
        if limit == 0 {
            return Ok(Vec::new());
        }
        let limit = limit.min(EVENTS_MAX);
        let key = self.key("outbox");
        // To Redis a wait of 0 ms means for ever.
        if wait < Duration::from_millis(1) {
            return events(self.read(Ask::News("events", read_command(&key, after, limit, None)), &key).await?);
        }
        let wait = wait.min(EVENTS_WAIT_MAX);
        let blocking = read_command(&key, after, limit, Some(wait));
        events(self.link.block(&blocking, wait).await.map_err(|error| about(&key, error))?)
    }

    async fn unreadable(&self, after: Cursor) -> Result<Option<Cursor>> {
        let key = self.key("outbox");
        let next = entries(self.read(Ask::News("events", read_command(&key, after, 1, None)), &key).await?)?.pop();
        let Some(next) = next else { return Ok(None) };
        let at = place(&next)?;
        Ok(event(next).is_err().then_some(at))
    }

    async fn trim(&self, fence: &Fence, upto: Cursor) -> Result<bool> {
        let mut call = self.scripts.trim.call();
        call.arg(&fence.0).arg(upto.epoch).arg(upto.seq);
        self.run_flag(call).await
    }

    async fn watch(&self, subject: &Subject, playserver: &InstanceId) -> Result<Snapshot> {
        let mut call = self.scripts.watch.call();
        let (kind, name) = subject_args(subject);
        call.arg(kind).arg(name).arg(playserver.as_str());
        read_snapshot(self.run(call).await?)
    }

    async fn unwatch(&self, subject: &Subject, playserver: &InstanceId) -> Result<()> {
        let mut call = self.scripts.unwatch.call();
        let (kind, name) = subject_args(subject);
        call.arg(kind).arg(name).arg(playserver.as_str());
        self.run_flag(call).await.map(drop)
    }

    async fn watched_on(&self, playserver: &InstanceId, place: u64) -> Result<Watched> {
        let mut call = self.scripts.watched_on.call();
        call.arg(playserver.as_str()).arg(place).arg(WALK_STEP);
        let mut reply = list(self.run(call).await?)?;
        if reply.is_empty() {
            return Err(unexpected(&Value::Nil));
        }
        let next = text(reply.remove(0))?;
        let next: u64 = next.parse().map_err(|_| StoreError::Corrupt(format!("unexpected answer: cursor {next}")))?;
        let tickets = self.passed_over.readable(Value::Array(reply), ticket)?;
        Ok(Watched { tickets, next: Some(next).filter(|next| *next > 0) })
    }
}

fn read_command(key: &str, after: Cursor, limit: usize, block: Option<Duration>) -> Cmd {
    let mut command = cmd("XREAD");
    command.arg("COUNT").arg(limit);
    if let Some(wait) = block {
        command.arg("BLOCK").arg(wait.as_millis() as u64);
    }
    command.arg("STREAMS").arg(key).arg(stream_id(after));
    command
}

/// As `parse_cursor` reads it.
fn stream_id(cursor: Cursor) -> String {
    format!("{}-{}", cursor.epoch, cursor.seq)
}

/// Reads `[[stream, [entry, ...]]]`, or nil when there is nothing.
fn entries(value: Value) -> Result<Vec<Value>> {
    let Some(stream) = list(value)?.pop() else { return Ok(Vec::new()) };
    let Some(entries) = list(stream)?.pop() else { return Err(unexpected(&Value::Nil)) };
    list(entries)
}

/// Those before the first that cannot be read; what is wrong with it where it comes first.
fn events(value: Value) -> Result<Vec<Event>> {
    let mut events = Vec::new();
    for entry in entries(value)? {
        match event(entry) {
            Ok(event) => events.push(event),
            Err(error) if events.is_empty() => return Err(error),
            Err(_) => break,
        }
    }
    Ok(events)
}

/// Where an entry stands, whatever else it holds.
fn place(entry: &Value) -> Result<Cursor> {
    let id = match entry {
        Value::Array(parts) => parts.first().cloned(),
        _ => None,
    };
    id.map(text).transpose()?.as_deref().and_then(parse_cursor).ok_or_else(|| unexpected(entry))
}

/// What an event's entry packs, in its order: [scripts/lib.lua](scripts/lib.lua) packs it in the same. From `match` on where it has one.
const EVENT: [&str; 13] = [
    "change", "at", "tickets", "watchers", "reason", "match", "state", "all", "host", "address", "sheet", "matched",
    "assigned",
];

fn event(value: Value) -> Result<Event> {
    let mut row = Row::of_packed("outbox", &EVENT, value)?;
    let no_cursor = || StoreError::Corrupt(format!("{} has no cursor", row.key()));
    let cursor = parse_cursor(row.name()).ok_or_else(no_cursor)?;
    Ok(Event {
        cursor,
        change: row.read("change", Change::parse)?,
        at_ms: row.parsed("at")?,
        watchers: row.names("watchers")?,
        reason: row.text("reason")?.to_owned(),
        matched: if row.has("match") { Some(event_match(&mut row)?) } else { None },
        tickets: row.read("tickets", parse_tickets)?,
    })
}

fn event_match(row: &mut Row) -> Result<Match> {
    Ok(Match {
        id: row.parsed("match")?,
        state: row.read("state", MatchState::parse)?,
        tickets: row.names("all")?,
        host: row.parsed("host")?,
        address: row.text("address")?.to_owned(),
        acknowledged: Vec::new(),
        matched_ms: row.parsed("matched")?,
        assigned_ms: row.parsed("assigned")?,
        sheet: row.bytes("sheet")?,
    })
}

/// Reads `id|trace|players`, by semicolons.
fn parse_tickets(text: &str) -> Option<Vec<EventTicket>> {
    let parse = |text: &str| {
        let mut parts = text.split('|');
        let (id, trace, players) = (parts.next()?, parts.next()?, parts.next()?);
        Some(EventTicket { id: id.parse().ok()?, players: parse_names(players)?, trace: unescape(trace)? })
    };
    text.split_terminator(';').map(parse).collect()
}

use super::RedisStore;
use super::encode::{escape, places_text};
use super::link::Ask;
use super::row::{Reply, list, match_of, ticket, unexpected};
use crate::bounds::{BATCH_MAX, Bounds, WALK_STEP, parties_bytes_max};
use crate::check::check_places;
use crate::{
    Arrived, Enqueue, EnqueueOutcome, Held, IndexedRange, Leave, LeaveOutcome, NOBODY, Snapshot, StoreError, Subject,
    Tickets,
};
use ::redis::{Value, cmd, from_redis_value};
use async_trait::async_trait;
use domain::{Cursor, InstanceId, Look, Placement, QueueName, Ticket, TicketId, TicketState};
use std::sync::Arc;

type Result<T, E = StoreError> = std::result::Result<T, E>;

#[async_trait]
impl Tickets for RedisStore {
    async fn enqueue(&self, ticket: Enqueue) -> Result<EnqueueOutcome> {
        check_places(ticket.id, &ticket.places)?;
        let players: Vec<&str> = ticket.players.iter().map(|player| player.as_str()).collect();
        let mut call = self.scripts.enqueue.call();
        call.arg(ticket.id.to_string()).arg(ticket.queued_ms).arg(ticket.expires_ms).arg(ticket.holder.as_str());
        call.arg(escape(&ticket.trace)).arg(players.join(" ")).arg(places_text(&ticket.places)).arg(&*ticket.party.0);
        call.arg(self.bounds.tickets_waiting_max).arg(self.bounds.events_untaken_max);
        enqueue_outcome(ticket, self.run_reply(call).await?)
    }

    async fn leave(&self, id: TicketId, how: Leave, reason: &str, now_ms: u64) -> Result<LeaveOutcome> {
        let mut call = self.scripts.leave.call();
        call.arg(id.to_string()).arg(TicketState::from(how).as_str()).arg(reason).arg(now_ms);
        call.arg(u8::from(how == Leave::Unwatched));
        let mut reply = self.run_reply(call).await?;
        match reply.status.as_str() {
            "LEFT" => Ok(LeaveOutcome::Left(ticket(reply.next())?)),
            "REFUSED" => Ok(LeaveOutcome::Refused(ticket(reply.next())?)),
            "NOT_FOUND" => Ok(LeaveOutcome::NotFound),
            _ => Err(reply.unknown()),
        }
    }

    async fn widen(&self, id: TicketId, width: u32, now_ms: u64) -> Result<bool> {
        let mut call = self.scripts.widen.call();
        call.arg(id.to_string()).arg(width).arg(now_ms);
        self.run_flag(call).await
    }

    async fn relocate(&self, id: TicketId, holder: &InstanceId, place: &Placement) -> Result<bool> {
        let place = std::slice::from_ref(place);
        check_places(id, place)?;
        let mut call = self.scripts.relocate.call();
        call.arg(id.to_string()).arg(holder.as_str()).arg(places_text(place));
        self.run_flag(call).await
    }

    async fn range(&self, look: &Look, limit: usize) -> Result<IndexedRange> {
        self.read_range(look, limit).await
    }

    async fn arrivals(&self, queue: &QueueName, limit: usize) -> Result<Vec<Arrived>> {
        self.read_arrivals(queue, limit).await
    }

    async fn snapshot(&self, subject: &Subject) -> Result<Snapshot> {
        let mut call = self.scripts.snapshot.call();
        let (kind, name) = subject_args(subject);
        call.arg(kind).arg(name);
        read_snapshot(self.run(call).await?)
    }

    async fn adopt(&self, holder: &InstanceId, alive: &[InstanceId], limit: usize) -> Result<Vec<Ticket>> {
        let limit = limit.min(BATCH_MAX);
        let mut call = self.scripts.adopt.call();
        call.arg(holder.as_str()).arg(limit).arg(parties_bytes_max(limit));
        for id in alive {
            call.arg(id.as_str());
        }
        // Asked again, it would not answer what it gave before.
        let rows = list(self.link.ask_once(Ask::Script(Arc::new(call))).await?)?;
        Ok(rows.into_iter().filter_map(adopted).collect())
    }

    async fn held(&self, holder: &InstanceId, place: u64) -> Result<Held> {
        let mut command = cmd("SSCAN");
        let key = self.key(&format!("h:{holder}"));
        command.arg(&key).arg(place).arg("COUNT").arg(WALK_STEP);
        let step = self.read(Ask::Command("held", command), &key).await?;
        let unreadable = |error| StoreError::Corrupt(format!("{key} cannot be read: {error}"));
        let (next, ids): (u64, Vec<String>) = from_redis_value(step).map_err(unreadable)?;
        // What is no ticket's id is no ticket.
        let tickets = ids.iter().filter_map(|id| id.parse().ok()).collect();
        Ok(Held { tickets, next: Some(next).filter(|next| *next > 0) })
    }

    async fn release(&self, holder: &InstanceId) -> Result<()> {
        if holder.as_str() == NOBODY {
            return Ok(());
        }
        for _ in 0..=self.bounds.tickets_waiting_max / BATCH_MAX as u64 {
            let mut call = self.scripts.release.call();
            call.arg(holder.as_str()).arg(BATCH_MAX);
            if !self.run_flag(call).await? {
                break;
            }
        }
        Ok(())
    }

    async fn expiring(&self, until_ms: u64, limit: usize) -> Result<Vec<Ticket>> {
        let limit = limit.min(BATCH_MAX);
        let mut call = self.scripts.expiring.call();
        call.arg(until_ms).arg(limit).arg(parties_bytes_max(limit));
        self.passed_over.readable(self.run(call).await?, ticket)
    }

    async fn waiting(&self) -> Result<u64> {
        let mut command = cmd("ZCARD");
        let key = self.key("deadlines");
        command.arg(&key);
        match self.read(Ask::Command("waiting", command), &key).await? {
            Value::Int(count) => Ok(count.unsigned_abs()),
            other => Err(unexpected(&other)),
        }
    }
}

/// None, and told, where it cannot be read: it was given with the others, and they are to be looked for.
fn adopted(row: Value) -> Option<Ticket> {
    ticket(row).inspect_err(|error| tracing::error!(%error, "a ticket that was adopted cannot be read")).ok()
}

fn enqueue_outcome(enqueue: Enqueue, mut reply: Reply) -> Result<EnqueueOutcome> {
    match reply.status.as_str() {
        "QUEUED" => {
            let changed = Cursor { epoch: reply.next_parsed()?, seq: reply.next_parsed()? };
            Ok(EnqueueOutcome::Queued(enqueue.queued(reply.next_parsed()?, changed)))
        }
        "REPEATED" => Ok(EnqueueOutcome::Repeated(ticket(reply.next())?)),
        "BUSY" => Ok(EnqueueOutcome::Busy { player: reply.next_parsed()?, ticket: reply.next_parsed()? }),
        "FULL" => match reply.next_parsed::<String>()?.as_str() {
            "tickets" => Ok(EnqueueOutcome::Full { bound: Bounds::TICKETS }),
            _ => Ok(EnqueueOutcome::Full { bound: Bounds::EVENTS }),
        },
        _ => Err(reply.unknown()),
    }
}

pub(super) fn subject_args(subject: &Subject) -> (&'static str, String) {
    match subject {
        Subject::Player(id) => ("p", id.to_string()),
        Subject::Ticket(id) => ("t", id.to_string()),
    }
}

pub(super) fn read_snapshot(value: Value) -> Result<Snapshot> {
    let mut rows = list(value)?.into_iter();
    let ticket = rows.next().map(ticket).transpose()?;
    Ok(Snapshot { ticket, matched: rows.next().map(match_of).transpose()? })
}

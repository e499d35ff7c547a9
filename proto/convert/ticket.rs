use super::party::decode_party;
use crate::v1;
use bytes::Bytes;
use domain::{Candidate, Cursor, Encoded, Invalid, Match, MatchState, Ticket, TicketId, TicketState, Traceparent};
use prost::Message;

/// A ticket id as the services write it to one another: 16 bytes, big-endian.
pub fn ticket_id_to_bytes(id: TicketId) -> Bytes {
    Bytes::copy_from_slice(&id.0.to_be_bytes())
}

pub fn ticket_id_from_bytes(field: &str, bytes: &Bytes) -> Result<TicketId, Invalid> {
    let wrong = || Invalid::new(field, format!("must have 16 bytes, has {}", bytes.len()));
    <[u8; 16]>::try_from(bytes.as_ref()).map(|bytes| TicketId(u128::from_be_bytes(bytes))).map_err(|_| wrong())
}

/// A match's sheet; the default one where the bytes are no sheet, so that a state is told even if its details are lost.
pub fn decode_sheet(sheet: &Encoded) -> v1::Sheet {
    v1::Sheet::decode(sheet.0.clone()).unwrap_or_default()
}

impl TryFrom<&v1::Candidate> for Candidate {
    type Error = Invalid;

    fn try_from(wire: &v1::Candidate) -> Result<Self, Invalid> {
        Ok(Self {
            id: ticket_id_from_bytes("ticket_id", &wire.ticket_id)?,
            version: wire.version,
            queued_ms: wire.queued_ms,
            tries: wire.tries,
            party: decode_party(&Encoded(wire.party.clone()))?,
        })
    }
}

impl From<TicketState> for v1::TicketState {
    fn from(state: TicketState) -> Self {
        match state {
            TicketState::Queued => Self::Queued,
            TicketState::Matched => Self::Matched,
            TicketState::Assigned => Self::Assigned,
            TicketState::Ended => Self::Ended,
            TicketState::Cancelled => Self::Cancelled,
            TicketState::Expired => Self::Expired,
        }
    }
}

impl From<MatchState> for v1::MatchState {
    fn from(state: MatchState) -> Self {
        match state {
            MatchState::Matched => Self::Matched,
            MatchState::Assigned => Self::Assigned,
            MatchState::Ended => Self::Ended,
            MatchState::Failed => Self::Failed,
        }
    }
}

impl From<Cursor> for v1::Cursor {
    fn from(cursor: Cursor) -> Self {
        Self { epoch: cursor.epoch, seq: cursor.seq }
    }
}

impl From<v1::Cursor> for Cursor {
    fn from(cursor: v1::Cursor) -> Self {
        Self { epoch: cursor.epoch, seq: cursor.seq }
    }
}

impl From<&Ticket> for v1::Ticket {
    fn from(ticket: &Ticket) -> Self {
        Self {
            id: ticket.id.to_string(),
            state: v1::TicketState::from(ticket.state).into(),
            queues: ticket.places.iter().map(|place| place.queue.to_string()).collect(),
            party: v1::Party::decode(ticket.party.0.clone()).ok(),
            queued_ms: ticket.queued_ms,
            expires_ms: ticket.expires_ms,
            tries: ticket.tries,
            width: ticket.width,
            match_id: ticket.match_id.map(|id| id.to_string()).unwrap_or_default(),
            reason: ticket.reason.clone(),
            changed: Some(ticket.changed.into()),
            trace_id: trace_id(&ticket.trace).to_owned(),
            version: ticket.version,
            is_traced: Traceparent::parse(&ticket.trace).is_some_and(|named| named.is_sampled()),
        }
    }
}

impl From<&Match> for v1::Match {
    fn from(matched: &Match) -> Self {
        Self {
            id: matched.id.to_string(),
            state: v1::MatchState::from(matched.state).into(),
            sheet: Some(decode_sheet(&matched.sheet)),
            host: matched.host.to_string(),
            address: matched.address.clone(),
            ticket_ids: matched.tickets.iter().map(TicketId::to_string).collect(),
            matched_ms: matched.matched_ms,
            assigned_ms: matched.assigned_ms,
        }
    }
}

/// The trace id in a W3C `traceparent`; empty where there is none.
pub fn trace_id(traceparent: &str) -> &str {
    Traceparent::parse(traceparent).map_or("", |named| named.trace_id)
}

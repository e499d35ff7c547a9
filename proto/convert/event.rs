use crate::v1;
use domain::{Change, Event, EventTicket, Match, Ticket, TicketState};

impl From<Change> for v1::Change {
    fn from(change: Change) -> Self {
        match change {
            Change::Queued => Self::Queued,
            Change::Widened => Self::Widened,
            Change::Matched => Self::Matched,
            Change::Assigned => Self::Assigned,
            Change::Requeued => Self::Requeued,
            Change::Ended => Self::Ended,
            Change::Cancelled => Self::Cancelled,
            Change::Expired => Self::Expired,
            Change::NoShow => Self::NoShow,
        }
    }
}

impl From<v1::Change> for v1::TicketState {
    fn from(change: v1::Change) -> Self {
        match change {
            v1::Change::Unspecified => Self::Unspecified,
            v1::Change::Queued | v1::Change::Widened | v1::Change::Requeued => Self::Queued,
            v1::Change::Matched => Self::Matched,
            v1::Change::Assigned => Self::Assigned,
            v1::Change::Ended => Self::Ended,
            v1::Change::Cancelled | v1::Change::NoShow => Self::Cancelled,
            v1::Change::Expired => Self::Expired,
        }
    }
}

impl From<&EventTicket> for v1::EventTicket {
    fn from(ticket: &EventTicket) -> Self {
        let player_ids = ticket.players.iter().map(ToString::to_string).collect();
        Self { id: ticket.id.to_string(), player_ids, traceparent: ticket.trace.clone() }
    }
}

impl From<&Event> for v1::Event {
    fn from(event: &Event) -> Self {
        Self {
            cursor: Some(event.cursor.into()),
            change: v1::Change::from(event.change).into(),
            at_ms: event.at_ms,
            tickets: event.tickets.iter().map(v1::EventTicket::from).collect(),
            r#match: event.matched.as_ref().map(v1::Match::from),
            reason: event.reason.clone(),
        }
    }
}

impl v1::Update {
    /// What an event tells the watchers of one of its tickets.
    pub fn of_event(event: &v1::Event, ticket: &v1::EventTicket) -> Self {
        Self {
            cursor: event.cursor,
            snapshot: false,
            change: event.change,
            ticket_id: ticket.id.clone(),
            state: v1::TicketState::from(event.change()).into(),
            player_ids: ticket.player_ids.clone(),
            at_ms: event.at_ms,
            r#match: event.r#match.clone(),
            reason: event.reason.clone(),
        }
    }

    /// The present state of a ticket and its match.
    pub fn of_snapshot(ticket: &Ticket, matched: Option<&Match>) -> Self {
        Self {
            cursor: Some(ticket.changed.into()),
            snapshot: true,
            change: change_into(ticket).into(),
            ticket_id: ticket.id.to_string(),
            state: v1::TicketState::from(ticket.state).into(),
            player_ids: ticket.players.iter().map(ToString::to_string).collect(),
            at_ms: 0,
            r#match: matched.map(v1::Match::from),
            reason: reason_of(ticket),
        }
    }
}

/// As the change's own event says it: of a wider look, the width.
fn reason_of(ticket: &Ticket) -> String {
    match change_into(ticket) {
        v1::Change::Widened => ticket.width.to_string(),
        _ => ticket.reason.clone(),
    }
}

/// The change that led to a ticket's present state.
fn change_into(ticket: &Ticket) -> v1::Change {
    match ticket.state {
        TicketState::Queued if ticket.width > 0 => v1::Change::Widened,
        TicketState::Queued if ticket.version > 1 => v1::Change::Requeued,
        TicketState::Queued => v1::Change::Queued,
        TicketState::Matched => v1::Change::Matched,
        TicketState::Assigned => v1::Change::Assigned,
        TicketState::Ended => v1::Change::Ended,
        TicketState::Cancelled => v1::Change::Cancelled,
        TicketState::Expired => v1::Change::Expired,
    }
}

use crate::{InstanceId, Match, PlayerId, TicketId, TicketState};

/// A place in the history of a realm. Sequence numbers grow by one within an epoch; a new epoch begins whenever history
/// may have forked (a new mover, a restored store), so a number used twice is never mistaken for one already seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Cursor {
    pub epoch: u64,
    pub seq: u64,
}

/// What happened to a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    Queued,
    /// It is looked for in a wider range.
    Widened,
    Matched,
    Assigned,
    /// Its match failed before it started, or others of it did not show; it is in the queue again with its age.
    Requeued,
    Ended,
    Cancelled,
    Expired,
    /// Somebody of it did not acknowledge its match in time, so it left for good.
    NoShow,
}

impl Change {
    pub const ALL: [Self; 9] = [
        Self::Queued,
        Self::Widened,
        Self::Matched,
        Self::Assigned,
        Self::Requeued,
        Self::Ended,
        Self::Cancelled,
        Self::Expired,
        Self::NoShow,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Widened => "WIDENED",
            Self::Matched => "MATCHED",
            Self::Assigned => "ASSIGNED",
            Self::Requeued => "REQUEUED",
            Self::Ended => "ENDED",
            Self::Cancelled => "CANCELLED",
            Self::Expired => "EXPIRED",
            Self::NoShow => "NO_SHOW",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|change| change.as_str() == text)
    }

    /// The state a ticket is in right after this happened to it.
    pub fn leads_to(self) -> TicketState {
        match self {
            Self::Queued | Self::Widened | Self::Requeued => TicketState::Queued,
            Self::Matched => TicketState::Matched,
            Self::Assigned => TicketState::Assigned,
            Self::Ended => TicketState::Ended,
            Self::Cancelled | Self::NoShow => TicketState::Cancelled,
            Self::Expired => TicketState::Expired,
        }
    }
}

/// One change, appended to the realm's outbox in the same step that made it.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub cursor: Cursor,
    pub change: Change,
    /// When it happened, in ms since the Unix epoch.
    pub at_ms: u64,
    /// One for a party's own change; of a match those whom the change concerns, mostly all of them.
    pub tickets: Vec<EventTicket>,
    /// The match, for MATCHED, ASSIGNED, ENDED, REQUEUED and NO_SHOW; its `acknowledged` is left empty.
    pub matched: Option<Match>,
    /// Playservers on which one of its players or tickets was watched when it happened.
    pub watchers: Vec<InstanceId>,
    /// Why, for CANCELLED, EXPIRED, REQUEUED, ENDED and NO_SHOW; the new width for WIDENED; else empty.
    pub reason: String,
}

/// A ticket that an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventTicket {
    pub id: TicketId,
    pub players: Vec<PlayerId>,
    /// W3C `traceparent` of the ticket's trace; empty when it has none.
    pub trace: String,
}

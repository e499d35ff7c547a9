use crate::{Cursor, InstanceId, MatchId, Party, Placement, PlayerId, TicketId};
use bytes::Bytes;

/// A payload in the wire contract's encoding. Opaque to the domain and to the store, which keep, compare and hand it on byte
/// for byte: what was re-checked is what was stored.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Encoded(pub Bytes);

impl std::fmt::Debug for Encoded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Encoded({} bytes)", self.0.len())
    }
}

/// Where a ticket stands in its life: QUEUED → MATCHED → ASSIGNED → ENDED, or CANCELLED, or EXPIRED. A match that fails
/// before it starts puts its tickets back to QUEUED, under a new version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TicketState {
    Queued,
    Matched,
    Assigned,
    Ended,
    Cancelled,
    Expired,
}

impl TicketState {
    pub const ALL: [Self; 6] =
        [Self::Queued, Self::Matched, Self::Assigned, Self::Ended, Self::Cancelled, Self::Expired];

    /// Its name in the contract, the store and every message.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Matched => "MATCHED",
            Self::Assigned => "ASSIGNED",
            Self::Ended => "ENDED",
            Self::Cancelled => "CANCELLED",
            Self::Expired => "EXPIRED",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether its players are taken: a player is in at most one live ticket.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Queued | Self::Matched | Self::Assigned)
    }

    /// Whether its players have a match that is not over. If that fails, the ticket may come back to its queues.
    pub fn is_in_match(self) -> bool {
        matches!(self, Self::Matched | Self::Assigned)
    }
}

/// A ticket as the store keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct Ticket {
    pub id: TicketId,
    /// Grows by one each time the ticket comes (back) into its queues.
    pub version: u64,
    pub state: TicketState,
    /// When the party began to wait, in ms since the Unix epoch; kept when a failed match returns the ticket.
    pub queued_ms: u64,
    /// When it expires if nothing came of it, in ms since the Unix epoch.
    pub expires_ms: u64,
    /// Times its players had queued before without a match that started: the highest of the party.
    pub tries: u32,
    /// How wide it is being looked for: 0 at first, growing as it waits.
    pub width: u32,
    pub players: Vec<PlayerId>,
    pub places: Vec<Placement>,
    /// The encoded [`Party`].
    pub party: Encoded,
    /// The orchestrator or sweeper that looks for it.
    pub holder: InstanceId,
    /// W3C `traceparent` of the ticket's trace; empty when it has none.
    pub trace: String,
    /// Its match, from MATCHED on.
    pub match_id: Option<MatchId>,
    /// The last change that happened to it.
    pub changed: Cursor,
    /// Why it was cancelled, expired or ended; empty where there is nothing to say.
    pub reason: String,
}

/// A ticket as a search sees it: all that the rules may ask about, and nothing else.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    pub id: TicketId,
    pub version: u64,
    /// When the party began to wait, in ms since the Unix epoch.
    pub queued_ms: u64,
    pub tries: u32,
    pub party: Party,
}

impl Candidate {
    /// How long it has waited, in ms; 0 where clocks disagree.
    pub fn age_ms(&self, now_ms: u64) -> u64 {
        now_ms.saturating_sub(self.queued_ms)
    }
}

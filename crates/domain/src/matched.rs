use crate::{Encoded, InstanceId, MatchId, PlayerId, TicketId};

/// Where a match stands: MATCHED → ASSIGNED → ENDED, or FAILED when it never started or not all of its players showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MatchState {
    Matched,
    Assigned,
    Ended,
    Failed,
}

impl MatchState {
    pub const ALL: [Self; 4] = [Self::Matched, Self::Assigned, Self::Ended, Self::Failed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Matched => "MATCHED",
            Self::Assigned => "ASSIGNED",
            Self::Ended => "ENDED",
            Self::Failed => "FAILED",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// A committed proposal as the store keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    pub id: MatchId,
    pub state: MatchState,
    pub tickets: Vec<TicketId>,
    /// The playserver that hosts it.
    pub host: InstanceId,
    /// Where it is played: the host's address, empty until ASSIGNED.
    pub address: String,
    /// The encoded sheet: queue, teams, region, cost. One content for everyone who is told.
    pub sheet: Encoded,
    /// Players who confirmed that they know.
    pub acknowledged: Vec<PlayerId>,
    /// When it was committed, in ms since the Unix epoch.
    pub matched_ms: u64,
    /// When it got its place to be played, in ms since the Unix epoch; 0 before.
    pub assigned_ms: u64,
}

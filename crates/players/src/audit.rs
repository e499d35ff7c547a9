//! What must always hold, as far as players can see it: a pure function over what they were told.
//!
//! Clocks of different watches are not compared where a slow one could make a fault of nothing: a match is live from when its
//! first player heard of it until the first of its players was done with it, which lies inside its true life.

mod matches;
mod tickets;

use super::record::TicketRecord;
use std::fmt;

/// A broken promise, and the player it was broken to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Broken {
    pub which: Which,
    pub player: String,
    pub detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Which {
    /// An acknowledged ticket ends in exactly one terminal state.
    OneOutcome,
    /// A ticket is in one match at a time.
    OneMatchPerTicket,
    /// A player is never in two live matches.
    OneLiveMatch,
    /// Everyone in a match is told the same.
    SameContent,
    /// Everyone in a match is told.
    EveryoneTold,
    /// A party stays together.
    WholeTickets,
    /// An acknowledged cancel is never matched afterwards.
    CancelHolds,
    /// History goes forward.
    CursorGrows,
    /// A watch tells of what it was opened for.
    RightTicket,
}

impl Which {
    pub fn name(self) -> &'static str {
        match self {
            Self::OneOutcome => "one-outcome",
            Self::OneMatchPerTicket => "one-match-per-ticket",
            Self::OneLiveMatch => "one-live-match",
            Self::SameContent => "same-content",
            Self::EveryoneTold => "everyone-told",
            Self::WholeTickets => "whole-tickets",
            Self::CancelHolds => "cancel-holds",
            Self::CursorGrows => "cursor-grows",
            Self::RightTicket => "right-ticket",
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: player {} {}", self.which.name(), self.player, self.detail)
    }
}

fn broken(which: Which, player: &str, detail: String) -> Broken {
    Broken { which, player: player.to_owned(), detail }
}

/// Every promise that these records show broken, in a fixed order.
pub fn audit(records: &[TicketRecord]) -> Vec<Broken> {
    let mut found = tickets::audit(records);
    found.extend(matches::audit(records));
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests;

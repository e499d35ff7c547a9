//! What players were told, kept for the report and the audit. Memory goes by the rows of the trace: a match's content is
//! kept once however many were told it, and one player records a bounded number of updates.

use api::v1::{self, Change, TicketState};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Widenings recorded of one player's wait. They matter only for the order of cursors.
const WIDENINGS_MAX: usize = 16;
/// Updates recorded of one player's wait; a system that tells more than this of one ticket has gone astray.
pub const UPDATES_MAX: usize = 256;

/// (epoch, seq): compares as the contract says.
pub type Point = (u64, u64);

pub fn point(cursor: Option<v1::Cursor>) -> Point {
    cursor.map_or((0, 0), |cursor| (cursor.epoch, cursor.seq))
}

/// A match as someone was told it: what must be the same for all.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    pub match_id: String,
    pub ticket_ids: Vec<String>,
    pub sheet: v1::Sheet,
}

/// One update, as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    /// After the replay's start, in microseconds.
    pub at_us: u64,
    pub cursor: Point,
    /// The first after a (re)connect: what happened before it may have been missed.
    pub snapshot: bool,
    pub change: Change,
    pub state: TicketState,
    pub told: Option<Arc<Told>>,
}

/// One player's side of a ticket.
#[derive(Debug, Clone, Default)]
pub struct Member {
    pub player: Arc<str>,
    pub seen: Vec<Seen>,
    /// Updates that said again what was known; allowed, and counted.
    pub repeated: u32,
    /// Updates about another ticket than the one that was asked for.
    pub astray: u32,
    /// Times the watch was opened.
    pub opened: u32,
    /// Times an open watch broke.
    pub broken: u32,
    /// How long it took each time until a watch stood again.
    pub mended: Vec<Duration>,
    /// Why he stopped watching before his ticket was over.
    pub lost: Option<Lost>,
    /// When he told that the match was over, before he said so; and of which match.
    pub ended: Option<(u64, Arc<Told>)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// The system could not be reached, or answered with an error that lasts.
    Failed(String),
    /// The system could be reached, and told of no outcome while one was due.
    Untold,
    /// The system does not know the ticket that it acknowledged.
    Forgotten,
    /// The replay itself was stopped.
    Stopped,
    /// He went away without a word, as planned.
    Vanished,
}

/// One acknowledged ticket.
#[derive(Debug, Clone, Default)]
pub struct TicketRecord {
    pub ticket_id: String,
    /// When Enqueue was sent and when it was answered, in microseconds after the replay's start.
    pub sent_us: u64,
    pub answered_us: u64,
    pub members: Vec<Member>,
    /// The cancel that was acknowledged.
    pub cancelled: Option<Point>,
    /// The replay had it cancelled because it was over, not because the party changed its mind.
    pub given_up: bool,
    /// The system said later that it knows of no such ticket.
    pub forgotten: bool,
    /// What GetTicket said after the replay, for those that were asked: state, last change, match.
    pub last_look: Option<(TicketState, Point, String)>,
}

/// What one update was to its reader.
#[derive(Debug, PartialEq, Eq)]
pub enum News {
    Change,
    Nothing,
    /// More than anyone records.
    TooMuch,
}

impl Member {
    pub fn new(player: Arc<str>) -> Self {
        Self { player, ..Default::default() }
    }

    /// Keeps an update about `ticket_id`.
    pub fn note(&mut self, ticket_id: &str, seen: Seen, about: &str) -> News {
        if about != ticket_id {
            self.astray += 1;
            return News::Nothing;
        }
        if self.seen.last().is_some_and(|last| last.says_the_same(&seen)) {
            self.repeated += 1;
            return News::Nothing;
        }
        if seen.change == Change::Widened && self.seen.len() >= WIDENINGS_MAX {
            return News::Nothing;
        }
        if self.seen.len() >= UPDATES_MAX {
            return News::TooMuch;
        }
        self.seen.push(seen);
        News::Change
    }

    /// The match he was in at last, and when he first heard of it. A match that failed and put him back is none.
    pub fn last_match(&self) -> Option<(u64, &Arc<Told>)> {
        let last = self.seen.iter().rev().find(|seen| !is_over(seen.state) || seen.told.is_some())?;
        let told = last.told.as_ref().filter(|_| last.change != Change::Requeued)?;
        let in_it = |seen: &&Seen| seen.told.as_ref().is_some_and(|other| other.match_id == told.match_id);
        self.seen.iter().find(in_it).map(|first| (first.at_us, told))
    }

    /// How it ended for him.
    pub fn outcome(&self) -> Option<TicketState> {
        self.seen.iter().map(|seen| seen.state).find(|state| is_over(*state))
    }
}

impl Seen {
    fn says_the_same(&self, other: &Seen) -> bool {
        let ids = |seen: &Seen| seen.told.as_ref().map(|told| told.match_id.clone());
        self.cursor == other.cursor && self.state == other.state && ids(self) == ids(other)
    }
}

pub fn is_over(state: TicketState) -> bool {
    matches!(state, TicketState::Ended | TicketState::Cancelled | TicketState::Expired)
}

/// Keeps each match's content once. Content that differs from the first is kept beside it, for the audit to find.
#[derive(Default)]
pub struct Sheets(Mutex<HashMap<String, Arc<Told>>>);

impl Sheets {
    pub fn keep(&self, told: &v1::Match) -> Arc<Told> {
        let told = Told {
            match_id: told.id.clone(),
            ticket_ids: told.ticket_ids.clone(),
            sheet: told.sheet.clone().unwrap_or_default(),
        };
        let mut kept = self.0.lock();
        match kept.get(&told.match_id) {
            Some(first) if **first == told => first.clone(),
            Some(_) => Arc::new(told),
            None => {
                let told = Arc::new(told);
                kept.insert(told.match_id.clone(), told.clone());
                told
            }
        }
    }
}

//! The pure search: a range in, proposals out.

mod budget;
mod duel;
mod field;
mod lane;
mod line;
mod matching;
mod optimum;
mod squad;
mod tally;
mod worth;

pub use budget::Budget;

use crate::{Candidate, Outlook, Rules, TicketId};
use field::Field;
use tally::Tally;

/// The tickets that one search may use.
#[derive(Debug, Clone)]
pub struct Range {
    pub sought: Sought,
    pub candidates: Vec<Candidate>,
    /// What waiting on is worth to them.
    pub outlook: Outlook,
}

/// What a range is searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sought {
    /// A match with this ticket in it: an *anchored* range.
    Anchor(TicketId),
    /// Any number of matches: a *window*. Of teams, each is looked for around one of these tickets, and all others only fill seats; where
    /// none is named, around every ticket.
    Window(Vec<TicketId>),
}

impl Sought {
    /// Around the anchor, if there is one; else around every ticket.
    pub fn around(anchor: Option<TicketId>) -> Self {
        anchor.map_or(Self::Window(Vec::new()), Self::Anchor)
    }
}

impl Range {
    /// The ticket that must be in the match, if one must.
    pub fn anchor(&self) -> Option<TicketId> {
        match self.sought {
            Sought::Anchor(anchor) => Some(anchor),
            Sought::Window(_) => None,
        }
    }
}

/// Tickets assigned to teams: indices into [`Range::candidates`].
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    pub teams: Vec<Vec<usize>>,
    /// What it costs its players, in seconds of waiting.
    pub cost_s: f64,
    /// The region in which it would be played; empty when the queue knows none.
    pub region: String,
}

/// How many candidates one rule kept from matching. In an anchored search those are the tickets that could not play with the
/// anchor; in a window, the tickets that stay, each by the rule that its best partner failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// `rating_gap_limit`, `rating_range_limit`, `rtt_limit`, `equal`, `twice`, `team_sizes`, `team_fill`, `patience` or `budget`.
    pub rule: &'static str,
    pub count: u32,
}

/// What came of a search.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// Disjoint: no ticket and no player stands in two of them.
    pub proposals: Vec<Proposal>,
    /// Why others did not match, by rule.
    pub rejections: Vec<Rejection>,
    /// Cost in seconds of the best match that was possible but not worth making.
    pub nearest_miss_s: Option<f64>,
    /// Tickets that stay, and when waiting alone makes a match with them worth making; by index.
    pub ripening: Vec<Ripening>,
}

/// When a match with a ticket is worth making that is too dear now, if all in it wait on and nobody else comes. A hint of when to look
/// again: patience may begin to grow later than this takes it to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ripening {
    /// Index into [`Range::candidates`].
    pub ticket: usize,
    /// From the time of the search on, in ms.
    pub in_ms: u64,
}

/// Finds matches worth making among the candidates. The same range, rules, `now_ms` and `seed` give the same outcome, in
/// whatever order the candidates stand.
///
/// Work is bounded in counted steps. Ties go to the ticket that waits longest, then to the lower id; ids being hashes, that
/// is as fair as any draw, so the seed decides nothing yet.
pub fn search(range: &Range, rules: &Rules, now_ms: u64, seed: u64) -> Outcome {
    search_within(Budget::default(), range, rules, now_ms, seed)
}

/// [`search`] on another budget: a larger one never makes matches that save less.
pub fn search_within(budget: Budget, range: &Range, rules: &Rules, now_ms: u64, _seed: u64) -> Outcome {
    let asked = Asked { range, rules, now_ms, budget };
    let mut tally = Tally::default();
    let proposals = match &range.sought {
        Sought::Anchor(anchor) => anchored(asked, *anchor, &mut tally).into_iter().collect(),
        Sought::Window(due) => window(asked, due, &mut tally),
    };
    tally.into_outcome(proposals, rules)
}

/// What is asked of a search.
#[derive(Clone, Copy)]
struct Asked<'a> {
    range: &'a Range,
    rules: &'a Rules,
    now_ms: u64,
    budget: Budget,
}

fn anchored(asked: Asked<'_>, anchor: TicketId, tally: &mut Tally) -> Option<Proposal> {
    let (field, anchor) = Field::around(asked, anchor, tally)?;
    let team =
        if asked.rules.is_duel() { duel::partner(&field, anchor, tally) } else { squad::around(&field, anchor, tally) };
    team.map(|found| found.into_proposal(&field))
}

fn window(asked: Asked<'_>, due: &[TicketId], tally: &mut Tally) -> Vec<Proposal> {
    let fields = Field::pools(asked, tally);
    let solve = |field: &Field<'_>| {
        let found = if asked.rules.is_duel() { duel::pairs(field, tally) } else { squad::all(field, due, tally) };
        found.into_iter().map(|found| found.into_proposal(field)).collect::<Vec<_>>()
    };
    fields.iter().flat_map(solve).collect()
}

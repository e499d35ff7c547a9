//! The pure search: a range in, proposals out.

use crate::{Candidate, Rules, TicketId};

/// The tickets that one search may use.
#[derive(Debug, Clone)]
pub struct Range {
    /// The ticket that must be in the match (an *anchored* range); none for a *window*, out of which any number may come.
    pub anchor: Option<TicketId>,
    pub candidates: Vec<Candidate>,
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

/// How many candidates one rule kept from matching.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    pub rule: &'static str,
    pub count: u32,
}

/// What came of a search.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// Disjoint: no ticket stands in two of them.
    pub proposals: Vec<Proposal>,
    /// Why others did not match, by rule.
    pub rejections: Vec<Rejection>,
    /// Cost in seconds of the best match that was possible but not worth making.
    pub nearest_miss_s: Option<f64>,
}

/// Finds matches worth making among the candidates. The same range, rules, `now_ms` and `seed` give the same outcome.
pub fn search(_range: &Range, _rules: &Rules, _now_ms: u64, _seed: u64) -> Outcome {
    todo!()
}

//! Why a ticket waits, found by the search that would match it: asked again of rules relaxed by one number, and of a later time.

mod later;
mod miss;
mod remedies;

use crate::rules::{Breach, Verdict};
use crate::{Candidate, Range, Rejection, Rules, TicketId, search};
use later::matches_at_age_ms;

/// Why a ticket is still waiting.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// How long it has waited, in ms.
    pub age_ms: u64,
    /// Other tickets seen around it.
    pub seen: u32,
    /// What kept them from matching with it, by rule.
    pub rejections: Vec<Rejection>,
    /// The most that a match may cost it now, in seconds of waiting; infinite when it takes any that the limits allow.
    pub patience_s: f64,
    /// The best match with it that the limits allow, were it worth making.
    pub nearest_miss: Option<Miss>,
    /// For each rule, what would have to change for a match now, all other rules standing.
    pub remedies: Vec<Remedy>,
    /// Age in ms at which the present rules make a match of the tickets now seen; none if they never do.
    pub matches_at_age_ms: Option<u64>,
}

/// A match that was possible but not worth making; of teams now and then one that was, overlooked by a search that cannot try
/// everything.
#[derive(Debug, Clone, PartialEq)]
pub struct Miss {
    /// Everyone in it, team by team.
    pub teams: Vec<Vec<TicketId>>,
    /// Empty when the queue knows no regions.
    pub region: String,
    /// What it costs its players, in seconds of waiting.
    pub cost_s: f64,
    /// What they would have given for it: the mean of their patience, in seconds.
    pub patience_s: f64,
    /// The parts of the cost by price, in seconds; those that are 0 are left out.
    pub costs: Vec<(&'static str, f64)>,
}

/// One rule's change that would match the ticket now.
#[derive(Debug, Clone, PartialEq)]
pub struct Remedy {
    /// The key of the rules file: `limit.rating_gap`, `price.rtt`, `patience`. Or `block_lists`, which no rules file holds: 1
    /// while they are kept, 0 were they not.
    pub key: String,
    /// Its value now, at the age of the oldest ticket, in the key's unit.
    pub is: f64,
    /// The nearest value that would do.
    pub needed: f64,
}

/// Why the range's anchor is not matched at `now_ms`, as far as the range tells; none when the range has no anchor, or does not
/// hold it.
///
/// Everything is answered by [`search`] itself, so it holds for the matches that are really made. Searches are counted: their
/// number is bounded, as the work of each is.
pub fn explain(range: &Range, rules: &Rules, now_ms: u64) -> Option<Explanation> {
    let anchor = range.candidates.iter().find(|candidate| Some(candidate.id) == range.anchor())?;
    let outcome = search(range, rules, now_ms, 0);
    let age_ms = anchor.age_ms(now_ms);
    let explanation = Explanation {
        age_ms,
        seen: range.candidates.iter().filter(|candidate| candidate.id != anchor.id).count() as u32,
        rejections: outcome.rejections,
        patience_s: rules.patience_s(anchor, &range.outlook, now_ms),
        nearest_miss: None,
        remedies: Vec::new(),
        matches_at_age_ms: Some(age_ms),
    };
    if !outcome.proposals.is_empty() {
        return Some(explanation);
    }
    let nearest_miss = miss::nearest(range, rules, now_ms);
    Some(Explanation {
        remedies: remedies::all(range, rules, now_ms, nearest_miss.as_ref()),
        matches_at_age_ms: matches_at_age_ms(anchor, range, rules, now_ms),
        nearest_miss,
        ..explanation
    })
}

/// The teams of the match that the search makes around the anchor, if it makes one.
fn matched(range: &Range, rules: &Rules, now_ms: u64) -> Option<Vec<Vec<Candidate>>> {
    let proposal = search(range, rules, now_ms, 0).proposals.into_iter().next()?;
    let team = |team: &Vec<usize>| team.iter().map(|at| range.candidates[*at].clone()).collect();
    Some(proposal.teams.iter().map(team).collect())
}

fn judged(teams: &[Vec<Candidate>], range: &Range, rules: &Rules, now_ms: u64) -> Result<Verdict, Breach> {
    rules.judge_candidates(teams, &range.outlook, now_ms)
}

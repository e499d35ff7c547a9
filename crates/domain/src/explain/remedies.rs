//! For each number of the rules: the nearest value that would match the anchor now, all others standing.

use super::{Miss, Remedy, judged, matched};
use crate::rules::{Lever, first_that};
use crate::{Candidate, Outlook, Prospect, Range, Rules};

/// How often a value halfway nearer to the present one is tried: within a hundredth of the way is near enough.
const NEARER_MAX: usize = 7;
/// How far beyond its reckoned value a number is tried, in parts of the way there: rounding first, then what a search that cannot
/// try everything needs to find such a match again.
const BEYOND: [f64; 4] = [0.0, 1e-9, 0.01, 0.1];

pub(super) fn all(range: &Range, rules: &Rules, now_ms: u64, miss: Option<&Miss>) -> Vec<Remedy> {
    let bench = Bench { range, rules, now_ms };
    let levers = rules.levers().into_iter().chain(rules.free_levers()).chain([Lever::block_lists()]);
    let numbers = levers.filter_map(|lever| bench.nearest(lever));
    numbers.chain(miss.and_then(|miss| bench.patience(miss))).collect()
}

/// Where changed rules are tried.
struct Bench<'a> {
    range: &'a Range,
    rules: &'a Rules,
    now_ms: u64,
}

/// What a number is for a match, and what it would have to be.
#[derive(Debug, Clone, Copy)]
struct Need {
    is: f64,
    needed: f64,
}

impl Bench<'_> {
    /// From the match that is made without the number at all, as near to its present value as some match still comes about.
    fn nearest(&self, lever: Lever) -> Option<Remedy> {
        let mut best = self.need(&lever, &self.matched(&lever, lever.end())?);
        let mut near = best.is;
        for _ in 0..NEARER_MAX {
            let middle = lever.rounded(near.midpoint(best.needed));
            if !middle.is_finite() || middle == best.needed {
                break;
            }
            match self.matched(&lever, middle) {
                Some(teams) => {
                    let nearer = self.need(&lever, &teams);
                    let is_nearer = is_between(nearer.needed, near, middle);
                    best = if is_nearer { nearer } else { Need { is: nearer.is, needed: middle } };
                }
                None => near = middle,
            }
        }
        Some(Remedy { key: lever.key, is: best.is, needed: best.needed })
    }

    /// What these teams need of the number: as reckoned, or somewhat more if the search does not make a match of exactly that.
    fn need(&self, lever: &Lever, teams: &[Vec<Candidate>]) -> Need {
        let is = self.rules.value(lever, self.age_ms(teams));
        let beyond = |needed: f64| {
            let way = if is.is_finite() { needed - is } else { 0.0 };
            BEYOND.into_iter().map(move |part| lever.rounded((needed + way * part).max(0.0)))
        };
        let makes_a_match = |value: &f64| self.matched(lever, *value).is_some();
        let needed = self.reckoned(lever, teams, is).into_iter().flat_map(beyond).find(makes_a_match);
        Need { is, needed: needed.unwrap_or(lever.end()) }
    }

    /// A limit must be what it measures of them. A cost is a sum of prices times amounts: a price must fall so far that its part of the
    /// cost shrinks by what the whole is too dear. What is free is tried, for round trips cost something only from there on.
    fn reckoned(&self, lever: &Lever, teams: &[Vec<Candidate>], is: f64) -> Option<f64> {
        match judged(teams, self.range, self.rules, self.now_ms) {
            Err(breach) if breach.bound.is_finite() => Some(breach.is),
            // What holds until an age must have ended by theirs.
            Err(_) => Some(self.age_ms(teams) as f64 / 1000.0),
            Ok(_) if lever.is_free() => Some(self.least_free(lever, teams, is)),
            Ok(verdict) => {
                let too_dear_s = verdict.cost_s - verdict.patience_s();
                let part_s = self.rules.cost_parts_s(&verdict).into_iter().find(|(key, _)| *key == lever.key)?.1;
                (0.0..=part_s).contains(&too_dear_s).then(|| is * (1.0 - too_dear_s / part_s))
            }
        }
    }

    /// The first whole number at which they are worth a match; the last where they never are.
    fn least_free(&self, lever: &Lever, teams: &[Vec<Candidate>], is: f64) -> f64 {
        let at = |more: u64| is.ceil() + more as f64;
        let pays = |more: u64| {
            let judged = judged(teams, self.range, &self.rules.with(lever, at(more)), self.now_ms);
            judged.is_ok_and(|verdict| verdict.is_worth_making())
        };
        at(first_that((lever.end() - is) as u64, pays))
    }

    fn matched(&self, lever: &Lever, value: f64) -> Option<Vec<Vec<Candidate>>> {
        matched(self.range, &self.rules.with(lever, value), self.now_ms)
    }

    /// Of the oldest of them.
    fn age_ms(&self, teams: &[Vec<Candidate>]) -> u64 {
        teams.iter().flatten().map(|candidate| candidate.age_ms(self.now_ms)).max().unwrap_or(0)
    }

    /// The mean patience for which the nearest miss would be made.
    fn patience(&self, miss: &Miss) -> Option<Remedy> {
        let lacking_s = miss.cost_s - miss.patience_s;
        let makes_a_match = |more_s: &f64| {
            let range = Range { outlook: worth_more(&self.range.outlook, *more_s), ..self.range.clone() };
            matched(&range, &self.rules.with_more_patience(*more_s), self.now_ms).is_some()
        };
        let more_s = BEYOND.iter().map(|part| lacking_s * (1.0 + part)).find(makes_a_match)?;
        Some(Remedy { key: "patience".into(), is: miss.patience_s, needed: miss.patience_s + more_s })
    }
}

/// An outlook in which waiting on is worth so many seconds more to everyone.
fn worth_more(outlook: &Outlook, more_s: f64) -> Outlook {
    let of_one = |prospect: &Prospect| {
        let worth_s = prospect.worth_s.iter().map(|(rating, worth_s)| (*rating, worth_s + more_s)).collect();
        Prospect { worth_s, ..prospect.clone() }
    };
    Outlook { prospects: outlook.prospects.iter().map(of_one).collect() }
}

fn is_between(value: f64, one: f64, other: f64) -> bool {
    (one.min(other)..=one.max(other)).contains(&value)
}

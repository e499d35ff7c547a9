//! One against one, solved to the optimum.

use super::field::{Field, Found};
use super::tally::Tally;
use super::{line, optimum};
use crate::rules::{PATIENCE_S_MAX, Verdict, rule};

/// The match that contains the anchor and saves most over waiting on: the optimum, all candidates being judged.
pub(super) fn partner(field: &Field<'_>, anchor: usize, tally: &mut Tally) -> Option<Found> {
    let mut best: Option<(usize, Verdict)> = None;
    for other in (0..field.units.len()).filter(|other| *other != anchor) {
        let judged = field.judge_pair(anchor, other);
        if let Some(rule) = tally.rule_against(&judged) {
            tally.reject(rule);
            judged.iter().for_each(|verdict| tally.lacks(field.units[anchor].at, verdict));
        } else if let Ok(verdict) = judged {
            let rank = |other: usize, verdict: &Verdict| (-verdict.saving_s(), verdict.cost_s, field.seniority(other));
            if best.as_ref().is_none_or(|(at, most)| rank(other, &verdict) < rank(*at, most)) {
                best = Some((other, verdict));
            }
        }
    }
    if field.units.len() < 2 {
        tally.reject(rule::TEAM_FILL);
    }
    best.and_then(|(other, _)| field.pair(anchor, other))
}

/// Disjoint pairs that save most over waiting on, in total: a pair saves what its players would give to be matched, less what the
/// match costs them. So a long wait goes before a slightly closer rating, in the one currency.
pub(super) fn pairs(field: &Field<'_>, tally: &mut Tally) -> Vec<Found> {
    let found = on_a_line(field).unwrap_or_else(|| whatever_it_costs(field));
    explain(field, &waiting(field, &found), tally);
    found
}

/// Where costs add up along the scale of ratings; none where they do not, or a limit forbids one of the pairs.
fn on_a_line(field: &Field<'_>) -> Option<Vec<Found>> {
    if !is_line(field) {
        return None;
    }
    let found: Vec<Found> = line::pairs(field).into_iter().map(|(a, b)| field.pair(a, b)).collect::<Option<_>>()?;
    // Rounding may have tipped the scale where a pair saves nothing.
    Some(found.into_iter().filter(|found| found.verdict.is_worth_making()).collect())
}

/// Beyond what unlimited patience counts for, costs do not add up.
fn is_line(field: &Field<'_>) -> bool {
    let ratings = || field.units.iter().map(|unit| unit.rating);
    let range = ratings().next_back().unwrap_or(0.0) - ratings().next().unwrap_or(0.0);
    field.rules.is_linear_pair() && field.rules.pair_price_s(range) < PATIENCE_S_MAX
}

fn whatever_it_costs(field: &Field<'_>) -> Vec<Found> {
    optimum::pairs(field).into_iter().filter_map(|(a, b)| field.pair(a, b)).collect()
}

/// Those who stand in none of the pairs.
fn waiting(field: &Field<'_>, pairs: &[Found]) -> Vec<usize> {
    let mut is_taken = vec![false; field.units.len()];
    pairs.iter().flat_map(|found| &found.teams).flatten().for_each(|unit| is_taken[*unit] = true);
    (0..field.units.len()).filter(|unit| !is_taken[*unit]).collect()
}

/// Why each ticket that stays does so: the rule against the nearest of those who stay with it. If none is, the two were to be
/// matched, had there been steps left to find out.
fn explain(field: &Field<'_>, waiting: &[usize], tally: &mut Tally) {
    for (at, unit) in waiting.iter().enumerate() {
        let below = at.checked_sub(1).and_then(|at| waiting.get(at));
        let judged = below.into_iter().chain(waiting.get(at + 1)).map(|other| field.judge_pair(*unit, *other));
        let judged =
            judged.inspect(|judged| judged.iter().for_each(|verdict| tally.lacks(field.units[*unit].at, verdict)));
        let nearest = judged.min_by(|a, b| cost(a).total_cmp(&cost(b)));
        let rule = nearest.map_or(rule::TEAM_FILL, |judged| tally.rule_against(&judged).unwrap_or(rule::BUDGET));
        tally.reject(rule);
    }
}

fn cost<E>(judged: &Result<Verdict, E>) -> f64 {
    judged.as_ref().map_or(f64::INFINITY, |verdict| verdict.cost_s)
}

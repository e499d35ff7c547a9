//! One against one: pairs are few enough to be judged directly.

use super::field::{Field, Found};
use super::line;
use super::tally::Tally;
use crate::rules::{Verdict, rule};

/// How many neighbours upward in rating a ticket is compared with, at most, in one pass over a window.
const NEIGHBOURS_MAX: usize = 64;
/// After so many neighbours worth a match, farther ones are not looked at: they are hardly ever better.
const WORTHY_MAX: usize = 12;
/// Passes over a window. A pass leaves over only who lost all his near partners to others, so a few passes suffice.
const PASSES_MAX: usize = 8;

/// The match that contains the anchor and saves most over waiting on: the optimum, all candidates being judged.
pub(super) fn partner(field: &Field<'_>, anchor: usize, tally: &mut Tally) -> Option<Found> {
    let mut best: Option<(usize, Verdict)> = None;
    for other in (0..field.units.len()).filter(|other| *other != anchor) {
        let judged = field.judge_pair(anchor, other);
        if let Some(rule) = tally.rule_against(&judged) {
            tally.reject(rule);
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
    best.map(|(other, verdict)| Found { teams: vec![vec![anchor], vec![other]], verdict })
}

/// Disjoint pairs that save most over waiting on: a pair's saving is what its players would give to be matched, less what the
/// match costs them. So a long wait goes before a slightly closer rating, in the one currency.
pub(super) fn pairs(field: &Field<'_>, tally: &mut Tally) -> Vec<Found> {
    let found = on_a_line(field).unwrap_or_else(|| one_by_one(field));
    let mut waiting: Vec<usize> = (0..field.units.len()).collect();
    take_out(&mut waiting, &found, field);
    explain(field, &waiting, tally);
    found
}

/// Leaves only those who stand in none of the pairs.
fn take_out(waiting: &mut Vec<usize>, pairs: &[Found], field: &Field<'_>) {
    let mut is_taken = vec![false; field.units.len()];
    pairs.iter().flat_map(|found| &found.teams).flatten().for_each(|unit| is_taken[*unit] = true);
    waiting.retain(|unit| !is_taken[*unit]);
}

/// The optimum where costs add up along the scale of ratings; none where they do not, or a limit forbids one of its pairs.
fn on_a_line(field: &Field<'_>) -> Option<Vec<Found>> {
    if !field.rules.is_linear_pair() {
        return None;
    }
    let judged = |(a, b)| Some(Found { teams: vec![vec![a], vec![b]], verdict: field.judge_pair(a, b).ok()? });
    let found: Vec<Found> = line::pairs(field).into_iter().map(judged).collect::<Option<_>>()?;
    // Where a pair saves exactly nothing, rounding may have tipped the scale.
    Some(found.into_iter().filter(|found| found.verdict.is_worth_making()).collect())
}

/// The pair that saves most, then the one that saves most of the others, and so on.
fn one_by_one(field: &Field<'_>) -> Vec<Found> {
    let mut waiting: Vec<usize> = (0..field.units.len()).collect();
    let mut found = Vec::new();
    for _ in 0..PASSES_MAX {
        let made = pass(field, &waiting);
        if made.is_empty() {
            break;
        }
        take_out(&mut waiting, &made, field);
        found.extend(made);
    }
    found
}

fn pass(field: &Field<'_>, waiting: &[usize]) -> Vec<Found> {
    let mut pairs = worthy_pairs(field, waiting);
    pairs.sort_unstable_by(|(a, b, x), (c, d, y)| {
        let saving = y.saving_s().total_cmp(&x.saving_s());
        let senior = |a: &usize, b: &usize| field.seniority(*a).min(field.seniority(*b));
        saving.then(x.cost_s.total_cmp(&y.cost_s)).then_with(|| (senior(a, b), a, b).cmp(&(senior(c, d), c, d)))
    });
    let mut is_taken = vec![false; field.units.len()];
    let mut found = Vec::new();
    for (a, b, verdict) in pairs {
        if !is_taken[a] && !is_taken[b] {
            (is_taken[a], is_taken[b]) = (true, true);
            found.push(Found { teams: vec![vec![a], vec![b]], verdict });
        }
    }
    found
}

/// Pairs worth making among near neighbours in rating.
fn worthy_pairs(field: &Field<'_>, waiting: &[usize]) -> Vec<(usize, usize, Verdict)> {
    let most_patient_s = waiting.iter().map(|unit| field.units[*unit].patience_s).fold(0.0, f64::max);
    let mut pairs = Vec::new();
    for (at, unit) in waiting.iter().enumerate() {
        let mut worthy = 0;
        for other in waiting[at + 1..].iter().take(NEIGHBOURS_MAX) {
            let gap = field.units[*other].rating - field.units[*unit].rating;
            let hope_s = (field.units[*unit].patience_s + most_patient_s) / 2.0;
            if worthy == WORTHY_MAX || field.rules.pair_price_s(gap) > hope_s {
                break;
            }
            if let Some(verdict) = field.judge_pair(*unit, *other).ok().filter(Verdict::is_worth_making) {
                worthy += 1;
                pairs.push((*unit, *other, verdict));
            }
        }
    }
    pairs
}

/// Why each ticket that stays does so: the rule against the nearest of those who stay with it.
fn explain(field: &Field<'_>, waiting: &[usize], tally: &mut Tally) {
    for (at, unit) in waiting.iter().enumerate() {
        let below = at.checked_sub(1).and_then(|at| waiting.get(at));
        let judged = below.into_iter().chain(waiting.get(at + 1)).map(|other| field.judge_pair(*unit, *other));
        let nearest = judged.min_by(|a, b| cost(a).total_cmp(&cost(b)));
        let rule = nearest.and_then(|judged| tally.rule_against(&judged)).unwrap_or(rule::TEAM_FILL);
        tally.reject(rule);
    }
}

fn cost<E>(judged: &Result<Verdict, E>) -> f64 {
    judged.as_ref().map_or(f64::INFINITY, |verdict| verdict.cost_s)
}

//! Found matches made cheaper together: parties change from one match to another.

use super::sketch::Sketch;
use crate::rules::Verdict;
use crate::search::field::{Field, Found};

/// How many neighbours upward in rating a match exchanges parties with.
const NEIGHBOURS: usize = 4;
/// How often all neighbours are gone through, at most.
const PASSES_MAX: usize = 8;
/// An exchange that saves less than this over both matches is not worth making, in seconds; rounding cannot feign so much.
const SAVING_S_MIN: f64 = 0.001;

/// Exchanges parties between matches near in rating while that makes the two of them cheaper, both staying worth making, until nothing saves
/// anything or the budget is spent.
pub(super) fn improve(field: &Field<'_>, found: &mut [Found]) {
    // All have as many players, so that is the order of their means.
    let rating_sum = |one: &Found| {
        let units = || one.teams.iter().flatten().map(|unit| &field.units[*unit]);
        units().map(|unit| unit.rating_sum).sum::<f64>()
    };
    let mut order: Vec<usize> = (0..found.len()).collect();
    order.sort_by(|a, b| rating_sum(&found[*a]).total_cmp(&rating_sum(&found[*b])));
    for _ in 0..PASSES_MAX {
        let mut is_better = false;
        for (at, one) in order.iter().enumerate() {
            for other in order[at + 1..].iter().take(NEIGHBOURS) {
                if let Ok([one, other]) = found.get_disjoint_mut([*one, *other]) {
                    is_better |= exchange(field, one, other);
                }
            }
        }
        if !is_better {
            return;
        }
    }
}

/// Makes exchanges between two matches while one makes them cheaper; whether there was any.
fn exchange(field: &Field<'_>, one: &mut Found, other: &mut Found) -> bool {
    let mut is_better = false;
    while let Some(changed) = cheaper(field, one, other) {
        [*one, *other] = changed;
        is_better = true;
    }
    is_better
}

/// The two matches after the first exchange that saves something.
fn cheaper(field: &Field<'_>, one: &Found, other: &Found) -> Option<[Found; 2]> {
    let sketch = |found: &Found| Sketch::of(field, &found.teams, found.verdict.region);
    let (sketches, others) = ([sketch(one), sketch(other)], seats(other));
    let bound_s = one.verdict.cost_s + other.verdict.cost_s - SAVING_S_MIN;
    for (a, b) in seats(one).into_iter().flat_map(|a| others.iter().map(move |b| (a, *b))) {
        let (leaves, joins) = (one.teams[a.0][a.1], other.teams[b.0][b.1]);
        if field.is_spent() {
            return None;
        }
        field.spend(1);
        if field.units[leaves].size != field.units[joins].size {
            continue;
        }
        let least_s = sketches[0].replaced_s(a.0, leaves, joins) + sketches[1].replaced_s(b.0, joins, leaves);
        if least_s > bound_s {
            continue;
        }
        let changed = [replaced(field, one, a, joins), replaced(field, other, b, leaves)];
        if let [Some(one), Some(other)] = changed
            && one.verdict.cost_s + other.verdict.cost_s <= bound_s
        {
            return Some([one, other]);
        }
    }
    None
}

/// Every seat, by team and place in it.
fn seats(found: &Found) -> Vec<(usize, usize)> {
    let seats = |(team, units): (usize, &Vec<usize>)| (0..units.len()).map(move |seat| (team, seat));
    found.teams.iter().enumerate().flat_map(seats).collect()
}

/// The match with `joins` in a seat, if it is then worth making.
fn replaced(field: &Field<'_>, found: &Found, (team, seat): (usize, usize), joins: usize) -> Option<Found> {
    let mut teams = found.teams.clone();
    teams[team][seat] = joins;
    let verdict = field.judge(&teams).ok().filter(Verdict::is_worth_making)?;
    Some(Found { teams, verdict })
}

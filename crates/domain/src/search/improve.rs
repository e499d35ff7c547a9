//! A found match made cheaper by exchanging one party at a time.

use super::field::{Field, Found};

/// Judgements that one improvement may cost.
const STEPS_MAX: usize = 400;

/// Exchanges parties for others of their size from `near` while that makes the match cheaper; the anchor stays.
pub(super) fn improve(field: &Field<'_>, anchor: usize, near: &[usize], mut found: Found) -> Found {
    let mut spare: Vec<usize> =
        near.iter().copied().filter(|unit| !found.teams.iter().flatten().any(|taken| taken == unit)).collect();
    let mut steps = 0;
    while let Some((team, seat, at, verdict)) = best_exchange(field, anchor, &spare, &found, &mut steps) {
        std::mem::swap(&mut found.teams[team][seat], &mut spare[at]);
        found.verdict = verdict;
    }
    found
}

type Exchange = (usize, usize, usize, crate::rules::Verdict);

fn best_exchange(
    field: &Field<'_>,
    anchor: usize,
    spare: &[usize],
    found: &Found,
    steps: &mut usize,
) -> Option<Exchange> {
    let mut best: Option<Exchange> = None;
    let mut teams = found.teams.clone();
    let seats = found.teams.iter().enumerate().flat_map(|(team, units)| (0..units.len()).map(move |seat| (team, seat)));
    for (team, seat) in seats.filter(|(team, seat)| found.teams[*team][*seat] != anchor) {
        let out = found.teams[team][seat];
        for (at, unit) in spare.iter().enumerate().filter(|(_, unit)| field.units[**unit].size == field.units[out].size)
        {
            *steps += 1;
            if *steps > STEPS_MAX {
                return best;
            }
            teams[team][seat] = *unit;
            let least_s = best.as_ref().map_or(found.verdict.cost_s, |(.., verdict)| verdict.cost_s);
            if let Some(verdict) = field.judge(&teams).ok().filter(|verdict| verdict.cost_s < least_s) {
                best = Some((team, seat, at, verdict));
            }
        }
        teams[team][seat] = out;
    }
    best
}

//! Teams: around one ticket, the nearest whole parties that fill the seats, split evenly.

use super::field::{Field, Found};
use super::fill::fill;
use super::improve::improve;
use super::split::split;
use super::tally::Tally;
use crate::rules::{Common, rule};
use crate::unit::Leg;

/// Tickets looked at on the way outward from the anchor's rating, for each seat of the match and for each region.
const SCANNED_PER_SEAT: usize = 50;
/// How many times the seats may be covered by the tickets gathered of each party size: a choice, not a crowd.
const CHOICE: usize = 2;
/// A match that costs more than this many times its players' patience is not worth improving: exchanges rarely save so much.
const HOPE: f64 = 1.5;

/// The match around the anchor, if one is worth making.
pub(super) fn around(field: &Field<'_>, anchor: usize, tally: &mut Tally) -> Option<Found> {
    for other in (0..field.units.len()).filter(|other| *other != anchor) {
        if let Err(rule) = may_meet(field, anchor, other) {
            tally.reject(rule);
        }
    }
    worth_making(field, anchor, &vec![true; field.units.len()], tally)
}

/// Disjoint matches: each waiting ticket, the oldest first, gets the match around it if one is worth making.
pub(super) fn all(field: &Field<'_>, tally: &mut Tally) -> Vec<Found> {
    let mut order: Vec<usize> = (0..field.units.len()).collect();
    order.sort_unstable_by_key(|unit| field.seniority(*unit));
    let mut is_free = vec![true; field.units.len()];
    let mut all = Vec::new();
    for anchor in order {
        if !is_free[anchor] {
            continue;
        }
        if field.is_spent() {
            tally.reject(rule::BUDGET);
            continue;
        }
        if let Some(found) = worth_making(field, anchor, &is_free, tally) {
            found.teams.iter().flatten().for_each(|unit| is_free[*unit] = false);
            all.push(found);
        }
    }
    all
}

fn worth_making(field: &Field<'_>, anchor: usize, is_free: &[bool], tally: &mut Tally) -> Option<Found> {
    let best = best(field, anchor, is_free);
    let judged = best.as_ref().map(|found| found.verdict).map_err(|rule| *rule);
    match judged {
        Ok(verdict) if verdict.is_worth_making() => return best.ok(),
        Ok(verdict) => {
            tally.miss(verdict.cost_s);
            tally.reject(rule::PATIENCE);
        }
        Err(rule) => tally.reject(rule),
    }
    None
}

/// The cheapest of the matches around the anchor, one for each region it would accept; else the rule that was last in the way.
fn best(field: &Field<'_>, anchor: usize, is_free: &[bool]) -> Result<Found, &'static str> {
    let mut best = Err(rule::TEAM_FILL);
    for region in regions(field, anchor) {
        let near = near(field, anchor, region, is_free);
        for company in companies(field, anchor, &near) {
            let Some(teams) = fill(field, anchor, &company).and_then(|chosen| split(field, chosen)) else { continue };
            match field.judge(&teams) {
                Ok(verdict) => {
                    let is_cheaper = |(least, _): &(Found, _)| verdict.cost_s < least.verdict.cost_s;
                    if best.as_ref().map_or(true, is_cheaper) {
                        best = Ok((Found { teams, verdict }, company));
                    }
                }
                Err(breach) => best = best.or(Err(breach.rule)),
            }
        }
    }
    let (found, near) = best?;
    let is_hopeful = found.verdict.cost_s <= HOPE * found.verdict.patience_s();
    Ok(if is_hopeful { improve(field, anchor, &near, found) } else { found })
}

/// What to fill the seats from: the nearest of any size; and where uneven parties cost something, the anchor's like first, with no larger
/// party among them.
fn companies(field: &Field<'_>, anchor: usize, near: &[usize]) -> Vec<Vec<usize>> {
    let mut companies = vec![near.to_vec()];
    if field.rules.minds_party_sizes() {
        let size = |unit: &usize| field.units[*unit].size;
        let mut alike: Vec<usize> = near.iter().copied().filter(|unit| size(unit) <= size(&anchor)).collect();
        // Stable: among like sizes the nearest stays first.
        if size(&anchor) > 1 {
            alike.sort_by_key(|unit| size(unit) != size(&anchor));
        }
        companies.push(alike);
    }
    companies
}

/// Regions within the anchor's limit whose distance its patience would pay, nearest first.
fn regions(field: &Field<'_>, anchor: usize) -> Vec<usize> {
    let unit = &field.units[anchor];
    let age_ms = unit.age_ms(field.now_ms);
    let accepts = |region: &usize| {
        let leg = unit.legs[*region];
        leg.allowed_age_ms <= age_ms && field.rules.rtt_price_s(leg.excess_ms / unit.players()) <= unit.patience_s
    };
    let mut regions: Vec<usize> = (0..field.rules.region_count()).filter(accepts).collect();
    regions.sort_by(|a, b| unit.legs[*a].excess_ms.total_cmp(&unit.legs[*b].excess_ms));
    regions
}

/// Free tickets that could play with the anchor in this region, the cheapest company first: gathered outward from the
/// anchor's rating, so many of each party size that any mixture of sizes can be made of them.
fn near(field: &Field<'_>, anchor: usize, region: usize, is_free: &[bool]) -> Vec<usize> {
    let rules = field.rules;
    let seats = rules.seats();
    let age_ms = field.units[anchor].age_ms(field.now_ms);
    let mut gathered = vec![0usize; seats + 1];
    let mut near: Vec<(f64, usize)> = Vec::new();
    field.spend((seats * SCANNED_PER_SEAT).min(field.units.len()));
    for other in outward(field, anchor).take(seats * SCANNED_PER_SEAT).filter(|other| is_free[*other]) {
        let unit = &field.units[other];
        let is_wanted = gathered[unit.size] < CHOICE * seats.div_ceil(unit.size);
        if !is_wanted || unit.legs[region].allowed_age_ms > age_ms {
            continue;
        }
        gathered[unit.size] += 1;
        let gap = (unit.rating - field.units[anchor].rating).abs();
        near.push((rules.company_price_s(gap, unit.legs[region].excess_ms / unit.players()), other));
    }
    near.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then_with(|| field.seniority(a.1).cmp(&field.seniority(b.1))));
    near.into_iter().map(|(_, other)| other).collect()
}

/// All other positions, by distance in rating from the anchor.
fn outward<'a>(field: &'a Field<'_>, anchor: usize) -> impl Iterator<Item = usize> + 'a {
    let (mut below, mut above) = ((0..anchor).rev().peekable(), (anchor + 1..field.units.len()).peekable());
    let gap = move |other: usize| (field.units[other].rating - field.units[anchor].rating).abs();
    std::iter::from_fn(move || match (below.peek(), above.peek()) {
        (Some(low), Some(high)) if gap(*low) <= gap(*high) => below.next(),
        (Some(_), None) => below.next(),
        _ => above.next(),
    })
}

/// Whether two tickets could stand in one match as far as hard limits go, by themselves.
fn may_meet(field: &Field<'_>, anchor: usize, other: usize) -> Result<(), &'static str> {
    let (a, b) = (&field.units[anchor], &field.units[other]);
    let age_ms = a.age_ms(field.now_ms).max(b.age_ms(field.now_ms));
    let mut common = Common::of(a);
    common.add(b);
    field.rules.hold_common(&common, age_ms).map_err(|breach| breach.rule)?;
    field.rules.hold_between(a, b, age_ms).map_err(|breach| breach.rule)?;
    let is_shared = |(a, b): (&Leg, &Leg)| a.allowed_age_ms.max(b.allowed_age_ms) <= age_ms;
    if a.legs.iter().zip(&b.legs).any(is_shared) { Ok(()) } else { Err(rule::RTT_LIMIT) }
}

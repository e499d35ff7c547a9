//! Teams: around one ticket, the nearest whole parties that fill the seats, split evenly.

mod across;
mod fill;
mod gather;
mod improve;
mod lanes;
mod seats;
mod sketch;
mod split;

use super::field::{Field, Found};
use super::tally::Tally;
use crate::TicketId;
use crate::rules::{Common, rule};
use crate::unit::Leg;
use gather::{Gathered, cheapest};
use lanes::Lanes;

/// A match that costs more than this many times its players' patience is not worth improving: exchanges rarely save so much.
const HOPE: f64 = 1.5;

/// The match around the anchor, if one is worth making.
pub(super) fn around(field: &Field<'_>, anchor: usize, tally: &mut Tally) -> Option<Found> {
    for other in (0..field.units.len()).filter(|other| *other != anchor) {
        if let Err(rule) = may_meet(field, anchor, other, pair_age_ms(field, anchor, other)) {
            tally.reject(rule);
        }
    }
    let found = Squads::of(field).made_around(anchor, tally)?;
    found.has(anchor).then_some(found)
}

/// Disjoint matches: each ticket that is due, the oldest first, gets the match around it if one is worth making; then parties change between
/// the matches while that makes them cheaper.
pub(super) fn all(field: &Field<'_>, due: &[TicketId], tally: &mut Tally) -> Vec<Found> {
    let mut squads = Squads::of(field);
    let mut all = Vec::new();
    for anchor in field.oldest_first(due) {
        while squads.is_free[anchor] {
            if field.is_spent() {
                tally.reject(rule::BUDGET);
                break;
            }
            let Some(found) = squads.made_around(anchor, tally) else { break };
            found.teams.iter().flatten().for_each(|unit| squads.take(*unit));
            all.push(found);
        }
    }
    across::improve(field, &mut all);
    all
}

/// A field in which teams are gathered.
struct Squads<'a> {
    field: &'a Field<'a>,
    lanes: Lanes,
    /// Whether each unit stands in no match yet.
    is_free: Vec<bool>,
}

impl<'a> Squads<'a> {
    fn of(field: &'a Field<'a>) -> Self {
        Self { field, lanes: Lanes::of(field), is_free: vec![true; field.units.len()] }
    }

    fn take(&mut self, unit: usize) {
        self.is_free[unit] = false;
        self.lanes.take(self.field, unit);
    }

    /// The match around the anchor; or, where that is worth making only because someone in it takes any match, the cheaper one around
    /// him: what he lends to those he plays with is not theirs to spend.
    fn made_around(&self, anchor: usize, tally: &mut Tally) -> Option<Found> {
        let found = self.around(anchor, tally)?;
        let takes_any = |unit: &usize| self.field.units[*unit].patience_s == f64::INFINITY;
        let lenders = found.teams.iter().flatten().copied().filter(takes_any);
        let own = match lenders.min_by_key(|unit| self.field.seniority(*unit)) {
            Some(lender) if !takes_any(&anchor) => self.around(lender, &mut Tally::default()),
            _ => None,
        };
        Some(own.filter(|own| own.verdict.cost_s < found.verdict.cost_s).unwrap_or(found))
    }

    fn around(&self, anchor: usize, tally: &mut Tally) -> Option<Found> {
        let best = cheapest(self.field, &self.lanes, anchor, tally).map(|gathered| self.refined(anchor, gathered));
        match best {
            Ok(found) if found.verdict.is_worth_making() => return Some(found),
            Ok(found) => {
                tally.miss(found.verdict.cost_s);
                tally.lacks(self.field.units[anchor].at, &found.verdict);
                tally.reject(rule::PATIENCE);
            }
            Err(rule) => tally.reject(rule),
        }
        None
    }

    /// A gathered match made as cheap as exchanging and splitting make it, where there is hope that it is worth making.
    fn refined(&self, anchor: usize, Gathered { found, company }: Gathered) -> Found {
        let is_hopeful = |found: &Found| found.verdict.cost_s <= HOPE * found.verdict.patience_s();
        // Seated at first sight, few players can be far from even.
        let found = if is_hopeful(&found) { found } else { self.split(found) };
        if !is_hopeful(&found) {
            return found;
        }
        self.split(improve::improve(self.field, anchor, &company, found))
    }

    /// A match's players seated as evenly as they come, if that is cheaper.
    fn split(&self, found: Found) -> Found {
        let chosen: Vec<usize> = found.teams.iter().flatten().copied().collect();
        let (least_s, patience_s) = sketch::least_and_patience_s(self.field, &chosen, found.verdict.region);
        let split = if least_s <= patience_s { split::split(self.field, &chosen).ok() } else { None };
        let judged = split.and_then(|teams| self.field.judge(&teams).ok().map(|verdict| Found { teams, verdict }));
        judged.filter(|split| split.verdict.cost_s < found.verdict.cost_s).unwrap_or(found)
    }
}

/// How long the older of two tickets has waited.
fn pair_age_ms(field: &Field<'_>, a: usize, b: usize) -> u64 {
    field.units[a].age_ms(field.now_ms).max(field.units[b].age_ms(field.now_ms))
}

/// Whether two tickets could stand in one match whose oldest has waited `age_ms`, as far as hard limits go.
fn may_meet(field: &Field<'_>, anchor: usize, other: usize, age_ms: u64) -> Result<(), &'static str> {
    let (a, b) = (&field.units[anchor], &field.units[other]);
    let mut common = Common::of(a);
    common.add(b);
    field.rules.hold_common(&common, age_ms).map_err(|breach| breach.rule)?;
    field.rules.hold_between(a, b, age_ms).map_err(|breach| breach.rule)?;
    let is_shared = |(a, b): (&Leg, &Leg)| a.allowed_age_ms.max(b.allowed_age_ms) <= age_ms;
    if a.legs.iter().zip(&b.legs).any(is_shared) { Ok(()) } else { Err(rule::RTT_LIMIT) }
}

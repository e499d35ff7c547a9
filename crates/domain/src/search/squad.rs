//! Teams: around one ticket, the nearest whole parties that fill the seats, split evenly.

mod across;
mod fill;
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
use fill::fill;
use lanes::Lanes;
use sketch::Sketch;

/// A match that costs more than this many times its players' patience is not worth improving: exchanges rarely save so much.
const HOPE: f64 = 1.5;
/// Limits that one seating of the same players may keep and another not.
const OF_SEATINGS: [&str; 4] = [rule::RATING_GAP_LIMIT, rule::PARTY_SIZE_LIMIT, rule::AVOIDED, rule::OFF_ROLES_LIMIT];
/// Fillings that are seated for one match, where those limits forbid every seating that was tried of those before.
const FILLINGS_MAX: usize = 8;

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

/// A match as first gathered, and what else it could have been filled from.
struct Gathered {
    found: Found,
    company: Vec<usize>,
}

/// The cheaper of two matches, the first if they cost as much; else the rule in the way of the other. Neither where the budget ended the
/// search for one: a larger budget might find a match there that saves less.
fn cheaper(
    one: Result<Gathered, &'static str>,
    other: Result<Gathered, &'static str>,
) -> Result<Gathered, &'static str> {
    match (one, other) {
        (Err(rule::BUDGET), _) | (_, Err(rule::BUDGET)) => Err(rule::BUDGET),
        (Ok(one), Ok(other)) if other.found.verdict.cost_s < one.found.verdict.cost_s => Ok(other),
        (Ok(one), _) => Ok(one),
        (Err(_), other) => other,
    }
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
        let best = self.cheapest(anchor, tally).map(|gathered| self.refined(anchor, gathered));
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

    /// The cheapest match around the anchor as first gathered in each region it would accept; else the rule that was last in the way.
    fn cheapest(&self, anchor: usize, tally: &Tally) -> Result<Gathered, &'static str> {
        let mut best = Err(rule::TEAM_FILL);
        for region in regions(self.field, anchor, self.lanes.oldest_ms) {
            if self.field.is_spent() {
                return Err(rule::BUDGET);
            }
            best = cheaper(best, self.gathered(anchor, region, tally));
        }
        best
    }

    /// The cheapest match that the anchor's company makes in a region; where it makes none, that of an older one by whose age limits are
    /// wider for all.
    fn gathered(&self, anchor: usize, region: usize, tally: &Tally) -> Result<Gathered, &'static str> {
        let age_ms = |unit: usize| self.field.units[unit].age_ms(self.field.now_ms);
        let near = self.lanes.near(self.field, anchor, region, age_ms(anchor));
        let made = self.gathered_of(anchor, region, companies(self.field, anchor, &near), tally);
        let Err(rule) = made else { return made };
        let elder = near.into_iter().min_by_key(|unit| self.field.seniority(*unit));
        let widens = |elder: &usize| self.field.rules.relaxes(age_ms(anchor), age_ms(*elder));
        let Some(elder) = elder.filter(|elder| ![rule::PATIENCE, rule::BUDGET].contains(&rule) && widens(elder)) else {
            return Err(rule);
        };
        let near = self.lanes.near(self.field, anchor, region, age_ms(elder));
        let first = |company: Vec<usize>| {
            let others = company.into_iter().filter(|unit| *unit != elder);
            std::iter::once(elder).chain(others).collect::<Vec<_>>()
        };
        let companies = companies(self.field, anchor, &near).into_iter().map(first).collect();
        self.gathered_of(anchor, region, companies, tally)
            .map_err(|later| if later == rule::BUDGET { later } else { rule })
    }

    fn gathered_of(
        &self,
        anchor: usize,
        region: usize,
        companies: Vec<Vec<usize>>,
        tally: &Tally,
    ) -> Result<Gathered, &'static str> {
        let gathered = |company: Vec<usize>| {
            let found = self.gather(anchor, region, &company, tally);
            found.map(|found| Gathered { found, company })
        };
        companies.into_iter().map(gathered).fold(Err(rule::TEAM_FILL), cheaper)
    }

    /// The first whole filling of the seats that can be seated; else the rule that was last in the way. Where a limit forbids every seating
    /// that was tried of one, it is filled again without one of its members, each in turn: whoever is in the way may have come first.
    fn gather(&self, anchor: usize, region: usize, company: &[usize], tally: &Tally) -> Result<Found, &'static str> {
        let (mut left_out, mut against) = (vec![Vec::new()], rule::TEAM_FILL);
        for at in 0..FILLINGS_MAX {
            let Some(absent) = left_out.get(at) else { break };
            if self.field.is_spent() {
                return Err(rule::BUDGET);
            }
            let company: Vec<usize> = company.iter().copied().filter(|unit| !absent.contains(unit)).collect();
            let seated = fill(self.field, anchor, &company).map(|chosen| (self.seat(&chosen, region, tally), chosen));
            match seated {
                Ok((Err(rule), chosen)) if OF_SEATINGS.contains(&rule) => {
                    leave_out_in_turn(&absent.clone(), &chosen[1..], &mut left_out);
                    against = rule;
                }
                Ok((seated, _)) => return seated,
                // Of those who are fewer that says nothing.
                Err(rule) if at == 0 => against = rule,
                Err(_) => {}
            }
        }
        Err(against)
    }

    /// The chosen seated at first sight or, where a limit on teams forbids that, in a way that it allows; else the rule in the way.
    fn seat(&self, chosen: &[usize], region: usize, tally: &Tally) -> Result<Found, &'static str> {
        let (least_s, patience_s) = self.sketch(chosen, region);
        if least_s > HOPE * patience_s && !tally.is_nearer(least_s) {
            return Err(rule::PATIENCE);
        }
        let judged = |teams: Vec<Vec<usize>>| {
            let verdict = self.field.judge(&teams).map_err(|breach| breach.rule)?;
            Ok(Found { teams, verdict })
        };
        match judged(split::seat(self.field, chosen)?) {
            Err(rule) if OF_SEATINGS.contains(&rule) => judged(split::split(self.field, chosen)?),
            first => first,
        }
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

    /// The same players seated as evenly as they come, if that is cheaper.
    fn split(&self, found: Found) -> Found {
        let chosen: Vec<usize> = found.teams.iter().flatten().copied().collect();
        let (least_s, patience_s) = self.sketch(&chosen, found.verdict.region);
        let split = if least_s <= patience_s { split::split(self.field, &chosen).ok() } else { None };
        let judged = split.and_then(|teams| self.field.judge(&teams).ok().map(|verdict| Found { teams, verdict }));
        judged.filter(|split| split.verdict.cost_s < found.verdict.cost_s).unwrap_or(found)
    }

    /// What a match of the chosen costs at least, however they are seated, and their patience.
    fn sketch(&self, chosen: &[usize], region: usize) -> (f64, f64) {
        Sketch::of(self.field, &[chosen.to_vec()], region).least_and_patience_s()
    }
}

/// Adds the absent with each of the others, the last first: whoever came first is the best company.
fn leave_out_in_turn(absent: &[usize], others: &[usize], left_out: &mut Vec<Vec<usize>>) {
    for other in others.iter().rev() {
        let mut absent = [absent, &[*other]].concat();
        absent.sort_unstable();
        if !left_out.contains(&absent) {
            left_out.push(absent);
        }
    }
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

/// Regions within the anchor's limit in company of the oldest, whose distance its patience would pay, nearest first.
fn regions(field: &Field<'_>, anchor: usize, oldest_ms: u64) -> Vec<usize> {
    let unit = &field.units[anchor];
    let accepts = |region: &usize| {
        let leg = unit.legs[*region];
        leg.allowed_age_ms <= oldest_ms && field.rules.rtt_price_s(leg.excess_ms / unit.players()) <= unit.patience_s
    };
    let mut regions: Vec<usize> = (0..field.rules.region_count()).filter(accepts).collect();
    regions.sort_by(|a, b| unit.legs[*a].excess_ms.total_cmp(&unit.legs[*b].excess_ms));
    regions
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

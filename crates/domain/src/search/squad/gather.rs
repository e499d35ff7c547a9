//! The cheapest match around a ticket, as first gathered and seated.

use super::fill::fill;
use super::lanes::Lanes;
use super::{HOPE, sketch, split};
use crate::rules::rule;
use crate::search::field::{Field, Found};
use crate::search::tally::Tally;

/// Limits that one seating of the same players may keep and another not.
const OF_SEATINGS: [&str; 4] = [rule::RATING_GAP_LIMIT, rule::PARTY_SIZE_LIMIT, rule::AVOIDED, rule::OFF_ROLES_LIMIT];
/// Fillings that are seated for one match, where those limits forbid every seating that was tried of those before.
const FILLINGS_MAX: usize = 8;

/// A match as first gathered, and what else it could have been filled from.
pub(super) struct Gathered {
    pub found: Found,
    pub company: Vec<usize>,
}

/// A match, or the rule that was last in the way.
type Tried<T = Gathered> = Result<T, &'static str>;

/// The cheapest in all regions that the anchor would accept.
pub(super) fn cheapest(field: &Field<'_>, lanes: &Lanes, anchor: usize, tally: &Tally) -> Tried {
    let mut best = Err(rule::TEAM_FILL);
    for region in regions(field, anchor, lanes.oldest_ms) {
        if field.is_spent() {
            return Err(rule::BUDGET);
        }
        best = cheaper(best, Gather { field, lanes, anchor, region, tally }.cheapest());
    }
    best
}

/// The cheaper of two matches, the first if they cost as much; else the rule in the way of the other. Neither where the budget ended the
/// search for one: a larger budget might find a match there that saves less.
fn cheaper(one: Tried, other: Tried) -> Tried {
    match (one, other) {
        (Err(rule::BUDGET), _) | (_, Err(rule::BUDGET)) => Err(rule::BUDGET),
        (Ok(one), Ok(other)) if other.found.verdict.cost_s < one.found.verdict.cost_s => Ok(other),
        (Ok(one), _) => Ok(one),
        (Err(_), other) => other,
    }
}

/// A search for a match around an anchor in one region.
struct Gather<'a> {
    field: &'a Field<'a>,
    lanes: &'a Lanes,
    anchor: usize,
    region: usize,
    tally: &'a Tally,
}

impl Gather<'_> {
    /// The cheapest of the company that the anchor's own age allows; where there is none, of that which the oldest of them allows him.
    fn cheapest(&self) -> Tried {
        let near = self.near(self.anchor);
        match self.cheapest_of(self.companies(&near)) {
            Err(rule) if ![rule::PATIENCE, rule::BUDGET].contains(&rule) => {
                let Some(elder) = self.elder(&near) else { return Err(rule) };
                let told = |later| if later == rule::BUDGET { later } else { rule };
                self.cheapest_of(self.companies_with(elder)).map_err(told)
            }
            made => made,
        }
    }

    fn age_ms(&self, unit: usize) -> u64 {
        self.field.units[unit].age_ms(self.field.now_ms)
    }

    /// Those who may play with the anchor in a match whose oldest is `oldest`.
    fn near(&self, oldest: usize) -> Vec<usize> {
        self.lanes.near(self.field, self.anchor, self.region, self.age_ms(oldest))
    }

    /// The oldest of them, if his age widens a limit that the anchor's does not.
    fn elder(&self, near: &[usize]) -> Option<usize> {
        let elder = near.iter().copied().min_by_key(|unit| self.field.seniority(*unit))?;
        self.field.rules.relaxes(self.age_ms(self.anchor), self.age_ms(elder)).then_some(elder)
    }

    /// What to fill the seats from: the nearest of any size; and where uneven parties cost something, the anchor's like first, with no
    /// larger party among them.
    fn companies(&self, near: &[usize]) -> Vec<Vec<usize>> {
        let mut companies = vec![near.to_vec()];
        if self.field.rules.minds_party_sizes() {
            let (size, most) = (|unit: &usize| self.field.units[*unit].size, self.field.units[self.anchor].size);
            let mut alike: Vec<usize> = near.iter().copied().filter(|unit| size(unit) <= most).collect();
            // Stable: among like sizes the nearest stays first.
            if most > 1 {
                alike.sort_by_key(|unit| size(unit) != most);
            }
            companies.push(alike);
        }
        companies
    }

    /// The companies of an elder, who comes first in each so that those whom his age lets in can join him.
    fn companies_with(&self, elder: usize) -> Vec<Vec<usize>> {
        let mut companies = self.companies(&self.near(elder));
        for company in &mut companies {
            company.retain(|unit| *unit != elder);
            company.insert(0, elder);
        }
        companies
    }

    fn cheapest_of(&self, companies: Vec<Vec<usize>>) -> Tried {
        let gathered = |company: Vec<usize>| Ok(Gathered { found: self.first_of(&company)?, company });
        companies.into_iter().map(gathered).fold(Err(rule::TEAM_FILL), cheaper)
    }

    /// The first whole filling of the seats that can be seated. Where a limit forbids every seating that was tried of one, it is filled
    /// again without one of its members, each in turn: whoever is in the way may have come first.
    fn first_of(&self, company: &[usize]) -> Tried<Found> {
        let (mut left_out, mut against) = (vec![Vec::new()], None);
        for at in 0..FILLINGS_MAX {
            let Some(absent) = left_out.get(at).cloned() else { break };
            if self.field.is_spent() {
                return Err(rule::BUDGET);
            }
            let company: Vec<usize> = company.iter().copied().filter(|unit| !absent.contains(unit)).collect();
            match fill(self.field, self.anchor, &company) {
                Err(rule) => against = against.or(Some(rule)),
                Ok(chosen) => match self.seat(&chosen) {
                    Err(rule) if OF_SEATINGS.contains(&rule) => {
                        leave_out_in_turn(&absent, &chosen[1..], &mut left_out);
                        against = Some(rule);
                    }
                    seated => return seated,
                },
            }
        }
        Err(against.unwrap_or(rule::TEAM_FILL))
    }

    /// The chosen seated at first sight or, where a limit on teams forbids that, in a way that it allows.
    fn seat(&self, chosen: &[usize]) -> Tried<Found> {
        let (least_s, patience_s) = sketch::least_and_patience_s(self.field, chosen, self.region);
        if least_s > HOPE * patience_s && !self.tally.is_nearer(least_s) {
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

//! Who may play where, by size and rating: what matches are filled from.

use super::may_meet;
use crate::search::field::Field;
use crate::unit::Unit;

/// Tickets looked at on the way outward from the anchor's rating, for each one that is wanted.
const SCANNED_PER_WANTED: usize = 8;
/// How many times the seats may be covered by the tickets gathered of each party size: a choice, not a crowd.
const CHOICE: usize = 2;

/// A field's free tickets by region and party size, each lane in the field's order, which is by rating.
pub(super) struct Lanes {
    /// One for each region and party size, the sizes of a region side by side.
    lanes: Vec<Vec<Spot>>,
    largest: usize,
    /// Age of the field's oldest ticket: in a match with it all others may go as far as that allows.
    pub oldest_ms: u64,
}

/// A ticket in a region where it may play by the age of the field's oldest.
struct Spot {
    unit: usize,
    rating: f64,
    allowed_age_ms: u64,
    /// Round trip that is not free, in ms, the mean over its players.
    excess_ms: f64,
}

impl Lanes {
    pub fn of(field: &Field<'_>) -> Self {
        let oldest_ms = field.units.iter().map(|unit| unit.age_ms(field.now_ms)).max().unwrap_or(0);
        let largest = field.rules.team_sizes().iter().copied().max().unwrap_or(0);
        let mut lanes = Self { lanes: Vec::new(), largest, oldest_ms };
        lanes.lanes.resize_with(field.rules.region_count() * largest, Vec::new);
        for (at, unit) in field.units.iter().enumerate() {
            for (region, leg) in unit.legs.iter().enumerate().filter(|(_, leg)| leg.allowed_age_ms <= oldest_ms) {
                let (allowed_age_ms, excess_ms) = (leg.allowed_age_ms, leg.excess_ms / unit.players());
                lanes.lanes[region * largest + unit.size - 1].push(Spot {
                    unit: at,
                    rating: unit.rating,
                    allowed_age_ms,
                    excess_ms,
                });
            }
        }
        field.spend(field.units.len() * field.rules.region_count());
        lanes
    }

    /// Takes a ticket out that stands in a match now: a crowd of such would hide those behind it.
    pub fn take(&mut self, field: &Field<'_>, unit: usize) {
        for lane in self.lanes.iter_mut().skip(field.units[unit].size - 1).step_by(self.largest) {
            if let Ok(at) = lane.binary_search_by_key(&unit, |spot| spot.unit) {
                lane.remove(at);
            }
        }
    }

    /// Tickets that could play with the anchor in this region, the cheapest company first: the nearest in rating of each size, so many
    /// that any mixture of sizes can be made of them, and farther ones for roles that too few of those name. With them in the match is
    /// somebody of this age, be it the anchor.
    pub fn near(&self, field: &Field<'_>, anchor: usize, region: usize, age_ms: u64) -> Vec<usize> {
        let mut company = Company { field, anchor, age_ms, near: Vec::new(), short: field.rules.role_seats() };
        for size in 1..=self.largest {
            company.gather(&self.lanes[region * self.largest + size - 1], CHOICE * field.rules.seats().div_ceil(size));
        }
        let mut near = company.near;
        near.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then_with(|| field.seniority(a.1).cmp(&field.seniority(b.1))));
        near.into_iter().map(|(_, unit)| unit).collect()
    }
}

/// Those who are gathered around an anchor.
struct Company<'a> {
    field: &'a Field<'a>,
    anchor: usize,
    /// How long the oldest of the match has waited, at least.
    age_ms: u64,
    /// What each costs as company, in seconds.
    near: Vec<(f64, usize)>,
    /// Seats of each role that nobody gathered has named; empty where roles do not matter.
    short: Vec<usize>,
}

impl Company<'_> {
    /// Adds up to `wanted` tickets of a lane, outward from the anchor's rating, and then those who name a role that is short.
    fn gather(&mut self, lane: &[Spot], wanted: usize) {
        let unit = &self.field.units[self.anchor];
        let full = self.near.len() + wanted;
        let mut scanned = 0;
        for spot in outward(lane, unit.rating).take(wanted * SCANNED_PER_WANTED) {
            let is_full = self.near.len() >= full;
            if is_full && self.has_roles() {
                break;
            }
            scanned += 1;
            let other = &self.field.units[spot.unit];
            if is_full && !self.is_wanted(other) || !self.suits(spot) {
                continue;
            }
            let gap = (spot.rating - unit.rating).abs();
            self.near.push((self.field.rules.company_price_s(gap, spot.excess_ms), spot.unit));
            for role in other.wishes.iter().flatten() {
                self.short.get_mut(*role).into_iter().for_each(|players| *players = players.saturating_sub(1));
            }
        }
        self.field.spend(scanned);
    }

    /// Whether enough have named their roles, each counted by itself.
    fn has_roles(&self) -> bool {
        self.field.rules.hold_off_roles(self.short.iter().sum(), self.age_ms)
    }

    /// Whether somebody of the ticket names a role that is short.
    fn is_wanted(&self, unit: &Unit<'_>) -> bool {
        unit.wishes.iter().flatten().any(|role| self.short[*role] > 0)
    }

    /// Whether the anchor may play with another in the spot's region.
    fn suits(&self, spot: &Spot) -> bool {
        let age_ms = self.age_ms.max(self.field.units[spot.unit].age_ms(self.field.now_ms));
        spot.unit != self.anchor
            && spot.allowed_age_ms <= age_ms
            && may_meet(self.field, self.anchor, spot.unit, age_ms).is_ok()
    }
}

/// A lane's spots by distance from a rating.
fn outward(lane: &[Spot], rating: f64) -> impl Iterator<Item = &Spot> {
    let middle = lane.partition_point(|spot| spot.rating < rating);
    let (mut below, mut above) = (lane[..middle].iter().rev().peekable(), lane[middle..].iter().peekable());
    std::iter::from_fn(move || match (below.peek(), above.peek()) {
        (Some(low), Some(high)) if rating - low.rating <= high.rating - rating => below.next(),
        (Some(_), None) => below.next(),
        _ => above.next(),
    })
}

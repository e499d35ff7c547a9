//! Who may play where, by size and rating: what matches are filled from.

use super::may_meet;
use crate::search::field::Field;

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
    /// that any mixture of sizes can be made of them.
    pub fn near(&self, field: &Field<'_>, anchor: usize, region: usize) -> Vec<usize> {
        let mut near: Vec<(f64, usize)> = Vec::new();
        for size in 1..=self.largest {
            let wanted = CHOICE * field.rules.seats().div_ceil(size);
            let lane = &self.lanes[region * self.largest + size - 1];
            gather(field, lane, anchor, wanted, &mut near);
        }
        near.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then_with(|| field.seniority(a.1).cmp(&field.seniority(b.1))));
        near.into_iter().map(|(_, unit)| unit).collect()
    }
}

/// Adds up to `wanted` tickets of a lane with what each costs as company, outward from the anchor's rating.
fn gather(field: &Field<'_>, lane: &[Spot], anchor: usize, wanted: usize, near: &mut Vec<(f64, usize)>) {
    let unit = &field.units[anchor];
    let age_ms = unit.age_ms(field.now_ms);
    let is_near_enough = |spot: &Spot| spot.allowed_age_ms <= age_ms.max(field.units[spot.unit].age_ms(field.now_ms));
    let full = near.len() + wanted;
    let mut scanned = 0;
    for spot in outward(lane, unit.rating).take(wanted * SCANNED_PER_WANTED) {
        scanned += 1;
        if spot.unit == anchor || !is_near_enough(spot) || may_meet(field, anchor, spot.unit).is_err() {
            continue;
        }
        let gap = (spot.rating - unit.rating).abs();
        near.push((field.rules.company_price_s(gap, spot.excess_ms), spot.unit));
        if near.len() == full {
            break;
        }
    }
    field.spend(scanned);
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

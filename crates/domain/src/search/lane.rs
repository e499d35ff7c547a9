//! One region's tickets along the scale of ratings, and which of them could still gain by one another.

use super::field::Field;
use super::worth::parts;

/// A ticket's place in a lane.
#[derive(Debug, Clone, Copy)]
struct Spot {
    unit: u32,
    rating: f64,
    /// Twice what it has left for a distance in rating, in parts: less than nothing where another's has to make up for it.
    spare: i64,
}

/// By ascending rating.
pub(super) struct Lane<'a> {
    field: &'a Field<'a>,
    /// Most rating points between two tickets.
    range: f64,
    spots: Vec<Spot>,
}

impl<'a> Lane<'a> {
    /// Of the tickets that may play in the region, those whom somebody there could make a match with, `spare` telling what each has left there.
    pub fn of(field: &'a Field<'a>, region: usize, spare: impl Fn(usize) -> i64) -> Self {
        let oldest_ms = field.units.iter().map(|unit| unit.age_ms(field.now_ms)).max().unwrap_or(0);
        let may_play = |unit: &usize| field.units[*unit].legs[region].allowed_age_ms <= oldest_ms;
        let spot = |unit: usize| Spot { unit: unit as u32, rating: field.units[unit].rating, spare: spare(unit) };
        let mut spots: Vec<Spot> = (0..field.units.len()).filter(may_play).map(spot).collect();
        let most = spots.iter().map(|spot| spot.spare).max().unwrap_or(0);
        spots.retain(|spot| spot.spare + most > 0);
        field.spend(field.units.len());
        Self { field, range: field.rules.range_limit(oldest_ms), spots }
    }

    /// Those who have anything left; with each the others, near ones first, who have no more and with whom something is left when what
    /// lies between them is paid: twice how much, in parts. So each pair comes up once.
    pub fn hopes(&self) -> impl Iterator<Item = (u32, impl Iterator<Item = (u32, i64)>)> {
        let hopes = move |(at, a): (usize, &Spot)| {
            let a = *a;
            let is_near = |b: &Spot| self.is_within(&a, b);
            let (below, above) = (&self.spots[..at], &self.spots[at + 1..]);
            let below = &below[below.partition_point(|b| !is_near(b))..];
            let above = &above[..above.partition_point(is_near)];
            self.field.spend(below.len() + above.len());
            let others = above.iter().chain(below.iter().rev());
            (a.unit, others.filter_map(move |b| Some((b.unit, self.hope(&a, b)?))))
        };
        self.spots.iter().enumerate().filter(|(_, a)| a.spare > 0).map(hopes)
    }

    /// Whether the first and another who has as much left could pay for the distance.
    fn is_within(&self, a: &Spot, b: &Spot) -> bool {
        (a.rating - b.rating).abs() <= self.range && self.price(a, b) < 2 * a.spare
    }

    fn hope(&self, a: &Spot, b: &Spot) -> Option<i64> {
        let spare = a.spare + b.spare;
        let may_hope = spare > 0 && (b.spare, b.unit) < (a.spare, a.unit);
        may_hope.then(|| spare - self.price(a, b)).filter(|hope| *hope > 0)
    }

    /// Twice what the distance costs the two together at least, in parts.
    fn price(&self, a: &Spot, b: &Spot) -> i64 {
        4 * parts(self.field.least_pair_s((a.rating - b.rating).abs()))
    }
}

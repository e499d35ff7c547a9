//! How an index of waiting tickets is ordered, and how a look reads it.

use crate::{Look, TicketId};
use std::collections::BTreeMap;

/// A rating as an index orders it.
#[derive(Debug, Clone, Copy)]
pub struct IndexRating(f64);

impl IndexRating {
    /// Adding 0 makes the two zeros one.
    pub fn of(rating: f64) -> Self {
        Self(rating + 0.0)
    }
}

impl PartialEq for IndexRating {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for IndexRating {}

impl PartialOrd for IndexRating {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for IndexRating {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Look {
    /// Whether nothing can lie within: its bounds are reversed, or are no numbers.
    pub fn is_void(&self) -> bool {
        self.low.is_nan() || self.high.is_nan() || self.low > self.high
    }

    /// What one region's index holds of the look, from its middle outward. Of a void look, nothing.
    pub fn outward<'a, T>(
        &self,
        index: &'a BTreeMap<(IndexRating, TicketId), T>,
    ) -> impl Iterator<Item = &'a T> + use<'a, T> {
        let middle = self.middle();
        let low = (IndexRating::of(self.low), TicketId(0));
        let high = (IndexRating::of(self.high), TicketId(u128::MAX));
        let split = (IndexRating::of(middle), TicketId(0));
        // A map panics when asked for a range that ends before it begins.
        let (above, below) = if self.is_void() { (None, None) } else { (Some(split..=high), Some(low..split)) };
        let mut above = above.into_iter().flat_map(|range| index.range(range)).skip(self.passed_over).peekable();
        let mut below = below.into_iter().flat_map(|range| index.range(range).rev()).peekable();
        std::iter::from_fn(move || {
            let up = above.peek().map(|((rating, _), _)| rating.0 - middle);
            let down = below.peek().map(|((rating, _), _)| middle - rating.0);
            match (up, down) {
                (Some(up), Some(down)) if down < up => below.next(),
                (Some(_), _) => above.next(),
                (None, _) => below.next(),
            }
            .map(|(_, held)| held)
        })
    }
}

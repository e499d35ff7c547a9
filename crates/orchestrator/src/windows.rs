//! Groups due tickets into windows, so that each waiting ticket is read once however many neighbours are looked for.

use crate::config::ARRIVAL_TICKETS_MAX;
use crate::hash;
use crate::landing::{Pool, pool_of};
use crate::waiting::Waiting;
use domain::Look;
use std::collections::BTreeMap;

/// A part of one queue's index, and the tickets for whose sake it is read.
#[derive(Debug)]
pub struct Window {
    pub look: Look,
    pub waiting: Vec<Waiting>,
    /// It goes from the lowest to the highest rating of those it is for, however far they look.
    is_narrow: bool,
}

/// Windows that together hold the look of every ticket: looks into the same pool of a queue whose ratings overlap share one.
pub fn windows(due: Vec<Waiting>, now_ms: u64) -> Vec<Window> {
    let mut pools: BTreeMap<Pool, Vec<Window>> = BTreeMap::new();
    for waiting in due {
        let look = waiting.look(waiting.width_at(now_ms));
        pools.entry(pool_of(&look)).or_default().push(Window { look, waiting: vec![waiting], is_narrow: false });
    }
    pools.into_values().flat_map(merge_overlapping).collect()
}

fn merge_overlapping(mut windows: Vec<Window>) -> Vec<Window> {
    windows.sort_by(|a, b| a.look.low.total_cmp(&b.look.low));
    let mut merged: Vec<Window> = Vec::new();
    for window in windows {
        match merged.last_mut() {
            Some(last) if window.look.low <= last.look.high => last.absorb(window),
            _ => merged.push(window),
        }
    }
    merged
}

impl Window {
    fn absorb(&mut self, other: Self) {
        self.look.high = self.look.high.max(other.look.high);
        for region in other.look.regions {
            if !self.look.regions.contains(&region) {
                self.look.regions.push(region);
            }
        }
        self.waiting.extend(other.waiting);
    }

    /// Whether its tickets have nothing narrower to share, and looking around each of them reads no more than one range may hold.
    pub fn is_of_few(&self) -> bool {
        (self.is_narrow || self.waiting.len() == 1)
            && self.waiting.len() * ARRIVAL_TICKETS_MAX <= api::RANGE_TICKETS_MAX
    }

    /// Whether its tickets are of one rating. Where such a window is too large, there is none narrower.
    pub fn is_of_equals(&self) -> bool {
        self.is_narrow && self.look.low == self.look.high
    }

    /// Up to `max` of its tickets, at each moment drawn anew, and the others.
    pub fn drawn(mut self, max: usize, now_ms: u64) -> (Vec<Waiting>, Vec<Waiting>) {
        self.waiting.sort_by_key(|waiting| hash::stable((waiting.id, now_ms)));
        let others = self.waiting.split_off(max.min(self.waiting.len()));
        (self.waiting, others)
    }

    /// Whether so many tickets, which are all that it holds, will do: they are no fewer than a look around one of its own would read, or all
    /// that its own look for, or those are too many to look around each.
    pub fn is_wide_enough(&self, tickets: usize) -> bool {
        tickets >= ARRIVAL_TICKETS_MAX || !self.is_narrow || !self.is_of_few()
    }

    /// How its tickets take what a look through it foretells.
    pub fn ripening(&self) -> fn(Waiting, Option<u64>, u64) -> Waiting {
        if self.is_narrow { Waiting::ripe_by } else { Waiting::ripe_in }
    }

    /// For a window that holds more tickets than one range may: from the lowest to the highest rating of those it is for, as many wait
    /// there that good neighbours stand in between; or two halves of that, where it was so narrow already.
    pub fn narrower(mut self) -> Vec<Self> {
        self.waiting.sort_by(|a, b| a.place.rating.total_cmp(&b.place.rating));
        let narrow =
            |look: &Look, waiting: Vec<Waiting>| Self { look: narrowed(look, &waiting), waiting, is_narrow: true };
        if !self.is_narrow {
            return vec![narrow(&self.look, self.waiting)];
        }
        let upper = self.waiting.split_off(self.waiting.len() / 2);
        [self.waiting, upper].map(|half| narrow(&self.look, half)).into()
    }
}

/// `look` from the lowest to the highest rating of `waiting`, which is in ascending order.
fn narrowed(look: &Look, waiting: &[Waiting]) -> Look {
    let rating = |waiting: Option<&Waiting>| waiting.map(|waiting| waiting.place.rating);
    let (low, high) = (rating(waiting.first()).unwrap_or(look.low), rating(waiting.last()).unwrap_or(look.high));
    Look { low, high, ..look.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::waiting::testing::{NOW_MS, solos};

    #[test]
    fn neighbours_share_a_window_and_strangers_do_not() {
        let windows = windows(solos(&[3000.0, 1550.0, 1500.0]), NOW_MS);
        let ratings = |window: &Window| window.waiting.iter().map(|waiting| waiting.place.rating).collect::<Vec<_>>();
        assert_eq!(windows.iter().map(ratings).collect::<Vec<_>>(), [vec![1500.0, 1550.0], vec![3000.0]]);
        assert!(windows[0].look.low <= 1400.0 && windows[0].look.high >= 1650.0, "{:?}", windows[0].look);
    }

    #[test]
    fn a_window_is_narrowed_to_the_ratings_of_its_tickets_and_then_halved() {
        let window = windows(solos(&[1500.0, 1520.0, 1540.0, 1560.0, 1580.0]), NOW_MS).remove(0);
        let told = |window: &Window| (window.look.low, window.look.high, window.waiting.len());
        let narrow = window.narrower().remove(0);
        assert_eq!(told(&narrow), (1500.0, 1580.0, 5));
        let halves = narrow.narrower();
        assert_eq!(halves.iter().map(told).collect::<Vec<_>>(), [(1500.0, 1520.0, 2), (1540.0, 1580.0, 3)]);
    }

    #[test]
    fn few_who_stand_among_many_share_what_is_between_them_unless_that_is_less_than_each_would_see() {
        let window = windows(solos(&[1500.0, 1520.0]), NOW_MS).remove(0);
        assert!(!window.is_of_few() && window.is_wide_enough(2), "all that they look for");
        let narrow = window.narrower().remove(0);
        assert!(narrow.is_of_few() && !narrow.is_wide_enough(ARRIVAL_TICKETS_MAX - 1));
        assert!(narrow.is_wide_enough(ARRIVAL_TICKETS_MAX));
    }

    #[test]
    fn of_equals_each_is_drawn_at_one_moment_or_another() {
        let window = |ratings: &[f64]| windows(solos(ratings), NOW_MS).remove(0);
        let narrow = |ratings: &[f64]| window(ratings).narrower().remove(0);
        let equals = || narrow(&[1500.0; 3]);
        assert!(equals().is_of_equals() && !narrow(&[1500.0, 1501.0]).is_of_equals());
        assert!(!window(&[1500.0; 3]).is_of_equals(), "it goes as far as they look");
        let numbers = |waiting: &[Waiting]| waiting.iter().map(|waiting| waiting.id.0).collect::<Vec<_>>();
        let drawn: Vec<Vec<u128>> = (0..20).map(|moment| numbers(&equals().drawn(1, moment).0)).collect();
        assert!((0..3).all(|number| drawn.contains(&vec![number])), "{drawn:?}");
        let (drawn, others) = equals().drawn(2, NOW_MS);
        let mut all = [numbers(&drawn), numbers(&others)].concat();
        all.sort_unstable();
        assert_eq!((drawn.len(), all), (2, vec![0, 1, 2]));
    }
}

//! Groups due tickets into windows, so that each waiting ticket is read once however many neighbours are looked for.

use crate::config::{ARRIVAL_TICKETS_MAX, EQUALS_AROUND_MAX};
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
    /// Whether it goes from the lowest to the highest rating of those it is for, and not as far as they look.
    is_narrow: bool,
}

/// How to look for the tickets of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Through all that it holds.
    Through,
    /// Around each of them: they are few, and would share less than each sees.
    AroundEach,
    /// Around some of them, as drawn: they are equals, who have nothing to share, and find little among so many.
    AroundSome,
    /// Through narrower windows.
    Narrower,
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
    fn is_of_few(&self) -> bool {
        (self.is_narrow || self.waiting.len() == 1)
            && self.waiting.len() * ARRIVAL_TICKETS_MAX <= api::RANGE_TICKETS_MAX
    }

    /// Whether its tickets are of one rating. Where such a window is too large, there is none narrower.
    fn is_of_equals(&self) -> bool {
        self.is_narrow && self.look.low == self.look.high
    }

    /// Up to [`EQUALS_AROUND_MAX`] of its tickets, at each moment drawn anew, and the others.
    pub fn drawn(mut self, now_ms: u64) -> (Vec<Waiting>, Vec<Waiting>) {
        self.waiting.sort_by_key(|waiting| hash::stable((waiting.id, now_ms)));
        let others = self.waiting.split_off(EQUALS_AROUND_MAX.min(self.waiting.len()));
        (self.waiting, others)
    }

    /// Whether a look through this window, which holds so many tickets, is as good as one around each that it is for: it shows as many as that
    /// would read, or all that they look for. Also where they are too many to look around each.
    fn is_wide_enough(&self, tickets: usize) -> bool {
        tickets >= ARRIVAL_TICKETS_MAX || !self.is_narrow || !self.is_of_few()
    }

    /// How to look for its tickets once it was read: `tickets` are all that it holds, none where that is more than one range may hold.
    pub fn way(&self, tickets: Option<usize>) -> Way {
        match tickets {
            Some(tickets) if self.is_wide_enough(tickets) => Way::Through,
            None if self.is_of_equals() => Way::AroundSome,
            _ if self.is_of_few() => Way::AroundEach,
            _ => Way::Narrower,
        }
    }

    /// Whether a look through it sees all whom its tickets look for.
    pub fn is_whole(&self) -> bool {
        !self.is_narrow
    }

    /// What to look through instead of a window that holds more tickets than one range may: what lies from the lowest to the highest rating of
    /// those it is for, among which good neighbours stand, as there are so many. Where it is that narrow already, each half of them.
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
    fn tickets_of_one_rating_are_halved_until_they_are_few() {
        let mut window = windows(solos(&[1500.0; 2 * ARRIVAL_TICKETS_MAX]), NOW_MS).remove(0);
        while !window.is_of_few() {
            window = window.narrower().remove(0);
        }
        assert!(window.waiting.len() * ARRIVAL_TICKETS_MAX <= api::RANGE_TICKETS_MAX);
    }

    #[test]
    fn of_equals_each_is_drawn_at_one_moment_or_another() {
        const SIZE: u128 = EQUALS_AROUND_MAX as u128 + 2;
        let window = |ratings: &[f64]| windows(solos(ratings), NOW_MS).remove(0);
        let narrow = |ratings: &[f64]| window(ratings).narrower().remove(0);
        let equals = || narrow(&[1500.0; SIZE as usize]);
        assert_eq!((equals().way(None), narrow(&[1500.0, 1501.0]).way(None)), (Way::AroundSome, Way::AroundEach));
        assert_eq!(window(&[1500.0; 3]).way(None), Way::Narrower, "it goes as far as they look");
        let numbers = |waiting: &[Waiting]| waiting.iter().map(|waiting| waiting.id.0).collect::<Vec<_>>();
        let left_out: Vec<u128> = (0..50).flat_map(|moment| numbers(&equals().drawn(moment).1)).collect();
        assert!((0..SIZE).all(|number| left_out.contains(&number)), "{left_out:?}");
        let (drawn, others) = equals().drawn(NOW_MS);
        let mut all = [numbers(&drawn), numbers(&others)].concat();
        all.sort_unstable();
        assert_eq!((drawn.len(), all), (EQUALS_AROUND_MAX, (0..SIZE).collect()));
    }
}

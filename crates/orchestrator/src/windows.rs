//! Groups due tickets into windows, so that each waiting ticket is read once however many neighbours are looked for.

use crate::config::ARRIVAL_TICKETS_MAX;
use crate::waiting::Waiting;
use domain::Look;
use std::collections::BTreeMap;

/// A part of one queue's index, and the tickets for whose sake it is read.
#[derive(Debug, Clone)]
pub struct Window {
    pub look: Look,
    pub waiting: Vec<Waiting>,
}

/// Windows that together hold the look of every ticket: looks into the same pool of a queue whose ratings overlap share one.
pub fn windows(due: Vec<Waiting>, now_ms: u64) -> Vec<Window> {
    let mut pools: BTreeMap<(String, String), Vec<Window>> = BTreeMap::new();
    for waiting in due {
        let look = waiting.look(waiting.width_at(now_ms));
        let pool = (look.queue.to_string(), look.pool.clone());
        pools.entry(pool).or_default().push(Window { look, waiting: vec![waiting] });
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
    /// Most tickets that are read of a range which arrivals, or ripe tickets, share: so many for each.
    pub fn tickets_max(&self) -> usize {
        (ARRIVAL_TICKETS_MAX * self.waiting.len()).min(api::RANGE_TICKETS_MAX)
    }

    fn absorb(&mut self, other: Self) {
        self.look.high = self.look.high.max(other.look.high);
        for region in other.look.regions {
            if !self.look.regions.contains(&region) {
                self.look.regions.push(region);
            }
        }
        self.waiting.extend(other.waiting);
    }

    /// For a window that holds more tickets than one range may: two, each from the lowest to the highest rating of its half of the
    /// tickets it is for. Where so many wait, good neighbours stand in between. None for a single ticket.
    pub fn halves(mut self) -> Option<[Self; 2]> {
        if self.waiting.len() < 2 {
            return None;
        }
        self.waiting.sort_by(|a, b| a.place.rating.total_cmp(&b.place.rating));
        let upper = self.waiting.split_off(self.waiting.len() / 2);
        Some([self.waiting, upper].map(|half| Self { look: narrowed(&self.look, &half), waiting: half }))
    }
}

/// `look` from the lowest to the highest rating of `waiting`, which is in ascending order; for a single ticket, as far around it as
/// `look` reaches on its nearer side.
fn narrowed(look: &Look, waiting: &[Waiting]) -> Look {
    let (low, high) = match waiting {
        [only] => {
            let reach = (only.place.rating - look.low).min(look.high - only.place.rating).max(0.0);
            (only.place.rating - reach, only.place.rating + reach)
        }
        [first, .., last] => (first.place.rating, last.place.rating),
        [] => (look.low, look.high),
    };
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
    fn halves_hold_every_ticket_once_and_only_the_ratings_between_theirs() {
        let window = windows(solos(&[1500.0, 1520.0, 1540.0, 1560.0, 1580.0]), NOW_MS).remove(0);
        let [lower, upper] = window.halves().unwrap();
        assert_eq!((lower.look.low, lower.look.high, lower.waiting.len()), (1500.0, 1520.0, 2));
        assert_eq!((upper.look.low, upper.look.high, upper.waiting.len()), (1540.0, 1580.0, 3));
        let [one, _] = lower.halves().unwrap();
        assert!(one.halves().is_none(), "a single ticket is looked for in what can be read");
    }
}

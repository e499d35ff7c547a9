//! Where more wait than one range may hold: it would be read, found cut, and read again narrower.

use crate::config::{CROWDED_MS, CROWDS_MAX};
use crate::landing::{Pool, pool_of};
use domain::Look;
use parking_lot::Mutex;
use std::collections::HashMap;

/// The last crowd that was found in each pool.
#[derive(Default)]
pub struct Crowds(Mutex<HashMap<Pool, Crowd>>);

/// A part of an index that holds more tickets than one range may.
struct Crowd {
    part: Look,
    /// When it was found, in ms since the Unix epoch.
    noted_ms: u64,
}

impl Crowd {
    /// Whether it is believed: not after a while, nor where the clock was put back to long before.
    fn is_fresh(&self, now_ms: u64) -> bool {
        now_ms.abs_diff(self.noted_ms) < CROWDED_MS
    }
}

impl Crowds {
    /// Notes that this part holds more tickets than one range may.
    pub fn note(&self, part: Look, now_ms: u64) {
        let (mut crowds, pool) = (self.0.lock(), pool_of(&part));
        if crowds.len() >= CROWDS_MAX {
            crowds.retain(|_, crowd| crowd.is_fresh(now_ms));
        }
        if crowds.len() < CROWDS_MAX || crowds.contains_key(&pool) {
            crowds.insert(pool, Crowd { part, noted_ms: now_ms });
        }
    }

    /// Whether a look is known to hold more tickets than one range may.
    pub fn is_crowded(&self, look: &Look, now_ms: u64) -> bool {
        let has = |crowd: &Crowd| crowd.is_fresh(now_ms) && holds(look, &crowd.part);
        self.0.lock().get(&pool_of(look)).is_some_and(has)
    }
}

/// Whether a look contains a part of the same pool.
fn holds(look: &Look, part: &Look) -> bool {
    look.low <= part.low && part.high <= look.high && part.regions.iter().all(|region| look.regions.contains(region))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::waiting::testing::{NOW_MS, rules_elsewhere, solos};

    fn look(rating: f64, reach: f64) -> Look {
        Look { low: rating - reach, high: rating + reach, ..solos(&[rating]).remove(0).look(0) }
    }

    #[test]
    fn a_look_that_holds_one_that_was_cut_is_crowded_for_a_while() {
        let crowds = Crowds::default();
        crowds.note(look(1500.0, 3.0), NOW_MS);
        let is_crowded = |look: Look| crowds.is_crowded(&look, NOW_MS + CROWDED_MS - 1);
        assert!(is_crowded(look(1450.0, 60.0)) && is_crowded(look(1500.0, 3.0)));
        assert!(!is_crowded(look(1500.0, 2.0)), "it may hold fewer");
        let elsewhere = rules_elsewhere().iter().next().unwrap().look(&solos(&[1500.0])[0].party, 0);
        assert!(!is_crowded(elsewhere), "another pool");
        assert!(!is_crowded(Look { regions: vec!["asia".to_owned()], ..look(1500.0, 60.0) }), "another region");
        assert!(!crowds.is_crowded(&look(1500.0, 3.0), NOW_MS + CROWDED_MS));
        assert!(!crowds.is_crowded(&look(1500.0, 3.0), NOW_MS - CROWDED_MS), "the clock was put back");
    }

    #[test]
    fn no_more_pools_are_known_than_there_is_room_for() {
        let crowds = Crowds::default();
        let look = |number: usize| Look { pool: number.to_string(), ..look(1500.0, 3.0) };
        let note = |number, now_ms| crowds.note(look(number), now_ms);
        let is_crowded = |number, now_ms| crowds.is_crowded(&look(number), now_ms);
        (0..=CROWDS_MAX).for_each(|number| note(number, NOW_MS));
        assert!(!is_crowded(CROWDS_MAX, NOW_MS));
        note(CROWDS_MAX, NOW_MS + CROWDED_MS);
        assert!(is_crowded(CROWDS_MAX, NOW_MS + CROWDED_MS));
    }
}

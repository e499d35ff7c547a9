//! Where so many wait that others can share no look: a range of all would be read, found cut, and read again narrower.

use crate::config::{CROWDED_MS, CROWDS_MAX};
use crate::landing::{Pool, pool_of};
use domain::Look;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Of each pool the last one.
#[derive(Default)]
pub struct Crowds(Mutex<HashMap<Pool, Crowd>>);

/// Within a look that was cut.
struct Crowd {
    /// In ms since the Unix epoch.
    until_ms: u64,
    low: f64,
    high: f64,
}

impl Crowds {
    /// A look was cut.
    pub fn note(&self, look: &Look, now_ms: u64) {
        let mut crowds = self.crowds();
        if crowds.len() >= CROWDS_MAX {
            crowds.retain(|_, crowd| now_ms < crowd.until_ms);
        }
        if crowds.len() < CROWDS_MAX {
            crowds.insert(pool_of(look), Crowd { until_ms: now_ms + CROWDED_MS, low: look.low, high: look.high });
        }
    }

    pub fn is_crowded(&self, look: &Look, now_ms: u64) -> bool {
        let is_there = |crowd: &Crowd| now_ms < crowd.until_ms && crowd.low <= look.low && look.high <= crowd.high;
        self.crowds().get(&pool_of(look)).is_some_and(is_there)
    }

    fn crowds(&self) -> MutexGuard<'_, HashMap<Pool, Crowd>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::waiting::testing::{NOW_MS, rules_elsewhere, solos};

    #[test]
    fn where_a_look_was_cut_it_is_crowded_for_a_while_and_elsewhere_it_is_not() {
        let crowds = Crowds::default();
        let look = solos(&[1500.0]).remove(0).look(0);
        let elsewhere = rules_elsewhere().iter().next().unwrap().look(&solos(&[1500.0])[0].party, 0);
        crowds.note(&look, NOW_MS);
        assert!(crowds.is_crowded(&look, NOW_MS + CROWDED_MS - 1) && !crowds.is_crowded(&elsewhere, NOW_MS));
        assert!(!crowds.is_crowded(&solos(&[3000.0]).remove(0).look(0), NOW_MS), "other ratings");
        assert!(!crowds.is_crowded(&look, NOW_MS + CROWDED_MS));
    }

    #[test]
    fn no_more_pools_are_known_than_there_is_room_for() {
        let crowds = Crowds::default();
        let look = |number: usize| Look { pool: number.to_string(), ..solos(&[1500.0]).remove(0).look(0) };
        (0..=CROWDS_MAX).for_each(|number| crowds.note(&look(number), NOW_MS));
        assert!(!crowds.is_crowded(&look(CROWDS_MAX), NOW_MS));
        crowds.note(&look(CROWDS_MAX), NOW_MS + CROWDED_MS);
        assert!(crowds.is_crowded(&look(CROWDS_MAX), NOW_MS + CROWDED_MS));
    }
}

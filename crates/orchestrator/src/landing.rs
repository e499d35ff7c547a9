//! Where arrivals wait for their first look. Those of one pool that come while others of it are looked for would find the same matches, and
//! one of two in vain: they wait for these, and are looked for together.

use crate::waiting::Waiting;
use domain::{Look, QueueName};
use parking_lot::Mutex;
use std::collections::HashMap;

/// What can be matched with one another: a queue and one of its pools.
pub type Pool = (QueueName, String);

/// The pool that a look reads.
pub fn pool_of(look: &Look) -> Pool {
    (look.queue.clone(), look.pool.clone())
}

/// Bounded by the room that each arrival has, and by the tickets that are held here.
#[derive(Default)]
pub struct Landing(Mutex<HashMap<Pool, Vec<Waiting>>>);

impl Landing {
    /// Puts an arrival among those of its pool. Answers the pool where nobody takes from it yet.
    pub fn put(&self, waiting: Waiting) -> Option<Pool> {
        let pool = (waiting.place.queue.clone(), waiting.place.pool.clone());
        let mut lanes = self.0.lock();
        let is_driven = lanes.contains_key(&pool);
        lanes.entry(pool.clone()).or_default().push(waiting);
        (!is_driven).then_some(pool)
    }

    /// Takes up to `max` arrivals of a pool, the first to come first. None when there are none: then nobody takes from it any more.
    pub fn take(&self, pool: &Pool, max: usize) -> Option<Vec<Waiting>> {
        let mut lanes = self.0.lock();
        let lane = lanes.get_mut(pool)?;
        if lane.is_empty() {
            lanes.remove(pool);
            return None;
        }
        Some(lane.drain(..lane.len().min(max)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::waiting::testing::solos;

    #[test]
    fn those_who_come_meanwhile_are_taken_together_by_whoever_took_the_first() {
        let landing = Landing::default();
        let mut solos = solos(&[1500.0; 4]).into_iter();
        let pool = landing.put(solos.next().unwrap()).expect("nobody takes them yet");
        let taken =
            |max| landing.take(&pool, max).map(|taken| taken.iter().map(|waiting| waiting.id.0).collect::<Vec<_>>());
        assert_eq!(taken(2), Some(vec![0]));
        solos.by_ref().for_each(|waiting| assert_eq!(landing.put(waiting), None));
        assert_eq!((taken(2), taken(2), taken(2)), (Some(vec![1, 2]), Some(vec![3]), None));
    }
}

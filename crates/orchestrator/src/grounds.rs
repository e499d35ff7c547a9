//! What windows are being looked through. Two at once over the same tickets would find the same matches, and one of them in vain: the
//! more so the more there is to do.

use domain::Look;
use parking_lot::Mutex;
use std::sync::Arc;

#[derive(Default)]
pub struct Grounds(Mutex<Vec<Arc<Look>>>);

/// What one window looks through, given back when it is dropped.
pub struct Ground {
    look: Arc<Look>,
    grounds: Arc<Grounds>,
}

impl Grounds {
    /// Takes what `look` covers; none while a window over some of the same tickets is looked through.
    pub fn enter(self: &Arc<Self>, look: &Look) -> Option<Ground> {
        let mut entered = self.0.lock();
        if entered.iter().any(|other| overlap(look, other)) {
            return None;
        }
        let look = Arc::new(look.clone());
        entered.push(look.clone());
        drop(entered);
        Some(Ground { look, grounds: self.clone() })
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        self.grounds.0.lock().retain(|look| !Arc::ptr_eq(look, &self.look));
    }
}

fn overlap(one: &Look, other: &Look) -> bool {
    one.queue == other.queue
        && one.pool == other.pool
        && one.low <= other.high
        && other.low <= one.high
        && one.regions.iter().any(|region| other.regions.contains(region))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::waiting::testing::{rules_elsewhere, solos};

    #[test]
    fn a_ground_is_entered_by_one_window_at_a_time_and_others_beside_it() {
        let grounds = Arc::new(Grounds::default());
        let [low, middle, high] = [1500.0, 1550.0, 3000.0].map(|rating| solos(&[rating]).remove(0));
        let elsewhere =
            Look { regions: vec!["eu".to_owned()], ..solos(&[1500.0]).remove(0).under(&rules_elsewhere()).look(0) };
        let entered = grounds.enter(&low.look(0)).unwrap();
        assert!(grounds.enter(&middle.look(0)).is_none(), "ratings that overlap");
        assert!(grounds.enter(&high.look(0)).is_some());
        assert!(grounds.enter(&elsewhere).is_some(), "another region");
        drop(entered);
        assert!(grounds.enter(&middle.look(0)).is_some());
    }
}

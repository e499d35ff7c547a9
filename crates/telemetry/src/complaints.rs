//! What is lost on its way out, told at a bounded rate.

use std::time::{Duration, Instant};

/// At most one complaint in this time, in ms.
const COMPLAINT_MS_MIN: u64 = 60_000;

#[derive(Debug, Default)]
pub struct Complaints {
    lost: usize,
    told: Option<Instant>,
}

impl Complaints {
    /// Counts the loss; how many to complain of when it is time to.
    pub fn lost(&mut self, lost: usize, now: Instant) -> Option<usize> {
        self.lost += lost;
        let pause = Duration::from_millis(COMPLAINT_MS_MIN);
        if self.told.is_some_and(|told| now.duration_since(told) < pause) {
            return None;
        }
        self.told = Some(now);
        Some(std::mem::take(&mut self.lost))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_told_once_a_minute_and_none_is_forgotten() {
        let (mut complaints, start) = (Complaints::default(), Instant::now());
        assert_eq!(complaints.lost(5, start), Some(5));
        assert_eq!(complaints.lost(7, start + Duration::from_secs(59)), None);
        assert_eq!(complaints.lost(1, start + Duration::from_secs(60)), Some(8));
    }
}

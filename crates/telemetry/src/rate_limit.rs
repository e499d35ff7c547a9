//! What may be told how often, so that no log and no exporter is flooded.

use std::time::{Duration, Instant};

/// At most one complaint about one thing in this time.
const COMPLAINT_EVERY: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub struct RateLimit {
    most: usize,
    within: Duration,
    began: Option<Instant>,
    told: usize,
    untold: usize,
    /// It was told since the last rest.
    is_restless: bool,
}

impl RateLimit {
    /// At most so many tellings from the first of them on, `within` this time.
    pub const fn new(most: usize, within: Duration) -> Self {
        Self { most, within, began: None, told: 0, untold: 0, is_restless: false }
    }

    pub const fn of_complaints() -> Self {
        Self::new(1, COMPLAINT_EVERY)
    }

    /// How many things were not told yet, where any were told since the last rest: they are told now. Nothing is told sooner again for it.
    pub fn rest(&mut self) -> Option<usize> {
        std::mem::take(&mut self.is_restless).then(|| std::mem::take(&mut self.untold))
    }

    /// How many things there are to tell of when it is time to: these, and those that were not told before them.
    pub fn spend(&mut self, things: usize, now: Instant) -> Option<usize> {
        self.untold += things;
        if self.began.is_none_or(|began| now.duration_since(began) >= self.within) {
            (self.began, self.told) = (Some(now), 0);
        }
        if self.told >= self.most {
            return None;
        }
        self.told += 1;
        self.is_restless = true;
        Some(std::mem::take(&mut self.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_told_than_may_be_and_none_is_forgotten() {
        let (mut limit, start) = (RateLimit::new(2, Duration::from_secs(60)), Instant::now());
        assert_eq!(limit.spend(5, start), Some(5));
        assert_eq!(limit.spend(1, start), Some(1));
        assert_eq!(limit.spend(7, start + Duration::from_secs(59)), None);
        assert_eq!(limit.spend(1, start + Duration::from_secs(60)), Some(8));
    }

    #[test]
    fn what_comes_and_goes_is_told_no_more_often_for_that() {
        let (mut limit, start) = (RateLimit::of_complaints(), Instant::now());
        assert_eq!((limit.rest(), limit.spend(5, start), limit.spend(2, start)), (None, Some(5), None));
        assert_eq!((limit.rest(), limit.rest()), (Some(2), None));
        assert_eq!((limit.spend(1, start), limit.rest()), (None, None));
        assert_eq!(limit.spend(1, start + COMPLAINT_EVERY), Some(2));
    }
}

//! How long to wait before trying again.

use std::time::Duration;

/// First wait, in ms.
const BACKOFF_MS_MIN: u64 = 50;
/// Longest wait, in ms: an outage that ends is noticed within it.
pub(crate) const BACKOFF_MS_MAX: u64 = 1_000;

/// Waits that double up to a bound, the same every time.
#[derive(Debug, Clone)]
pub struct Backoff {
    next_ms: u64,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { next_ms: BACKOFF_MS_MIN }
    }
}

impl Backoff {
    /// The next wait.
    pub fn step(&mut self) -> Duration {
        let wait_ms = self.next_ms;
        self.next_ms = (wait_ms * 2).min(BACKOFF_MS_MAX);
        Duration::from_millis(wait_ms)
    }

    /// It worked: the next failure waits shortly again.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_bound_and_start_over() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..7).map(|_| backoff.step().as_millis()).collect();
        assert_eq!(waits, [50, 100, 200, 400, 800, 1_000, 1_000]);
        backoff.reset();
        assert_eq!(backoff.step().as_millis(), 50);
    }
}

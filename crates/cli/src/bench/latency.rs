//! How long something took, over many times.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Each value is told to a thousandth of itself.
const DIGITS: u8 = 3;

/// In ms; all zero where nothing was taken down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    pub count: usize,
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub p999: f64,
    pub max: f64,
}

impl Latency {
    /// Of all of these.
    #[allow(clippy::expect_used, reason = "a number of digits that is known to be one")]
    pub fn of(all: impl Iterator<Item = Duration>) -> Self {
        let mut took_us = Histogram::<u64>::new(DIGITS).expect("1 to 5 digits");
        for took in all {
            // It grows with the longest.
            let _ = took_us.record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        }
        let ms = |us: u64| us as f64 / 1e3;
        let at = |share: f64| ms(took_us.value_at_quantile(share));
        Self {
            count: took_us.len() as usize,
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: ms(took_us.max()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_took_long_is_not_lost_among_what_did_not() {
        let all = Latency::of((1..=999).chain([60_000]).map(Duration::from_millis));
        let near = |value: f64, expected: f64| (value / expected - 1.0).abs() < 0.002;
        assert_eq!(all.count, 1_000);
        assert!(
            near(all.p50, 500.0) && near(all.p99, 990.0) && near(all.p999, 999.0) && near(all.max, 60_000.0),
            "{all:?}"
        );
        assert_eq!(Latency::of(std::iter::empty()), Latency::default());
    }
}

//! Exact figures over sorted samples.

use serde::Serialize;

/// How a quantity spreads. All zero where there is no sample.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Spread {
    pub count: usize,
    pub mean: f64,
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub worst: f64,
}

impl Spread {
    pub fn of(mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        let Some(worst) = samples.last().copied() else { return Self::default() };
        let count = samples.len();
        let mean = samples.iter().sum::<f64>() / count as f64;
        let [p50, p90, p99] = [0.50, 0.90, 0.99].map(|share| nearest_rank(&samples, share));
        Self { count, mean, p50, p90, p99, worst }
    }

    /// Every figure but the count times `factor`: in another unit.
    pub fn scaled(self, factor: f64) -> Self {
        let Self { count, mean, p50, p90, p99, worst } = self;
        let [mean, p50, p90, p99, worst] = [mean, p50, p90, p99, worst].map(|value| value * factor);
        Self { count, mean, p50, p90, p99, worst }
    }
}

/// The smallest sample that at least `share` of all do not exceed.
fn nearest_rank(sorted: &[f64], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn percentiles_are_samples() {
        let spread = Spread::of((1..=100).rev().map(f64::from).collect());
        assert_eq!(spread, Spread { count: 100, mean: 50.5, p50: 50.0, p90: 90.0, p99: 99.0, worst: 100.0 });
        let one = Spread::of(vec![7.0]);
        assert_eq!((one.p50, one.p99, one.worst), (7.0, 7.0, 7.0));
        assert_eq!(one.scaled(2.0).mean, 14.0);
        assert_eq!(Spread::of(Vec::new()), Spread::default());
    }
}

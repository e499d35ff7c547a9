//! When tickets are due.

use crate::dice::Dice;
use serde::{Deserialize, Serialize};
use std::iter::successors;

/// How tickets are spread over a second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arrivals {
    /// At even distances
    #[default]
    Even,
    /// Each whenever it likes, as those of a crowd do: a Poisson process, the same each time
    Poisson,
}

impl Arrivals {
    /// When tickets are due of which so many come a second, without end, in s from the first on; the same for the same `seed`.
    pub fn times(self, rate: f64, seed: u64) -> Box<dyn Iterator<Item = f64> + Send> {
        let mut dice = Dice::new(seed);
        // The distances of a Poisson process have an exponential distribution.
        let mut distance_s = move || -dice.share().ln() / rate;
        match self {
            Self::Even => Box::new((0_usize..).map(move |number| number as f64 / rate)),
            Self::Poisson => Box::new(successors(Some(0.0), move |at_s| Some(at_s + distance_s()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_come_in_a_second_at_even_distances_or_not() {
        let came = |arrivals: Arrivals, seed| arrivals.times(1_000.0, seed).take(100_000).collect::<Vec<f64>>();
        assert_eq!(came(Arrivals::Even, 1)[..3], [0.0, 0.001, 0.002]);
        let crowd = came(Arrivals::Poisson, 1);
        assert!((crowd[99_999] - 100.0).abs() < 2.0, "{}", crowd[99_999]);
        // Of an exponential distribution this share is longer than the mean.
        let longer = crowd.windows(2).filter(|pair| pair[1] - pair[0] > 0.001).count() as f64 / 1e5;
        assert!((longer - (-1.0_f64).exp()).abs() < 0.01, "{longer}");
        assert!(came(Arrivals::Poisson, 1) == crowd && came(Arrivals::Poisson, 2) != crowd);
    }
}

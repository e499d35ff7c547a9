//! What came of all rounds.

use super::Struck;
use crate::bench::range::Range;
use std::fmt;

pub struct Summary<'a>(pub &'a [Struck]);

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(all) = self;
        write!(f, "\n{:<22} {:>23} {:>6}", "", "p99 ratio", "rounds")?;
        for first in all.iter().filter(|struck| struck.round == 1) {
            let ratios = || all.iter().filter(|other| other.trouble == first.trouble).filter_map(|it| it.p99_ratio);
            let shown = if ratios().count() == 0 { "none".to_owned() } else { Range::of(ratios()).shown(2) };
            write!(f, "\n{:<22} {shown:>23} {:>6}", first.trouble, ratios().count())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::latency::Latency;

    fn struck(trouble: &'static str, round: usize, p99_ratio: Option<f64>) -> Struck {
        let (without_ms, with_ms) = (Latency::default(), Latency::default());
        Struck { trouble, round, rate: 500.0, without_ms, with_ms, p99_ratio, left_without: 0, left_with: 0 }
    }

    #[test]
    fn each_trouble_is_told_once_over_the_rounds_that_had_a_ratio() {
        let rounds = [("nothing", [Some(1.0), Some(1.2), Some(0.9)]), ("noisy-realm", [None, None, Some(2.0)])];
        let round = |at: usize| rounds.iter().map(move |(trouble, ratios)| struck(trouble, at + 1, ratios[at]));
        let told = Summary(&(0..3).flat_map(round).collect::<Vec<_>>()).to_string();
        let lines: Vec<Vec<&str>> = told.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(
            lines[2..],
            [
                vec!["nothing", "1.00", "(0.90", "to", "1.20)", "3"],
                vec!["noisy-realm", "2.00", "(2.00", "to", "2.00)", "1"]
            ]
        );
    }
}

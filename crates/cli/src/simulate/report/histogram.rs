//! How a quantity spreads: bars for shares of all, the rules' side by side.

use super::paint::{Axes, COLORS, reference, svg};
use super::scale::round_step;
use plotters::prelude::*;

const HEIGHT: u32 = 320;
const BINS_MAX: f64 = 24.0;
/// Share of the samples that the axis reaches to, from both rules together; the last bar holds those beyond.
const REACH: f64 = 0.995;

pub struct Histogram<'a> {
    /// One for each of the rules.
    pub samples: &'a [Vec<f64>],
    pub x_desc: &'a str,
    pub y_desc: &'a str,
    /// Where the axis begins.
    pub from: f64,
    /// A line worth knowing, and what it is.
    pub reference: Option<(f64, &'a str)>,
}

impl Histogram<'_> {
    pub fn svg(&self) -> anyhow::Result<String> {
        let (width, bins) = self.bins();
        let shares: Vec<Vec<f64>> =
            self.samples.iter().map(|samples| shares(samples, self.from, width, bins)).collect();
        let highest = shares.iter().flatten().copied().fold(0.0, f64::max).max(1.0);
        let (x, y) = (self.from..self.from + width * bins as f64, 0.0..highest * 1.08);
        let axes = Axes { x, y: y.clone(), x_desc: self.x_desc, y_desc: self.y_desc, rows: None };
        svg(HEIGHT, |area| {
            let mut chart = axes.draw(area)?;
            let part = width * 0.9 / shares.len() as f64;
            for (at, (shares, color)) in shares.iter().zip(COLORS).enumerate() {
                let bar = |(bin, share): (usize, &f64)| {
                    let left = self.from + width * (bin as f64 + 0.05) + part * at as f64;
                    Rectangle::new([(left, 0.0), (left + part, *share)], color.filled())
                };
                chart.draw_series(shares.iter().enumerate().map(bar))?;
            }
            if let Some((at, label)) = self.reference {
                reference(&mut chart, at, &y, label)?;
            }
            Ok(())
        })
    }

    /// Width and number of the bars: the same for all rules.
    fn bins(&self) -> (f64, usize) {
        let mut all: Vec<f64> = self.samples.iter().flatten().copied().collect();
        all.sort_by(f64::total_cmp);
        let end = all.get((all.len() as f64 * REACH) as usize).or(all.last()).copied().unwrap_or_default();
        let reach = (end - self.from).max(0.0);
        let width = round_step(reach / BINS_MAX);
        (width, ((reach / width).floor() as usize + 1).max(4))
    }
}

/// In percent of all samples; the last bar holds those beyond it.
fn shares(samples: &[f64], from: f64, width: f64, bins: usize) -> Vec<f64> {
    let mut shares = vec![0.0; bins];
    for sample in samples {
        let bin = ((sample - from) / width).max(0.0) as usize;
        shares[bin.min(bins - 1)] += 100.0 / samples.len() as f64;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_stands_in_one_bar() {
        assert_eq!(shares(&[0.0, 0.9, 1.0, 99.0], 0.0, 1.0, 4), [50.0, 25.0, 0.0, 25.0]);
    }
}

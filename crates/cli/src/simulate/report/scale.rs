//! An axis whose ticks are ours to choose: round numbers, or rows with names.

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use std::ops::Range;

pub struct Scale {
    line: RangedCoordf64,
    ticks: Vec<f64>,
    /// By row, where it counts rows.
    names: Vec<String>,
}

impl Scale {
    /// With at most about `ticks` round numbers.
    pub fn of_numbers(range: &Range<f64>, ticks: usize) -> Self {
        let step = round_step((range.end - range.start) / ticks as f64);
        let (first, last) = ((range.start / step).ceil() as i64, (range.end / step).floor() as i64);
        let ticks = (first..=last).map(|tick| tick as f64 * step).collect();
        Self { line: range.clone().into(), ticks, names: Vec::new() }
    }

    /// Each row takes 1, the first from 0.
    pub fn of_rows(names: &[String]) -> Self {
        let ticks = (0..names.len()).map(|row| row as f64 + 0.5).collect();
        Self { line: (0.0..names.len().max(1) as f64).into(), ticks, names: names.to_vec() }
    }
}

impl Ranged for Scale {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        self.line.map(value, limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.line.range()
    }
}

impl ValueFormatter<f64> for Scale {
    fn format(value: &f64) -> String {
        number(*value)
    }

    fn format_ext(&self, value: &f64) -> String {
        self.names.get(value.max(0.0) as usize).cloned().unwrap_or_else(|| number(*value))
    }
}

/// Longer numbers are easier to read in groups of three digits.
const GROUPED_FROM: f64 = 10_000.0;

/// The smallest of 1, 2 and 5 times a power of ten that is at least `least`; 1 for nothing.
pub fn round_step(least: f64) -> f64 {
    if !(least.is_finite() && least > 0.0) {
        return 1.0;
    }
    let power = 10f64.powf(least.log10().floor());
    // What 10^n loses by rounding must not make a step of it.
    let reaches = |step: &f64| step * power >= least * 0.999_999;
    [1.0, 2.0, 5.0].into_iter().find(reaches).unwrap_or(10.0) * power
}

/// As many digits as it needs, two after the point at most.
pub fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match text {
        "-0" => "0".to_owned(),
        text if value >= GROUPED_FROM => grouped(text),
        text => text.to_owned(),
    }
}

/// With a comma after each three digits before the point.
fn grouped(text: &str) -> String {
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_rows_have_names() {
        assert_eq!([0.3, 1.0, 1.1, 21.0, 0.0].map(round_step), [0.5, 1.0, 2.0, 50.0, 1.0]);
        assert_eq!(Scale::of_numbers(&(0.0..11.0), 5).ticks, [0.0, 5.0, 10.0]);
        assert_eq!(
            [0.5, 1234.567, -0.0, 10_000.0, 209_696.5].map(number),
            ["0.5", "1234.57", "0", "10,000", "209,696.5"]
        );
        let rows = Scale::of_rows(&["eu".to_owned(), "us".to_owned()]);
        assert_eq!(rows.ticks.iter().map(|at| rows.format_ext(at)).collect::<Vec<_>>(), ["eu", "us"]);
    }
}

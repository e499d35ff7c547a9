//! Rows of bars, one bar in each for each of the rules.

use super::paint::{Axes, COLORS, beside, svg};
use super::scale::number;
use plotters::prelude::*;

/// Of one row, and of what is not rows.
const ROW_PX: u32 = 30;
const FRAME_PX: u32 = 72;
/// What rows of two bars need more than rows of one.
const SECOND_BAR_PX: u32 = 10;

pub struct Bars<'a> {
    /// From the bottom to the top.
    pub rows: &'a [String],
    /// A value for each row, for each of the rules; none where there is nothing to show.
    pub values: &'a [Vec<Option<f64>>],
    pub x_desc: &'a str,
    pub y_desc: &'a str,
}

impl Bars<'_> {
    pub fn svg(&self) -> anyhow::Result<String> {
        let count = self.rows.len().max(1);
        let row_px = ROW_PX + SECOND_BAR_PX * (self.values.len() as u32).saturating_sub(1);
        let most = self.values.iter().flatten().filter_map(|value| *value).fold(0.0, f64::max);
        let axes = Axes {
            x: 0.0..most.max(f64::MIN_POSITIVE) * 1.16,
            y: 0.0..count as f64,
            x_desc: self.x_desc,
            y_desc: self.y_desc,
            rows: Some(self.rows),
        };
        svg(FRAME_PX + row_px * count as u32, |area| {
            let mut chart = axes.draw(area)?;
            let part = 0.8 / self.values.len() as f64;
            for (at, (values, color)) in self.values.iter().zip(COLORS).enumerate() {
                for (row, value) in values.iter().enumerate().filter_map(|(row, value)| Some((row, (*value)?))) {
                    // The first of the rules stands above the second.
                    let top = row as f64 + 0.9 - part * at as f64;
                    let bar = Rectangle::new([(0.0, top - part), (value, top)], color.filled());
                    chart.draw_series([bar])?;
                    let label = number((value * 10.0).round() / 10.0);
                    let end = EmptyElement::at((value, top - part / 2.0));
                    chart.draw_series([end + Text::new(label, (5, 0), beside())])?;
                }
            }
            Ok(())
        })
    }
}

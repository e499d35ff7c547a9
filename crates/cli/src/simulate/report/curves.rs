//! Lines through points, one for each of the rules.

use super::paint::{Axes, COLORS, Chart, INK, beside, svg};
use plotters::prelude::*;
use std::ops::Range;

const HEIGHT: u32 = 340;
const POINT_PX: i32 = 5;
const MARKED_PX: i32 = 8;
const RING_PX: i32 = 12;
/// Where a point's name stands: above the outermost line, below another, so that names keep clear of both.
const ABOVE_PX: (i32, i32) = (12, -12);
const BELOW_PX: (i32, i32) = (-44, 14);

#[derive(Default)]
pub struct Curves<'a> {
    /// One for each of the rules, each from left to right.
    pub lines: &'a [Vec<(f64, f64)>],
    pub x_desc: &'a str,
    pub y_desc: &'a str,
    /// What the y axis shows; from 0 to above the highest point where nothing is said.
    pub y: Option<Range<f64>>,
    /// What each point of every line is called; without, no points are shown.
    pub names: &'a [String],
    /// The point to mark above others.
    pub marked: usize,
}

impl Curves<'_> {
    pub fn svg(&self) -> anyhow::Result<String> {
        let highest =
            |of: fn(&(f64, f64)) -> f64| self.lines.iter().flatten().map(of).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
        let room = if self.names.is_empty() { 1.0 } else { 1.12 };
        let x = 0.0..highest(|(x, _)| *x) * room;
        let y = self.y.clone().unwrap_or(0.0..highest(|(_, y)| *y) * 1.12);
        let axes = Axes { x, y, x_desc: self.x_desc, y_desc: self.y_desc, rows: None };
        let outermost = outermost(self.lines);
        svg(HEIGHT, |area| {
            let mut chart = axes.draw(area)?;
            for (at, (line, color)) in self.lines.iter().zip(COLORS).enumerate() {
                draw_line(&mut chart, line, color.stroke_width(3), at == 0)?;
                let name_px = if at == outermost { ABOVE_PX } else { BELOW_PX };
                self.draw_points(&mut chart, line, color, name_px)?;
            }
            Ok(())
        })
    }

    fn draw_points(
        &self,
        chart: &mut Chart,
        line: &[(f64, f64)],
        color: RGBColor,
        name_px: (i32, i32),
    ) -> anyhow::Result<()> {
        for (at, (point, name)) in line.iter().zip(self.names).enumerate() {
            let radius = if at == self.marked { MARKED_PX } else { POINT_PX };
            let dot = EmptyElement::at(*point) + Circle::new((0, 0), radius, color.filled());
            chart.draw_series([dot + Text::new(name.clone(), name_px, beside())])?;
            if at == self.marked {
                let ring = Circle::new((0, 0), RING_PX, INK.stroke_width(2));
                chart.draw_series([EmptyElement::at(*point) + ring])?;
            }
        }
        Ok(())
    }
}

/// The line that lies farthest from the corner where both axes are 0: that with the greatest mean area under a point.
fn outermost(lines: &[Vec<(f64, f64)>]) -> usize {
    let area = |line: &Vec<(f64, f64)>| line.iter().map(|(x, y)| x * y).sum::<f64>() / line.len().max(1) as f64;
    let areas = lines.iter().map(area).enumerate();
    areas.max_by(|(_, a), (_, b)| a.total_cmp(b)).map_or(0, |(at, _)| at)
}

/// The second line is dashed, so that colours alone need not tell.
fn draw_line(chart: &mut Chart, line: &[(f64, f64)], stroke: ShapeStyle, solid: bool) -> anyhow::Result<()> {
    let points = line.iter().copied();
    if solid {
        chart.draw_series(LineSeries::new(points, stroke))?;
    } else {
        chart.draw_series(DashedLineSeries::new(points, 10, 4, stroke))?;
    }
    Ok(())
}

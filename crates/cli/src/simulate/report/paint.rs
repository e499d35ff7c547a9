//! What all pictures have in common: size, type, colours, axes.

use super::scale::Scale;
use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::cartesian::Cartesian2d;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::ops::Range;

/// For the first and the second rules: blue and orange of Okabe and Ito's set, told apart with every kind of sight, and by their
/// lightness in grey.
pub const COLORS: [RGBColor; 2] = [RGBColor(0, 114, 178), RGBColor(230, 159, 0)];
/// Text, axes and reference lines.
pub const INK: RGBColor = RGBColor(51, 60, 71);
const MESH: RGBColor = RGBColor(226, 230, 235);

pub const WIDTH: u32 = 640;
const FONT: &str = "sans-serif";
const TICK_PX: i32 = 17;
const DESC_PX: i32 = 18;
const X_LABELS_PX: i32 = 54;
const Y_LABELS_PX: i32 = 70;
const X_TICKS: usize = 7;
const Y_TICKS: usize = 6;

pub type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
pub type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Scale, Scale>>;

/// The frame of one picture. Descriptions name the unit.
pub struct Axes<'a> {
    pub x: Range<f64>,
    pub y: Range<f64>,
    pub x_desc: &'a str,
    pub y_desc: &'a str,
    /// Names of rows that the y axis counts from 0, where it counts rows.
    pub rows: Option<&'a [String]>,
}

/// A picture of `height` px.
pub fn svg(height: u32, draw: impl FnOnce(&Area) -> anyhow::Result<()>) -> anyhow::Result<String> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (WIDTH, height)).into_drawing_area();
        draw(&area)?;
        area.present()?;
    }
    // It shrinks with the page.
    Ok(text.replacen(&format!("width=\"{WIDTH}\" height=\"{height}\" "), "", 1))
}

impl Axes<'_> {
    pub fn draw<'a, 'b>(&self, area: &'a Area<'b>) -> anyhow::Result<Chart<'a, 'b>> {
        let x = Scale::of_numbers(&self.x, X_TICKS);
        let y = self.rows.map_or_else(|| Scale::of_numbers(&self.y, Y_TICKS), Scale::of_rows);
        let labels_px = self.rows.map_or(Y_LABELS_PX, rows_px);
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .margin_right(20)
            .x_label_area_size(X_LABELS_PX)
            .y_label_area_size(labels_px)
            .build_cartesian_2d(x, y)?;
        let mut mesh = chart.configure_mesh();
        mesh.x_desc(self.x_desc)
            .y_desc(self.y_desc)
            .axis_desc_style((FONT, DESC_PX, &INK))
            .label_style((FONT, TICK_PX, &INK))
            .bold_line_style(MESH)
            .light_line_style(TRANSPARENT)
            .axis_style(INK.mix(0.6));
        if self.rows.is_some() {
            mesh.disable_y_mesh();
        }
        mesh.draw()?;
        Ok(chart)
    }
}

/// Text of a picture, to the right of where it is put and level with it.
pub fn beside<'a>() -> TextStyle<'a> {
    (FONT, TICK_PX, &INK).into_text_style(&(WIDTH, WIDTH)).pos(Pos::new(HPos::Left, VPos::Center))
}

/// A dashed line across at `x`, which `label` explains.
pub fn reference(chart: &mut Chart, x: f64, y: &Range<f64>, label: &str) -> anyhow::Result<()> {
    let dashes = DashedLineSeries::new([(x, y.start), (x, y.end)], 6, 5, INK.stroke_width(2));
    chart.draw_series(dashes)?;
    let at = (x, y.start + (y.end - y.start) * 0.96);
    chart.draw_series([EmptyElement::at(at) + Text::new(label.to_owned(), (6, 0), beside())])?;
    Ok(())
}

/// Room for the longest name.
fn rows_px(rows: &[String]) -> i32 {
    let longest = rows.iter().map(|row| row.chars().count()).max().unwrap_or_default();
    longest as i32 * TICK_PX * 11 / 20 + 46
}

//! `report.html`: one page that needs nothing else. What it shows is worked out by `sections`, drawn by plotters in `histogram`,
//! `curves` and `bars`, and put together here.

mod bars;
mod curves;
mod histogram;
mod html;
mod paint;
mod scale;
mod sections;
mod tables;

use super::runs::Run;
use html::escaped;
use paint::COLORS;

const STYLE: &str = include_str!("report/style.css");

/// The whole page, about one rules file or two.
pub fn page(trace: &str, runs: &[Run]) -> anyhow::Result<String> {
    let queue = runs.first().map_or("", |run| &run.summary.queue);
    let mut body =
        format!("<header><h1>Queue {}</h1>{}{}</header>", escaped(queue), subtitle(trace, runs), legend(runs));
    body += &tables::tiles(runs);
    for section in sections::all(runs)? {
        body += &format!("<section><h2>{}</h2><p>{}</p><div class=\"cards\">", section.title, section.text);
        section.cards.iter().for_each(|card| body += &card.html());
        body += "</div></section>";
    }
    body += &format!("<section><h2>Every figure</h2>{}</section>", tables::figures(runs));
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{} simulated</title><style>{STYLE}</style></head><body>{body}</body></html>\n",
        escaped(queue)
    ))
}

fn subtitle(trace: &str, runs: &[Run]) -> String {
    let Some(run) = runs.first() else { return String::new() };
    let (first, last) = (run.crowd.tickets.first(), run.crowd.tickets.last());
    let length_ms = last.map_or(0, |last| last.queued_ms) - first.map_or(0, |first| first.queued_ms);
    let name = trace.rsplit('/').next().unwrap_or(trace);
    let (players, minutes) = (run.summary.players, length_ms as f64 / 60_000.0);
    format!("<p>{players} players of {} in {minutes:.0} minutes, on a virtual clock</p>", escaped(name))
}

fn legend(runs: &[Run]) -> String {
    let entry = |(run, color): (&Run, plotters::style::RGBColor)| {
        let (rules, version) = (escaped(&run.summary.rules), &run.summary.rules_version);
        format!("<span>{}<b>{rules}</b> <code>{version}</code></span>", html::swatch(color))
    };
    format!("<div class=\"legend\">{}</div>", runs.iter().zip(COLORS).map(entry).collect::<String>())
}

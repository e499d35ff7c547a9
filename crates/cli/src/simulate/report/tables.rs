//! The page's figures in letters.

use super::html::{escaped, swatch};
use super::paint::COLORS;
use super::scale::number;
use crate::simulate::figures::{figures as figures_of, of_matches, percent, share};
use crate::simulate::groups::Group;
use crate::simulate::runs::Run;
use crate::simulate::summary::Summary;

type Tile = (&'static str, fn(&Summary) -> Option<String>);

const TILES: [Tile; 7] = [
    ("matched", |s| Some(share(s.players_matched, s.players))),
    ("mean wait", |s| Some(of_matches(s, format!("{:.1} s", s.wait_ms.mean / 1e3)))),
    ("90 % wait at most", |s| Some(of_matches(s, format!("{:.1} s", s.wait_ms.p90 / 1e3)))),
    ("mean gap of teams", |s| Some(of_matches(s, format!("{:.1} points", s.rating_gap_mean)))),
    ("even matches", |s| Some(of_matches(s, percent(s.even_share)))),
    ("good pings", |s| s.rtt_good_share.map(percent)),
    ("wait + price × gap", |s| s.j_s.map(|j_s| format!("{j_s:.2} s"))),
];

/// The few figures to look at first.
pub fn tiles(runs: &[Run]) -> String {
    let tile = |(name, told): Tile| {
        let values: Vec<String> = runs
            .iter()
            .zip(COLORS)
            .filter_map(|(run, color)| {
                let dot = if runs.len() > 1 { swatch(color) } else { String::new() };
                told(&run.summary).map(|value| format!("<strong>{dot}{value}</strong>"))
            })
            .collect();
        if values.is_empty() {
            return String::new();
        }
        format!("<div>{}<span>{name}</span></div>", values.concat())
    };
    format!("<div class=\"tiles\">{}</div>", TILES.into_iter().map(tile).collect::<String>())
}

pub fn figures(runs: &[Run]) -> String {
    let heads = runs.iter().map(|run| format!("<th>{}</th>", escaped(&run.summary.rules))).collect::<String>();
    let summaries: Vec<&Summary> = runs.iter().map(|run| &run.summary).collect();
    let row = |(name, told): (&str, Vec<String>)| {
        let cells = told.iter().map(|told| format!("<td>{}</td>", escaped(told))).collect::<String>();
        format!("<tr><th>{name}</th>{cells}</tr>")
    };
    let rows = figures_of(&summaries).map(row).collect::<String>();
    format!("<table><thead><tr><th></th>{heads}</tr></thead><tbody>{rows}</tbody></table>")
}

/// Rows by name, from the last of `names` to the first, as the bars stand.
pub fn groups(names: &[String], groups: &[&[Group]]) -> String {
    let head = "<th>players</th><th>expired</th><th>mean wait, s</th><th>mean gap, points</th>";
    let swatches = groups.iter().zip(COLORS).map(|(_, color)| format!("<th colspan=\"4\">{}</th>", swatch(color)));
    let cells = |group: Option<&Group>| match group {
        Some(Group { players, players_expired, wait_mean_s, rating_gap_mean, .. }) => {
            format!(
                "<td>{players}</td><td>{players_expired}</td><td>{}</td><td>{}</td>",
                wait_mean_s.map(|wait_s| format!("{wait_s:.2}")).unwrap_or_default(),
                rating_gap_mean.map(|gap| number((gap * 10.0).round() / 10.0)).unwrap_or_default()
            )
        }
        None => "<td></td>".repeat(4),
    };
    let row = |name: &String| {
        let of = |groups: &&[Group]| cells(groups.iter().find(|group| group.name == *name));
        format!("<tr><th>{}</th>{}</tr>", escaped(name), groups.iter().map(of).collect::<String>())
    };
    let rows = names.iter().rev().map(row).collect::<String>();
    let (swatches, heads) = (swatches.collect::<String>(), head.repeat(groups.len()));
    format!("<table><thead><tr><th></th>{swatches}</tr><tr><th></th>{heads}</tr></thead><tbody>{rows}</tbody></table>")
}

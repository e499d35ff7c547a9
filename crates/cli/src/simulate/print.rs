//! The summary for people.

use super::runs::Run;
use super::summary::Summary;
use std::io::{Write, stdout};
use std::path::Path;
use std::time::Duration;

/// A line of the table: what it is called, and what each summary says.
type Line = (&'static str, fn(&Summary) -> String);

const LINES: [Line; 15] = [
    ("rules version", |s| s.rules_version.clone()),
    ("players", |s| s.players.to_string()),
    ("matched", |s| format!("{} ({})", s.players_matched, percent(s.players_matched, s.players))),
    ("expired", |s| format!("{} ({})", s.players_expired, percent(s.players_expired, s.players))),
    ("matches", |s| s.matches.to_string()),
    ("wait, mean, s", |s| format!("{:.2}", s.wait_ms.mean / 1e3)),
    ("wait, p50 / p90 / p99, s", |s| {
        format!("{:.1} / {:.1} / {:.1}", s.wait_ms.p50 / 1e3, s.wait_ms.p90 / 1e3, s.wait_ms.p99 / 1e3)
    }),
    ("wait, longest, s", |s| format!("{:.1}", s.wait_ms.max / 1e3)),
    ("gap of team means, points", |s| format!("{:.1}", s.rating_gap_mean)),
    ("ratings in a match, sd", |s| format!("{:.1}", s.rating_deviation_mean)),
    ("favourite's edge over 50 %", |s| format!("{:.2} %", s.win_probability_off_mean * 100.0)),
    ("matches within 45-55 %", |s| format!("{:.1} %", s.even_share * 100.0)),
    ("players with a good ping", |s| s.rtt_good_share.map_or("-".into(), |share| format!("{:.1} %", share * 100.0))),
    ("J: wait + price x gap, s", |s| s.j_s.map_or("-".into(), |j_s| format!("{j_s:.2}"))),
    ("full parties facing one", |s| {
        let full = &s.full_parties;
        format!("{} of {}, {} missed", full.faced_another, full.matched, full.faced_others_though_one_waited)
    }),
];

pub fn summary(trace: &str, runs: &[Run], took: Duration, out: &Path) -> anyhow::Result<()> {
    let mut to = stdout().lock();
    let names = runs.iter().map(|run| run.summary.rules.clone());
    writeln!(to, "{trace}")?;
    writeln!(to, "  {:<28}{}", "", columns(names))?;
    for (name, told) in LINES {
        writeln!(to, "  {name:<28}{}", columns(runs.iter().map(|run| told(&run.summary))))?;
    }
    for refusal in runs.iter().flat_map(|run| &run.summary.refusals) {
        writeln!(to, "  REFUSED, which is a mistake of the engine: {refusal}")?;
    }
    writeln!(to, "  took {:.1} s; see {}", took.as_secs_f64(), out.join("report.html").display())?;
    Ok(())
}

fn columns(cells: impl Iterator<Item = String>) -> String {
    cells.map(|cell| format!("{cell:<26}")).collect::<String>().trim_end().to_owned()
}

fn percent(part: usize, whole: usize) -> String {
    format!("{:.2} %", if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 })
}

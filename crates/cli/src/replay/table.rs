//! The report for people.

use super::broken;
use super::report::Report;
use crate::stats::Spread;
use std::io::{Write, stdout};

/// The narrowest terminal that is cared for.
const COLUMNS: usize = 80;

pub fn print(report: &Report) -> anyhow::Result<()> {
    let mut lines = vec![String::new()];
    lines.push(report.trace.clone());
    lines.push(format!("  played   {:.1} s at speed {}, in queue {}", report.wall_s, report.speed, report.queue));
    counts(report, &mut lines);
    lines.push(String::new());
    lines.push(format!("  {:<26}{:>10}{:>10}{:>10}{:>10}{:>10}", "", "mean", "p50", "p90", "p99", "worst"));
    lines.push(spread("wait, ms", &report.wait_wall_ms));
    lines.push(spread("wait, s of trace", &report.wait_trace_s));
    lines.push(spread("enqueue answered, ms", &report.enqueue_ms));
    lines.push(spread("answered to matched, ms", &report.answered_to_matched_ms));
    lines.push(spread("rating gap of teams", &report.rating_gap));
    lines.push(spread("cost of a match, s", &report.cost_s));
    if report.rtt_ms.count > 0 {
        lines.push(spread("round trip, ms", &report.rtt_ms));
    }
    lines.push(String::new());
    troubles(report, &mut lines);
    let mut out = stdout().lock();
    for line in lines {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn counts(report: &Report, lines: &mut Vec<String>) {
    let Report { rows, rows_skipped_busy, rows_skipped_full, refused, tickets, .. } = report;
    lines.push(format!("  rows     {rows}: refused {refused}"));
    lines.push(format!("           skipped {rows_skipped_busy} (player still in a match or queue)"));
    if *rows_skipped_full > 0 {
        lines.push(format!("           skipped {rows_skipped_full} (more than --players-max at once)"));
    }
    let (matched, share) = (report.tickets_matched, report.matched_share * 100.0);
    lines.push(format!("  tickets  {tickets}: matched {matched} ({share:.2} %), ended {}", report.tickets_ended));
    let given_up = report.tickets_given_up;
    lines.push(format!("           cancelled {} as their players asked", report.tickets_cancelled - given_up));
    if given_up > 0 {
        lines.push(format!("           {}", end(report)));
    }
    let (expired, without) = (report.tickets_expired, report.tickets_without_outcome);
    lines.push(format!("           expired {expired}, without outcome {without}"));
    if without > 0 {
        lines.push(format!("             {}", report.without_outcome));
    }
    lines.push(format!("  matches  {}: {:.1} a second", report.matches, report.matches_per_s));
}

/// When the replay cancelled who still waited.
fn end(report: &Report) -> String {
    let when = match (report.deserted, report.interrupted) {
        (true, _) => "when nothing answered",
        (false, true) => "at the interrupt",
        (false, false) => "at its end",
    };
    format!("cancelled {} by the replay itself, {when}", report.tickets_given_up)
}

fn spread(name: &str, spread: &Spread) -> String {
    let Spread { mean, p50, p90, p99, worst, .. } = spread;
    format!("  {name:<26}{mean:>10.1}{p50:>10.1}{p90:>10.1}{p99:>10.1}{worst:>10.1}")
}

fn troubles(report: &Report, lines: &mut Vec<String>) {
    for (code, refusals) in &report.refusals {
        lines.push(format!("  refused {} times with {code}, first:", refusals.times));
        lines.extend(wrapped(&refusals.first));
    }
    let Report { watch_broken, watch_reopened, watch_mended_ms, updates_repeated, players_lost, .. } = report;
    let worst = watch_mended_ms.worst;
    lines.push(format!(
        "  watches broken {watch_broken}, opened again {watch_reopened} within {worst:.0} ms; updates repeated {updates_repeated}"
    ));
    lines.push(format!(
        "  acknowledgements failed {}, ends failed {}, players lost {players_lost}",
        report.acknowledge_failures, report.end_failures
    ));
    if report.store_began_anew {
        lines.push("  the store began anew: tickets that it had acknowledged are unknown, or its".to_owned());
        lines.push("  history went back (a memory store ends with its process)".to_owned());
    }
    lines.push(format!("  the replay was late by {:.0} ms at worst", report.replay_late_ms_max));
    match broken::summary(report) {
        None => lines.push("  every invariant that a client can see held".to_owned()),
        Some(broken) => {
            lines.push("  BROKEN invariants:".to_owned());
            lines.extend(wrapped(&broken));
        }
    }
}

/// At words, into lines that fit a narrow terminal.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= COLUMNS => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("    {word}")),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use players::Refusals;

    #[test]
    fn no_line_is_wider_than_a_narrow_terminal() {
        let mut report =
            Report { rows: 5_000_000, tickets: 5_000_000, tickets_matched: 5_000_000, ..Default::default() };
        report.rows_skipped_full = 1_000_000;
        report.store_began_anew = true;
        (report.tickets_cancelled, report.tickets_given_up) = (2_000_000, 1_000_000);
        report.tickets_without_outcome = 5_000_000;
        report.without_outcome.forgotten = 5_000_000;
        report.refusals.insert("UNAVAILABLE", Refusals { times: 5_000_000, first: "it is away ".repeat(30) });
        let mut lines = Vec::new();
        counts(&report, &mut lines);
        troubles(&report, &mut lines);
        assert!(lines.iter().all(|line| line.len() <= COLUMNS), "{lines:#?}");
    }
}

//! The report for people.

use super::report::Report;
use super::stats::Spread;
use std::io::{Write, stdout};

pub fn print(report: &Report) -> anyhow::Result<()> {
    let mut lines = vec![String::new()];
    lines.push(format!("{} in {:.1} s at speed {}, queue {}", report.trace, report.wall_s, report.speed, report.queue));
    counts(report, &mut lines);
    lines.push(String::new());
    lines.push(format!("  {:<26}{:>10}{:>10}{:>10}{:>10}{:>10}", "", "mean", "p50", "p90", "p99", "worst"));
    lines.push(spread("wait, s of trace", &report.wait_trace_s));
    lines.push(spread("wait, ms", &report.wait_wall_ms));
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
    lines.push(format!(
        "  rows     {rows}: skipped {rows_skipped_busy} busy, {rows_skipped_full} over the bound; refused {refused}"
    ));
    lines.push(format!(
        "  tickets  {tickets}: matched {} ({:.2} %), ended {}, cancelled {}, expired {}, without outcome {}",
        report.tickets_matched,
        report.matched_share * 100.0,
        report.tickets_ended,
        report.tickets_cancelled,
        report.tickets_expired,
        report.tickets_without_outcome,
    ));
    lines.push(format!("  matches  {}: {:.1} a second", report.matches, report.matches_per_s));
}

fn spread(name: &str, spread: &Spread) -> String {
    let Spread { mean, p50, p90, p99, worst, .. } = spread;
    format!("  {name:<26}{mean:>10.1}{p50:>10.1}{p90:>10.1}{p99:>10.1}{worst:>10.1}")
}

fn troubles(report: &Report, lines: &mut Vec<String>) {
    for (code, refusals) in &report.refusals {
        lines.push(format!("  refused {} times with {code}, first: {}", refusals.times, refusals.first));
    }
    lines.push(format!(
        "  watches opened again {}, updates repeated {}, acknowledgements failed {}, ends failed {}, players lost {}",
        report.watch_reopened,
        report.updates_repeated,
        report.acknowledge_failures,
        report.end_failures,
        report.players_lost
    ));
    lines.push(format!("  the replay was late by {:.0} ms at worst", report.replay_late_ms_max));
    lines.push(match report.broken.len() {
        0 => "  every invariant that a client can see held".to_owned(),
        count => format!("  {count} BROKEN invariants"),
    });
}

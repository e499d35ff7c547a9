//! How it goes, while it goes: a bar at a terminal, else a line every few seconds.

use super::stage::Stage;
use super::tally::Tally;
use super::trace::Arrival;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

const BAR_EVERY: Duration = Duration::from_millis(250);
const LINE_EVERY: Duration = Duration::from_secs(5);
/// What the newest quarter second counts for in the bar's rate.
const BAR_WEIGHT: f64 = 0.2;

/// What is to be played.
pub struct Scale {
    rows: u64,
    length_s: f64,
}

impl Scale {
    pub fn of(arrivals: &[Arrival]) -> Self {
        let rows = arrivals.iter().map(|arrival| arrival.players.len() as u64).sum();
        Self { rows, length_s: arrivals.last().map_or(0.0, |last| last.queue_ms as f64 / 1e3) }
    }
}

/// Runs until it is aborted.
pub async fn show(stage: Arc<Stage>, scale: Scale) {
    let is_terminal = std::io::stderr().is_terminal();
    let wall_s = scale.length_s / stage.plan.speed;
    eprintln!("{} rows, {:.0} s of trace in {wall_s:.0} s", scale.rows, scale.length_s);
    let bar = if is_terminal { bar(scale.rows) } else { ProgressBar::hidden() };
    let every = if is_terminal { BAR_EVERY } else { LINE_EVERY };
    let weight = if is_terminal { BAR_WEIGHT } else { 1.0 };
    let mut rate = Rate { matched: 0, every_s: every.as_secs_f64(), weight, per_s: 0.0 };
    loop {
        tokio::time::sleep(every).await;
        let tally = &stage.tally;
        let line = line(tally, rate.next(Tally::read(&tally.matched)), stage.plan.speed);
        if is_terminal {
            bar.set_position(Tally::read(&tally.rows));
            bar.set_message(line);
        } else {
            eprintln!("{}/{} rows  {line}", Tally::read(&tally.rows), scale.rows);
        }
    }
}

fn bar(rows: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{elapsed_precise} [{bar:24}] {pos}/{len} rows  {msg}");
    ProgressBar::new(rows).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn line(tally: &Tally, matched_per_s: f64, speed: f64) -> String {
    let read = Tally::read;
    let p50_s = tally.recent_wait_p50_us() as f64 / 1e6 * speed;
    format!(
        "queued {}  waiting {}  in match {}  matched {matched_per_s:.0}/s  wait p50 {p50_s:.1} s  skipped {}  refused {}",
        read(&tally.queued),
        read(&tally.waiting),
        read(&tally.in_match),
        read(&tally.skipped_busy) + read(&tally.skipped_full),
        read(&tally.refused),
    )
}

/// Players matched a second, smoothed over a few looks where they are quick.
struct Rate {
    matched: u64,
    every_s: f64,
    /// Of the newest look.
    weight: f64,
    per_s: f64,
}

impl Rate {
    fn next(&mut self, matched: u64) -> f64 {
        let now = (matched - self.matched) as f64 / self.every_s;
        self.matched = matched;
        self.per_s += (now - self.per_s) * self.weight;
        self.per_s
    }
}

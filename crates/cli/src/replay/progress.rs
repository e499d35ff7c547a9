//! How it goes, while it goes: a bar at a terminal, else a line every few seconds.

use crate::tell;
use indicatif::{ProgressBar, ProgressStyle};
use players::{Arrival, Stage, Tally};
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

/// Shown at a terminal only.
pub fn bar(scale: &Scale) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    // The bar takes what the counters leave of the line: 80 columns are enough.
    let style = ProgressStyle::with_template("{elapsed_precise} {percent:>3}% {wide_bar} {msg}");
    ProgressBar::new(scale.rows).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// One line to whoever looks on, past the bar.
pub fn say(bar: &ProgressBar, line: &str) {
    bar.suspend(|| tell::err(line));
}

/// Runs until it is aborted.
pub async fn show(stage: Arc<Stage>, bar: ProgressBar, scale: Scale) {
    let is_terminal = std::io::stderr().is_terminal();
    let wall_s = scale.length_s / stage.plan.speed;
    say(&bar, &format!("{} rows, {:.0} s of trace in {wall_s:.0} s", scale.rows, scale.length_s));
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
            tell::err(format_args!("{}/{} rows  {line}", Tally::read(&tally.rows), scale.rows));
        }
    }
}

/// Players in queue, in match, matched a second; the median of the newest waits. Refusals only where there are some.
fn line(tally: &Tally, matched_per_s: f64, speed: f64) -> String {
    let (waiting, playing) = (Tally::read(&tally.waiting), Tally::read(&tally.in_match));
    let p50_s = tally.recent_wait_p50_us() as f64 / 1e6 * speed;
    let mut line = format!("wait {waiting} play {playing} {matched_per_s:.0}/s p50 {p50_s:.1} s of trace");
    let refused = Tally::read(&tally.refused);
    if refused > 0 {
        line += &format!(" refused {refused}");
    }
    line
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

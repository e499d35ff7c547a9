//! How it goes, while it goes: a bar at a terminal, else a line every second.

use super::book::{Book, Counts};
use crate::tell;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval};

const BAR_EVERY: Duration = Duration::from_millis(250);
const LINE_EVERY: Duration = Duration::from_secs(1);

/// Shown as long as this is.
pub struct Progress {
    bar: ProgressBar,
    showing: JoinHandle<()>,
}

impl Progress {
    /// `what` goes on for `lasts`; zero: for as long as it takes.
    pub fn show(book: Arc<Book>, what: String, lasts: Duration) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let bar = if is_terminal { at_terminal(&what, lasts) } else { ProgressBar::hidden() };
        let showing = tokio::spawn(show(book, bar.clone(), (!is_terminal).then_some(what), lasts));
        Self { bar, showing }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.showing.abort();
        self.bar.finish_and_clear();
    }
}

fn at_terminal(what: &str, lasts: Duration) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix} {pos:>3}/{len} s {wide_bar} {msg}");
    let bar = ProgressBar::new(lasts.as_secs()).with_prefix(what.to_owned());
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Until it is aborted. `name` stands on each line where there is no bar.
async fn show(book: Arc<Book>, bar: ProgressBar, name: Option<String>, lasts: Duration) {
    let began = Instant::now();
    let every = if name.is_some() { LINE_EVERY } else { BAR_EVERY };
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    let mut before = book.counts();
    loop {
        ticks.tick().await;
        let now = book.counts();
        let line = line(before, now, every.as_secs_f64());
        before = now;
        let at_s = began.elapsed().as_secs();
        match &name {
            Some(name) => tell::err(format_args!("{name} {at_s}/{} s  {line}", lasts.as_secs().max(at_s))),
            None => {
                bar.set_length(lasts.as_secs().max(at_s));
                bar.set_position(at_s);
                bar.set_message(line);
            }
        }
    }
}

fn line(before: Counts, now: Counts, every_s: f64) -> String {
    let per_s = |before: usize, now: usize| (now - before) as f64 / every_s;
    let (offered, matched) = (per_s(before.due, now.due), per_s(before.matched, now.matched));
    format!("offered {offered:.0}/s matched {matched:.0}/s waiting {}", now.waiting())
}

//! How it goes, while it goes: a bar at a terminal, else a line every second.

use super::recorder::{Counts, Recorder};
use crate::tell;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval};

const BAR_EVERY: Duration = Duration::from_millis(250);
const LINE_EVERY: Duration = Duration::from_secs(1);

/// When it is done.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    Time(Duration),
    /// So many tickets are taken.
    Taken(usize),
}

impl Goal {
    fn unit(self) -> &'static str {
        match self {
            Self::Time(_) => " s",
            Self::Taken(_) => "",
        }
    }

    /// How much there is to do, and how much of it is done `since` it began.
    fn at(self, since: Duration, counts: Counts) -> (u64, u64) {
        match self {
            // What is settled afterwards takes time, too.
            Self::Time(lasts) => (lasts.as_secs().max(since.as_secs()), since.as_secs()),
            Self::Taken(tickets) => (tickets as u64, counts.taken as u64),
        }
    }
}

/// Shown as long as this is.
pub struct Progress {
    bar: ProgressBar,
    showing: JoinHandle<()>,
}

impl Progress {
    /// `what` goes on until `goal`.
    pub fn show(recorder: Arc<Recorder>, what: String, goal: Goal) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let bar = if is_terminal { at_terminal(&what, goal) } else { ProgressBar::hidden() };
        let showing = tokio::spawn(show(recorder, bar.clone(), (!is_terminal).then_some(what), goal));
        Self { bar, showing }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.showing.abort();
        self.bar.finish_and_clear();
    }
}

fn at_terminal(what: &str, goal: Goal) -> ProgressBar {
    let style =
        ProgressStyle::with_template(&format!("{{prefix}} {{pos:>3}}/{{len}}{} {{wide_bar}} {{msg}}", goal.unit()));
    let bar = ProgressBar::new(goal.at(Duration::ZERO, Counts::default()).0).with_prefix(what.to_owned());
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Until it is aborted. `name` stands on each line where there is no bar.
async fn show(recorder: Arc<Recorder>, bar: ProgressBar, name: Option<String>, goal: Goal) {
    let began = Instant::now();
    let every = if name.is_some() { LINE_EVERY } else { BAR_EVERY };
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    let mut before = recorder.counts();
    loop {
        ticks.tick().await;
        let now = recorder.counts();
        let line = line(before, now, every.as_secs_f64());
        before = now;
        let (length, done) = goal.at(began.elapsed(), now);
        match &name {
            Some(name) => tell::err(format_args!("{name} {done}/{length}{}  {line}", goal.unit())),
            None => {
                bar.set_length(length);
                bar.set_position(done);
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

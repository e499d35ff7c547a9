//! Plays the trace once for each rules file, and for each step of its prices, on as many threads as the machine runs at once.

use super::book::Book;
use super::crowd::Crowd;
use super::matches;
use super::played::Played;
use super::summary::{Headings, Summary, TradeOff};
use super::world;
use anyhow::Context;
use domain::Rules;
use indicatif::{ProgressBar, ProgressStyle};
use parking_lot::Mutex;
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How all prices are scaled for the trade-off curve; the rules as they stand come first.
const PRICE_FACTORS: [f64; 5] = [1.0, 0.25, 0.5, 2.0, 4.0];

/// What came of one rules file.
pub struct Run {
    pub crowd: Crowd,
    pub played: Played,
    pub matches_csv: Vec<u8>,
    pub summary: Summary,
}

/// One simulation to be made.
struct Job<'a> {
    crowd: &'a Crowd,
    rules: Arc<Rules>,
}

/// Plays each rules file; with `curve` at other prices too.
pub fn all(entries: Vec<(Book, Crowd)>, curve: bool) -> anyhow::Result<Vec<Run>> {
    let factors = if curve { &PRICE_FACTORS[..] } else { &PRICE_FACTORS[..1] };
    let mut jobs = Vec::new();
    for (factor, (book, crowd)) in factors.iter().flat_map(|factor| entries.iter().map(move |entry| (factor, entry))) {
        jobs.push(Job { crowd, rules: book.at_prices(*factor) });
    }
    let mut played = play_all(&jobs)?.into_iter();
    let mut runs: Vec<(Played, Vec<TradeOff>)> = Vec::new();
    for factor in factors {
        for (at, (_, crowd)) in entries.iter().enumerate() {
            let played = played.next().context("a simulation is missing")?;
            let point = TradeOff::of(*factor, crowd, &played);
            match runs.get_mut(at) {
                Some((_, points)) => points.push(point),
                None => runs.push((played, vec![point])),
            }
        }
    }
    let first_price_s = entries.first().filter(|_| entries.len() > 1).and_then(|(book, _)| book.gap_price_s);
    let run = |((book, crowd), (played, points))| {
        let run = Run::of(&book, crowd, played, points)?;
        Ok(Run { summary: run.summary.measured_at(first_price_s), ..run })
    };
    entries.into_iter().zip(runs).map(run).collect()
}

impl Run {
    fn of(book: &Book, crowd: Crowd, played: Played, mut points: Vec<TradeOff>) -> anyhow::Result<Self> {
        let matches_csv = matches::csv(&crowd, &played)?;
        let headings = Headings {
            queue: book.rules.queue().to_string(),
            rules: book.name.clone(),
            rules_version: book.rules.version().to_string(),
            rating_scale: book.rules.rating_scale(),
            gap_price_s: book.gap_price_s,
        };
        let mut summary = Summary::of(headings, &crowd, &played, matches::content_hash(&matches_csv));
        if points.len() > 1 {
            points.sort_by(|a, b| a.price_factor.total_cmp(&b.price_factor));
            summary.trade_off = points;
        }
        Ok(Self { crowd, played, matches_csv, summary })
    }
}

/// In the order of the jobs, whichever is done first.
fn play_all(jobs: &[Job]) -> anyhow::Result<Vec<Played>> {
    let bar = bar(jobs.iter().map(|job| job.crowd.players as u64).sum());
    let done: Vec<Mutex<Option<Played>>> = jobs.iter().map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let take = || {
            let at = next.fetch_add(1, Ordering::Relaxed);
            jobs.get(at).zip(done.get(at))
        };
        while let Some((job, done)) = take() {
            let played = world::play(job.crowd, &job.rules, &bar);
            *done.lock() = Some(played);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(jobs.len());
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    bar.finish_and_clear();
    let played = done.into_iter().map(|played| played.into_inner());
    played.map(|played| played.context("a simulation was not finished")).collect()
}

/// Shown at a terminal only.
fn bar(players: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{elapsed_precise} {percent:>3}% {wide_bar} {pos}/{len} players");
    ProgressBar::new(players).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

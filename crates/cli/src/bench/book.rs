//! What became of everyone who was to arrive, by the second in which he was to.

use super::latency::{Latencies, Latency};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::time::Instant;
use tonic::Code;

/// One second of arrivals. Times count from the arrival that was due.
#[derive(Debug, Clone, Default)]
struct Second {
    due: usize,
    /// Not even sent: the stream had no room.
    held_back: usize,
    taken: Latencies,
    refused: Latencies,
    failed: usize,
    matched: Latencies,
    /// Tickets that were matched in this second, whenever they arrived.
    deliveries: usize,
}

pub struct Book {
    began: Instant,
    seconds: Mutex<Vec<Second>>,
}

/// What became of those who were due within some seconds.
#[derive(Debug, Clone)]
pub struct Page {
    /// Per second.
    pub offered: f64,
    /// Tickets matched and delivered per second, in these seconds.
    pub goodput: f64,
    pub held_back: usize,
    pub failed: usize,
    pub taken_ms: Latency,
    pub refused_ms: Latency,
    pub matched_ms: Latency,
}

impl Page {
    pub fn not_taken(&self) -> usize {
        self.held_back + self.failed + self.refused_ms.count
    }
}

impl Book {
    pub fn open() -> Self {
        Self { began: Instant::now(), seconds: Mutex::default() }
    }

    /// The second that it is now.
    pub fn now(&self) -> usize {
        self.began.elapsed().as_secs() as usize
    }

    pub fn due(&self, at: Instant) {
        self.of(at, |second| second.due += 1);
    }

    pub fn held_back(&self, due: Instant) {
        self.of(due, |second| second.held_back += 1);
    }

    pub fn taken(&self, due: Instant) {
        self.of(due, |second| second.taken.note(due.elapsed()));
    }

    pub fn refused(&self, due: Instant, code: Code) {
        self.of(due, |second| match code {
            Code::ResourceExhausted => second.refused.note(due.elapsed()),
            _ => second.failed += 1,
        });
    }

    pub fn matched(&self, due: Instant) {
        self.of(due, |second| second.matched.note(due.elapsed()));
        self.of(Instant::now(), |second| second.deliveries += 1);
    }

    /// Tickets that were matched so far.
    pub fn matched_so_far(&self) -> usize {
        self.seconds().iter().map(|second| second.deliveries).sum()
    }

    /// Tickets that were taken and are not matched.
    pub fn waiting(&self) -> usize {
        self.seconds().iter().map(|second| second.taken.count() - second.matched.count()).sum()
    }

    pub fn page(&self, seconds: Range<usize>) -> Page {
        let all = self.seconds();
        let length_s = seconds.len().max(1) as f64;
        let within: Vec<&Second> = seconds.filter_map(|at| all.get(at)).collect();
        let count = |what: fn(&Second) -> usize| within.iter().copied().map(what).sum::<usize>();
        let spread = |what: fn(&Second) -> &Latencies| Latencies::of_all(within.iter().copied().map(what));
        Page {
            offered: count(|second| second.due) as f64 / length_s,
            goodput: count(|second| second.deliveries) as f64 / length_s,
            held_back: count(|second| second.held_back),
            failed: count(|second| second.failed),
            taken_ms: spread(|second| &second.taken),
            refused_ms: spread(|second| &second.refused),
            matched_ms: spread(|second| &second.matched),
        }
    }

    fn of(&self, at: Instant, note: impl FnOnce(&mut Second)) {
        let second = at.saturating_duration_since(self.began).as_secs() as usize;
        let mut seconds = self.seconds();
        if seconds.len() <= second {
            seconds.resize_with(second + 1, Second::default);
        }
        note(&mut seconds[second]);
    }

    fn seconds(&self) -> MutexGuard<'_, Vec<Second>> {
        self.seconds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Counts while it runs: written by every player, read by the progress bar and the report.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tonic::Status;

/// Waits that the bar's median is taken over.
const RECENT_WAITS: usize = 1_000;
/// Different refusals that are kept word for word.
const REFUSALS_KEPT: usize = 5;

#[derive(Default)]
pub struct Tally {
    /// Rows and tickets that were due so far.
    pub rows: AtomicU64,
    pub queued: AtomicU64,
    pub skipped_busy: AtomicU64,
    pub skipped_full: AtomicU64,
    pub refused: AtomicU64,
    /// Players now.
    pub waiting: AtomicU64,
    pub in_match: AtomicU64,
    /// Players who were matched so far.
    pub matched: AtomicU64,
    pub acknowledge_failures: AtomicU64,
    pub end_failures: AtomicU64,
    /// How far the replay itself fell behind the trace at worst.
    pub late_us_max: AtomicU64,
    recent_wait_us: Mutex<VecDeque<u64>>,
    refusals: Mutex<BTreeMap<String, u64>>,
}

impl Tally {
    pub fn add(counter: &AtomicU64, n: usize) {
        counter.fetch_add(n as u64, Relaxed);
    }

    pub fn sub(counter: &AtomicU64, n: usize) {
        counter.fetch_sub(n as u64, Relaxed);
    }

    pub fn read(counter: &AtomicU64) -> u64 {
        counter.load(Relaxed)
    }

    pub fn late(&self, by: Duration) {
        self.late_us_max.fetch_max(by.as_micros() as u64, Relaxed);
    }

    pub fn waited(&self, wait_us: u64) {
        let mut recent = self.recent_wait_us.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() == RECENT_WAITS {
            recent.pop_front();
        }
        recent.push_back(wait_us);
    }

    pub fn recent_wait_p50_us(&self) -> u64 {
        let recent = self.recent_wait_us.lock().unwrap_or_else(PoisonError::into_inner);
        let mut waits = recent.iter().copied().collect::<Vec<_>>();
        drop(recent);
        let middle = waits.len() / 2;
        if waits.is_empty() { 0 } else { *waits.select_nth_unstable(middle).1 }
    }

    pub fn refuse(&self, status: &Status) {
        Self::add(&self.refused, 1);
        let text = format!("{}: {}", crate::client::code_name(status.code()), status.message());
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        let text =
            if refusals.contains_key(&text) || refusals.len() < REFUSALS_KEPT { text } else { "others".to_owned() };
        *refusals.entry(text).or_default() += 1;
    }

    /// The first different refusals word for word, and how often each came.
    pub fn refusals(&self) -> BTreeMap<String, u64> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

//! Counts while it runs: written by every player, read by the progress bar and the report.

use crate::client::code_name;
use parking_lot::Mutex;
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tonic::Status;

/// Waits that the bar's median is taken over.
const RECENT_WAITS: usize = 1_000;
/// Refusals under one code.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Refusals {
    pub times: u64,
    /// What the first one said.
    pub first: String,
}

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
    refusals: Mutex<BTreeMap<&'static str, Refusals>>,
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
        let mut recent = self.recent_wait_us.lock();
        if recent.len() == RECENT_WAITS {
            recent.pop_front();
        }
        recent.push_back(wait_us);
    }

    pub fn recent_wait_p50_us(&self) -> u64 {
        let recent = self.recent_wait_us.lock();
        let mut waits = recent.iter().copied().collect::<Vec<_>>();
        drop(recent);
        let middle = waits.len() / 2;
        if waits.is_empty() { 0 } else { *waits.select_nth_unstable(middle).1 }
    }

    pub fn refuse(&self, status: &Status) {
        Self::add(&self.refused, 1);
        let mut refusals = self.refusals.lock();
        let of_code = refusals.entry(code_name(status.code())).or_default();
        if of_code.times == 0 {
            status.message().clone_into(&mut of_code.first);
        }
        of_code.times += 1;
    }

    /// By code.
    pub fn refusals(&self) -> BTreeMap<&'static str, Refusals> {
        self.refusals.lock().clone()
    }
}

//! Has tickets looked for: an arrival at once, in a range anchored on it; later by the schedule, in windows.

use crate::config::{
    ARRIVAL_TICKETS_MAX, ARRIVALS_IN_WORK_MAX, CONFLICT_RETRIES_MAX, DUE_MAX, FINISH_WAIT_MAX, HELD_MAX, REST_FACTOR,
    ROUND_MS, TICK, WINDOWS_IN_WORK_MAX,
};
use crate::schedule::Schedule;
use crate::search::{Found, SearchError, Searcher};
use crate::waiting::Waiting;
use crate::windows::{Window, windows};
use chassis::{Clock, Shutdown};
use domain::{InstanceId, TicketId};
use futures::future::{BoxFuture, join_all};
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::{Store, StoreError};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use tracing::field::Empty;
use tracing::{Instrument, Span};

pub struct Looker {
    store: Arc<dyn Store>,
    searcher: Searcher,
    clock: Clock,
    /// Sets this instance's rounds off against those of others, who would otherwise find the same matches at the same instant.
    phase_ms: u64,
    schedule: Mutex<Schedule>,
    arrivals: Arc<Semaphore>,
    windows: Arc<Semaphore>,
    in_work: TaskTracker,
}

/// What came of one look for one ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Looked {
    Matched,
    /// It waits no longer: matched by someone else, cancelled or expired.
    Gone,
    Unmatched,
    /// The look itself failed, or what it found was taken by someone else.
    Unsettled,
}

#[derive(Debug, thiserror::Error)]
enum LookError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Search(#[from] SearchError),
}

impl Looker {
    pub fn new(here: &InstanceId, store: Arc<dyn Store>, searcher: Searcher, clock: Clock) -> Arc<Self> {
        Arc::new(Self {
            store,
            searcher,
            clock,
            phase_ms: phase_ms(here),
            schedule: Mutex::default(),
            arrivals: Arc::new(Semaphore::new(ARRIVALS_IN_WORK_MAX)),
            windows: Arc::new(Semaphore::new(WINDOWS_IN_WORK_MAX)),
            in_work: TaskTracker::new(),
        })
    }

    /// Whether another ticket can be held here.
    pub fn has_room(&self) -> bool {
        self.schedule().len() < HELD_MAX
    }

    /// Looks for a new ticket at once; with too many arrivals in work, as soon as the schedule comes to it.
    pub fn arrive(self: &Arc<Self>, waiting: Waiting) {
        let Ok(permit) = self.arrivals.clone().try_acquire_owned() else {
            return self.look_at(self.clock.now_ms(), waiting);
        };
        let looker = self.clone();
        self.in_work.spawn(async move {
            looker.look_for_arrival(waiting).await;
            drop(permit);
        });
    }

    /// Looks for a ticket in the first round of windows from `at_ms` on.
    pub fn look_at(&self, at_ms: u64, waiting: Waiting) {
        let round_ms = (at_ms + self.phase_ms).next_multiple_of(ROUND_MS) - self.phase_ms;
        self.schedule().add(round_ms, waiting);
    }

    /// Looks for tickets in windows once, without keeping them in the schedule: someone else holds them.
    pub fn look_once(self: &Arc<Self>, waiting: Vec<Waiting>) {
        let now_ms = self.clock.now_ms();
        for window in windows(waiting, now_ms) {
            let Ok(permit) = self.windows.clone().try_acquire_owned() else { return };
            let looker = self.clone();
            self.in_work.spawn(async move {
                looker.look_window(window, now_ms).await;
                drop(permit);
            });
        }
    }

    /// Follows the schedule until `shutdown`, then lets what is in work finish.
    pub async fn run(self: Arc<Self>, shutdown: Shutdown) {
        let ticking = async {
            let mut ticks = tokio::time::interval(TICK);
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                self.tick().await;
            }
        };
        shutdown.run_until_cancelled(ticking).await;
        self.in_work.close();
        if tokio::time::timeout(FINISH_WAIT_MAX, self.in_work.wait()).await.is_err() {
            tracing::warn!(left = self.in_work.len(), "looks were still in work at the end");
        }
    }

    async fn tick(self: &Arc<Self>) {
        let now_ms = self.clock.now_ms();
        let due = self.schedule().take_due(now_ms, DUE_MAX);
        for window in windows(due, now_ms) {
            // Waits for room, so the schedule is not emptied into memory faster than windows are searched.
            let Ok(permit) = self.windows.clone().acquire_owned().await else { return };
            let looker = self.clone();
            self.in_work.spawn(async move {
                looker.look_through(window).await;
                drop(permit);
            });
        }
    }

    async fn look_for_arrival(&self, mut waiting: Waiting) {
        for _ in 0..=CONFLICT_RETRIES_MAX {
            match self.look_anchored(&mut waiting).await {
                Looked::Matched | Looked::Gone => return,
                Looked::Unsettled => {}
                Looked::Unmatched => break,
            }
        }
        let at_ms = waiting.next_look_ms(self.clock.now_ms());
        self.look_at(at_ms, waiting);
    }

    async fn look_anchored(&self, waiting: &mut Waiting) -> Looked {
        let span = attempt_span(waiting);
        let looking = async {
            let now_ms = self.clock.now_ms();
            waiting.width = waiting.width_at(now_ms);
            let look = waiting.rules.look(&waiting.party, waiting.width);
            let range = self.store.range(&look, ARRIVAL_TICKETS_MAX).await?;
            Span::current().record("muster.range", range.len());
            if !range.iter().any(|ticket| ticket.id == waiting.id) {
                // A full range may have left it out; one that is not full proves that it waits no longer.
                return Ok(if range.len() < ARRIVAL_TICKETS_MAX { Looked::Gone } else { Looked::Unmatched });
            }
            let found = self.searcher.search(&waiting.rules, Some(waiting.id), range, now_ms).await?;
            found.tell(&Span::current());
            Ok(found.looked(waiting.id))
        };
        let looked = settle(looking.instrument(span.clone()).await);
        span.record("muster.outcome", tracing::field::debug(looked));
        looked
    }

    async fn look_through(self: &Arc<Self>, mut window: Window) {
        let now_ms = self.clock.now_ms();
        self.widen(&mut window.waiting, now_ms).await;
        let looked = self.look_window(window, now_ms).await;
        // What took long is not worth repeating soon: however slow searches get, they leave time for others.
        let took_ms = self.clock.now_ms().saturating_sub(now_ms);
        let rested_ms = now_ms + took_ms * REST_FACTOR;
        for (waiting, looked) in looked {
            match looked {
                Looked::Matched | Looked::Gone => {}
                Looked::Unmatched => self.look_at(waiting.next_look_ms(now_ms).max(rested_ms), waiting),
                Looked::Unsettled => self.look_at(rested_ms, waiting),
            }
        }
    }

    /// One window; halved as long as it holds more tickets than one range may.
    fn look_window(self: &Arc<Self>, window: Window, now_ms: u64) -> BoxFuture<'_, Vec<(Waiting, Looked)>> {
        Box::pin(async move {
            let range = match self.store.range(&window.look, api::RANGE_TICKETS_MAX).await {
                Ok(range) => range,
                Err(error) => return with_all(window.waiting, settle(Err(error.into()))),
            };
            let is_whole = range.len() < api::RANGE_TICKETS_MAX;
            if !is_whole && window.waiting.len() > 1 {
                let halves = window.halves().into_iter().flatten();
                return join_all(halves.map(|half| self.look_window(half, now_ms)))
                    .await
                    .into_iter()
                    .flatten()
                    .collect();
            }
            let present: HashSet<TicketId> = range.iter().map(|ticket| ticket.id).collect();
            if is_whole && !window.waiting.iter().any(|waiting| present.contains(&waiting.id)) {
                return with_all(window.waiting, Looked::Gone);
            }
            let Some(first) = window.waiting.first() else { return Vec::new() };
            let spans: Vec<Span> = window.waiting.iter().map(attempt_span).collect();
            let searching = self.searcher.search(&first.rules, None, range, now_ms);
            let found = searching.instrument(telemetry::shared(&spans)).await;
            let of_one = |(waiting, span): (Waiting, Span)| {
                found.iter().for_each(|found| found.tell(&span));
                let looked = match &found {
                    _ if is_whole && !present.contains(&waiting.id) => Looked::Gone,
                    Ok(found) => found.looked(waiting.id),
                    Err(_) => Looked::Unsettled,
                };
                span.record("muster.range", present.len());
                span.record("muster.outcome", tracing::field::debug(looked));
                (waiting, looked)
            };
            if let Err(error) = &found {
                tracing::debug!(%error, "a window was not searched");
            }
            window.waiting.into_iter().zip(spans).map(of_one).collect()
        })
    }

    /// Tells the watchers of tickets that are looked for more widely now than before. Only news: a failure is not worth a retry.
    async fn widen(&self, waiting: &mut [Waiting], now_ms: u64) {
        let wider = waiting.iter_mut().filter_map(|waiting| {
            let width = waiting.width_at(now_ms);
            (width > waiting.width).then(|| {
                waiting.width = width;
                self.store.widen(waiting.id, width, now_ms)
            })
        });
        join_all(wider).await;
    }

    fn schedule(&self) -> MutexGuard<'_, Schedule> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A moment within a round that differs from one name to another.
fn phase_ms(here: &InstanceId) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    here.hash(&mut hasher);
    hasher.finish() % ROUND_MS
}

impl Found {
    /// Writes on an attempt's span why others did not match.
    fn tell(&self, span: &Span) {
        if span.is_disabled() {
            return;
        }
        let rejections: Vec<String> = self.rejections.iter().map(|r| format!("{}={}", r.rule, r.count)).collect();
        if !rejections.is_empty() {
            span.record("muster.rejections", rejections.join(" "));
        }
        span.record("muster.nearest_miss_s", self.nearest_miss_s);
    }

    fn looked(&self, id: TicketId) -> Looked {
        match id {
            _ if self.matched.contains(&id) => Looked::Matched,
            _ if self.unsettled.contains(&id) => Looked::Unsettled,
            _ => Looked::Unmatched,
        }
    }
}

fn settle(looked: Result<Looked, LookError>) -> Looked {
    looked.unwrap_or_else(|error| {
        tracing::debug!(%error, "a look failed");
        Looked::Unsettled
    })
}

fn with_all(waiting: Vec<Waiting>, looked: Looked) -> Vec<(Waiting, Looked)> {
    waiting.into_iter().map(|waiting| (waiting, looked)).collect()
}

/// One look for one ticket, in the ticket's trace.
fn attempt_span(waiting: &Waiting) -> Span {
    if waiting.trace.is_empty() {
        return Span::none();
    }
    let span = tracing::info_span!(
        parent: None,
        "muster.attempt",
        muster.ticket_id = %waiting.id,
        muster.queue = %waiting.place.queue,
        muster.width = waiting.width,
        muster.range = Empty,
        muster.rejections = Empty,
        muster.nearest_miss_s = Empty,
        muster.outcome = Empty,
    );
    telemetry::continue_from(&span, &waiting.trace);
    span
}

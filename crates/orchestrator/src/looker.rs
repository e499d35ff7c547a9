//! Has tickets looked for: arrivals at once, each in a range anchored on it or those that come together in windows; later by the schedule,
//! in rounds of windows.

use crate::config::{
    ARRIVALS_AHEAD_MAX, ARRIVALS_IN_WORK_MAX, ARRIVALS_TOGETHER_MAX, CONFLICT_RETRIES_MAX, FINISH_WAIT_MAX, HELD_MAX,
    PUT_BACK_MS, REST_FACTOR, ROUND_MS, WINDOWS_IN_WORK_MAX,
};
use crate::grounds::Grounds;
use crate::hash;
use crate::held::Register;
use crate::landing::{Landing, Pool};
use crate::look::{Eyes, Looked};
use crate::placer::Placer;
use crate::schedule::{Due, Schedule};
use crate::timetable::Timetable;
use crate::waiting::Waiting;
use crate::windows::{Window, windows};
use chassis::{Clock, Holdings, Shutdown};
use domain::{InstanceId, TicketId};
use futures::future::join_all;
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

pub struct Looker {
    eyes: Eyes,
    placer: Placer,
    register: Arc<Register>,
    clock: Clock,
    timetable: Timetable,
    landing: Landing,
    arrivals: Arc<Semaphore>,
    windows: Arc<Semaphore>,
    /// Had by whoever looks for tickets that others hold.
    others: Arc<Semaphore>,
    grounds: Arc<Grounds>,
    in_work: TaskTracker,
}

impl Looker {
    pub fn new(here: &InstanceId, eyes: Eyes, placer: Placer, holdings: Holdings, clock: Clock) -> Arc<Self> {
        let register = Arc::new(Register::new(holdings));
        Arc::new(Self {
            eyes,
            placer,
            register: register.clone(),
            clock,
            timetable: Timetable::new(Schedule::new(register, phase_ms(here)), clock),
            landing: Landing::default(),
            arrivals: Arc::new(Semaphore::new(ARRIVALS_IN_WORK_MAX)),
            windows: Arc::new(Semaphore::new(WINDOWS_IN_WORK_MAX)),
            others: Arc::new(Semaphore::new(1)),
            grounds: Arc::default(),
            in_work: TaskTracker::new(),
        })
    }

    /// Whether another ticket can be held here.
    pub fn has_room(&self) -> bool {
        self.register.count() < HELD_MAX
    }

    /// Looks for a ticket that is new or ripe at once, or as soon as those of its pool are looked for that came right before it.
    pub fn arrive(self: &Arc<Self>, waiting: Waiting) {
        if let Some(pool) = self.landing.put(self.register.keep(waiting)) {
            self.in_work.spawn(self.clone().take_in(pool));
        }
    }

    /// Looks for whoever comes to the pool, until nobody does.
    async fn take_in(self: Arc<Self>, pool: Pool) {
        while let Some(arrivals) = self.landing.take(&pool, ARRIVALS_TOGETHER_MAX) {
            let Ok(turn) = self.arrivals.clone().acquire_owned().await else { return };
            let looker = self.clone();
            let looking = self.in_work.spawn(async move {
                looker.look_for_arrivals(arrivals).await;
                drop(turn);
            });
            // Whoever comes next waits for these, but not for a matchmaker that hangs.
            let _ = timeout(ARRIVALS_AHEAD_MAX, looking).await;
        }
    }

    /// Looks for a ticket in the first round of windows from `at_ms` on.
    pub fn look_at(&self, at_ms: u64, waiting: Waiting) {
        self.timetable.change(|schedule| schedule.add_in_round(at_ms, waiting));
    }

    /// Tickets in the schedule; those that are looked for just now come back to it.
    pub fn scheduled(&self) -> HashSet<TicketId> {
        self.timetable.tickets()
    }

    /// Looks again for a ticket, in the first round of windows from `at_ms` on, or at the very moment when it is ripe, if that is sooner.
    fn look_again_at(&self, at_ms: u64, waiting: Waiting) {
        self.timetable.change(|schedule| schedule.add_again(at_ms, waiting));
    }

    /// Looks for tickets in windows once, without keeping them in the schedule: someone else holds them. Nothing is done while those of the
    /// last time are still looked for.
    pub fn look_once(self: &Arc<Self>, waiting: Vec<Waiting>) {
        let Ok(turn) = self.others.clone().try_acquire_owned().map(Arc::new) else { return };
        let looker = self.clone();
        self.in_work.spawn(async move {
            for window in windows(waiting, looker.clock.now_ms()) {
                looker.look_through_once(window, turn.clone()).await;
            }
        });
    }

    /// Looks through a window as soon as there is room, unless someone looks through some of it already. Keeps the turn until that is done.
    async fn look_through_once(self: &Arc<Self>, window: Window, turn: Arc<OwnedSemaphorePermit>) {
        let (Ok(permit), Some(ground)) = (self.windows.clone().acquire_owned().await, self.grounds.enter(&window.look))
        else {
            return;
        };
        let looker = self.clone();
        self.in_work.spawn(async move {
            looker.eyes.look_through(window, looker.clock.now_ms()).await;
            drop((ground, permit, turn));
        });
    }

    /// Follows the schedule until `shutdown`, then lets what is in work finish.
    pub async fn run(self: Arc<Self>, shutdown: Shutdown) {
        let following = async {
            loop {
                let due = self.timetable.due().await;
                self.look_for(due).await;
            }
        };
        shutdown.run_until_cancelled(following).await;
        self.in_work.close();
        if timeout(FINISH_WAIT_MAX, self.in_work.wait()).await.is_err() {
            tracing::warn!(left = self.in_work.len(), "looks were still in work at the end");
        }
    }

    async fn look_for(self: &Arc<Self>, Due { ripe, round }: Due) {
        let now_ms = self.clock.now_ms();
        ripe.into_iter().for_each(|waiting| self.arrive(waiting));
        for window in windows(self.placed(round).await, now_ms) {
            // Without room it keeps its turn, so that the schedule is not emptied into memory faster than windows are searched.
            let (Ok(permit), Some(ground)) =
                (self.windows.clone().try_acquire_owned(), self.grounds.enter(&window.look))
            else {
                self.put_back(window);
                continue;
            };
            let looker = self.clone();
            self.in_work.spawn(async move {
                looker.look_through(window).await;
                drop((ground, permit));
            });
        }
    }

    /// Puts the tickets of a window back for a moment: whoever is due before comes first.
    fn put_back(&self, window: Window) {
        let at_ms = self.clock.now_ms() + PUT_BACK_MS;
        self.timetable
            .change(|schedule| window.waiting.into_iter().for_each(|waiting| schedule.put_back(at_ms, waiting)));
    }

    /// The tickets as the rules in force have them. Those of which the store did not say where they stand come up again in the next round.
    async fn placed(&self, waiting: Vec<Waiting>) -> Vec<Waiting> {
        let placed = self.placer.place(waiting).await;
        let now_ms = self.clock.now_ms();
        placed.unknown.into_iter().for_each(|waiting| self.look_at(now_ms, waiting));
        placed.ready
    }

    async fn look_for_arrivals(self: &Arc<Self>, arrivals: Vec<Waiting>) {
        let now_ms = self.clock.now_ms();
        let windows = windows(self.placed(arrivals).await, now_ms);
        let looking = windows.into_iter().map(|window| self.eyes.look_for_arrivals(window, now_ms));
        for (waiting, looked) in join_all(looking).await.into_iter().flatten() {
            match looked {
                Looked::Matched | Looked::Gone => {}
                Looked::Unsettled if waiting.looks <= CONFLICT_RETRIES_MAX => self.arrive(waiting),
                Looked::Unsettled => self.look_again_at(now_ms, waiting),
                Looked::Unmatched | Looked::Failed => {
                    self.look_again_at(waiting.next_look_ms(now_ms), waiting);
                }
            }
        }
    }

    async fn look_through(&self, mut window: Window) {
        let now_ms = self.clock.now_ms();
        self.eyes.widen(&mut window.waiting, now_ms).await;
        let looked = self.eyes.look_through(window, now_ms).await;
        // What took long is not worth repeating soon: however slow searches get, they leave time for others.
        let took_ms = self.clock.now_ms().saturating_sub(now_ms);
        let rested_ms = now_ms + took_ms * REST_FACTOR;
        for (waiting, looked) in looked {
            match looked {
                Looked::Matched | Looked::Gone => {}
                Looked::Unmatched => {
                    self.look_again_at(waiting.next_look_ms(now_ms).max(rested_ms), waiting.not_before(rested_ms));
                }
                Looked::Unsettled | Looked::Failed => self.look_again_at(rested_ms, waiting.not_before(rested_ms)),
            }
        }
    }
}

/// A moment within a round that differs from one name to another.
fn phase_ms(here: &InstanceId) -> u64 {
    hash::stable(here) % ROUND_MS
}

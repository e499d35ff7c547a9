//! The schedule between the many who add to it and the one who follows it.

use crate::config::{TICK, TICK_MIN};
use crate::schedule::{Due, Schedule};
use chassis::Clock;
use domain::TicketId;
use parking_lot::Mutex;
use std::collections::HashSet;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

pub struct Timetable {
    schedule: Mutex<Schedule>,
    /// Notified of each entry that comes up before all others.
    sooner: Notify,
    clock: Clock,
}

impl Timetable {
    pub fn new(schedule: Schedule, clock: Clock) -> Self {
        Self { schedule: Mutex::new(schedule), sooner: Notify::new(), clock }
    }

    /// Changes the schedule; whoever waits for what is due hears of what comes up sooner than all before.
    pub fn change(&self, change: impl FnOnce(&mut Schedule)) {
        let mut schedule = self.schedule.lock();
        let before = schedule.next_ms();
        change(&mut schedule);
        let is_sooner = |next_ms| before.is_none_or(|before_ms| next_ms < before_ms);
        if schedule.next_ms().is_some_and(is_sooner) {
            self.sooner.notify_one();
        }
    }

    /// The tickets that are in the schedule.
    pub fn tickets(&self) -> HashSet<TicketId> {
        self.schedule.lock().tickets()
    }

    /// Waits until something may be due, and takes out what is. Nothing is taken where the wait is given up.
    pub async fn due(&self) -> Due {
        sleep(TICK_MIN).await;
        while timeout(self.pause(), self.sooner.notified()).await.is_ok() {}
        let taken = self.schedule.lock().take(self.clock.now_ms());
        taken.wake()
    }

    /// How long it is until something that is in the schedule now is due, at most [`TICK`].
    fn pause(&self) -> Duration {
        let next_ms = self.schedule.lock().next_ms();
        let pause = next_ms.map(|at_ms| Duration::from_millis(at_ms.saturating_sub(self.clock.now_ms())));
        pause.map_or(TICK, |pause| pause.min(TICK))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::waiting::testing::{NOW_MS, solos};
    use std::sync::Arc;

    #[tokio::test(start_paused = true)]
    async fn what_is_due_sooner_than_all_that_was_waited_for_is_taken_at_its_time() {
        let clock = Clock::simulated(NOW_MS);
        let timetable = Arc::new(Timetable::new(Schedule::default(), clock));
        let follower = timetable.clone();
        let following = tokio::spawn(async move { follower.due().await });
        sleep(2 * TICK_MIN).await;
        let due_ms = clock.now_ms() + 3;
        timetable.change(|schedule| schedule.add(due_ms, solos(&[1500.0]).remove(0)));
        assert_eq!(following.await.unwrap().round.len(), 1);
        assert!((due_ms..=due_ms + 1).contains(&clock.now_ms()), "{} ms late", clock.now_ms() - due_ms);
    }
}

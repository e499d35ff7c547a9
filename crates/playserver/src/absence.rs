//! Clients that went away and do not come back: a ticket that was watched here, and that nobody watches any more, leaves the queue
//! after a while. One that nobody ever watched is left alone.
//!
//! Until then the store's note that it is watched here stands: should this playserver die meanwhile, whoever looks after a dead
//! one's tickets finds it.

use crate::config::{ABSENCE_PAUSE, ABSENCE_TRIES_MAX, ABSENCES_IN_WORK_MAX, ABSENCES_MAX};
use crate::presence::Presence;
use chassis::Clock;
use domain::Ticket;
use futures::StreamExt;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use store::{Leave, LeaveOutcome, StoreError, Subject, UNWATCHED_REASON};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_stream::wrappers::ReceiverStream;

/// The line of those who are awaited.
#[derive(Clone)]
pub struct Absences {
    clock: Clock,
    unwatched_max: Option<Duration>,
    line: mpsc::Sender<Absent>,
    /// When each subject was left last: one that was watched again meanwhile has its whole time again.
    left: Arc<Mutex<HashMap<Subject, Instant>>>,
}

#[derive(Clone)]
pub struct Absent {
    subject: Subject,
    /// When its time began.
    since: Instant,
    /// When its last watcher went away, in ms since the Unix epoch. It stays where its time begins anew.
    left_ms: u64,
}

impl Absences {
    /// Nobody is awaited where there is no `unwatched_max`.
    pub fn new(clock: Clock, unwatched_max: Option<Duration>) -> (Self, mpsc::Receiver<Absent>) {
        let (line, absent) = mpsc::channel(ABSENCES_MAX);
        (Self { clock, unwatched_max, line, left: Arc::default() }, absent)
    }

    pub fn are_awaited(&self) -> bool {
        self.unwatched_max.is_some()
    }

    /// The last who watched this subject here went away at `left_ms`, ms since the Unix epoch. False with too many in line: it is left to
    /// expire.
    pub fn report(&self, subject: &Subject, left_ms: u64) -> bool {
        let absent = Absent { subject: subject.clone(), since: Instant::now(), left_ms };
        let mut left = self.left.lock();
        let taken = self.line.try_send(absent.clone()).is_ok();
        if taken {
            left.insert(absent.subject, absent.since);
        }
        taken
    }

    /// Lets go of each in line when it is due. All wait equally long, so whoever was reported first is due first.
    pub async fn let_go_all(self, presence: Presence, line: mpsc::Receiver<Absent>) {
        let letting_go = ReceiverStream::new(line).map(|absent| self.let_go_in_time(&presence, absent));
        letting_go.buffer_unordered(ABSENCES_IN_WORK_MAX).collect::<()>().await;
    }

    async fn let_go_in_time(&self, presence: &Presence, absent: Absent) {
        sleep_until(absent.since + self.unwatched_max.unwrap_or_default()).await;
        if !self.take_if_last(&absent) {
            return;
        }
        let mut tries = 1;
        while let Err(error) = self.let_go(presence, &absent).await {
            if tries == ABSENCE_TRIES_MAX {
                let Absent { subject, left_ms, .. } = &absent;
                tracing::warn!(%error, ?subject, "could not let go of a ticket that nobody watches: again after as long");
                self.report(subject, *left_ms);
                return;
            }
            tries += 1;
            sleep(ABSENCE_PAUSE).await;
        }
    }

    /// Whether the subject was not left again since; then it is no longer noted as left.
    fn take_if_last(&self, absent: &Absent) -> bool {
        let mut left = self.left.lock();
        let is_last = left.get(&absent.subject) == Some(&absent.since);
        if is_last {
            left.remove(&absent.subject);
        }
        is_last
    }

    async fn let_go(&self, presence: &Presence, Absent { subject, left_ms, .. }: &Absent) -> Result<(), StoreError> {
        let ticket = presence.store.snapshot(subject).await?.ticket.filter(|ticket| ticket.state.is_live());
        if ticket.as_ref().is_some_and(|ticket| ticket.state.is_in_match()) {
            // It can come back to the queue if its match fails.
            self.report(subject, *left_ms);
            return Ok(());
        }
        presence.sign_off(subject).await?;
        // One that came after the last watcher had gone is none that anybody watched. Where clocks are apart it may wait on, or leave.
        let is_left = |ticket: &Ticket| ticket.queued_ms <= *left_ms && !presence.is_watched(subject);
        let Some(ticket) = ticket.filter(is_left) else { return Ok(()) };
        let left = presence.store.leave(ticket.id, Leave::Unwatched, UNWATCHED_REASON, self.clock.now_ms()).await?;
        if matches!(left, LeaveOutcome::Refused(found) if found.state.is_in_match()) {
            self.report(subject, *left_ms);
        }
        Ok(())
    }
}

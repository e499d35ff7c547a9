//! Keeps the store's note of who is watched here: signed on before a watcher reads its snapshot, signed off some time after the
//! last one left, once no ticket waits for him to come back. Being noted too long only costs an event that nobody here wants; being
//! forgotten would lose one.

use crate::absence::Absences;
use crate::config::{RESYNC_PAUSE, RESYNC_READS_MAX, SIGN_OFF_QUEUE_MAX, SIGN_OFFS_IN_WORK_MAX, SIGN_ON_AGAIN};
use crate::hub::Hub;
use crate::watch::present;
use chassis::{Clock, Shutdown};
use domain::InstanceId;
use futures::StreamExt;
use std::sync::Arc;
use std::time::Duration;
use store::{Snapshot, Store, StoreError, Subject};
use tokio::sync::{Notify, mpsc};
use tokio_stream::wrappers::ReceiverStream;

#[derive(Clone)]
pub struct Presence {
    pub store: Arc<dyn Store>,
    hub: Hub,
    here: InstanceId,
    clock: Clock,
    /// Each with when its last watcher went away, in ms since the Unix epoch.
    left: mpsc::Sender<(Subject, u64)>,
    resync: Arc<Notify>,
    absences: Absences,
}

/// The present state of a subject as it was read.
pub struct Present {
    pub snapshot: Snapshot,
    /// How often those who watch it here had been told of a ticket before.
    pub told: u64,
}

impl Presence {
    /// Has tickets leave the queue that nobody has watched any more for `unwatched_max`; where there is none, they wait on. Those whose watchers
    /// are still awaited at `shutdown` are another's to look after.
    pub fn start(
        store: Arc<dyn Store>,
        hub: Hub,
        here: InstanceId,
        clock: Clock,
        unwatched_max: Option<Duration>,
        shutdown: Shutdown,
    ) -> Self {
        let (left, leaving) = mpsc::channel(SIGN_OFF_QUEUE_MAX);
        let (absences, line) = Absences::new(clock, unwatched_max);
        let presence = Self { store, hub, here, clock, left, resync: Arc::default(), absences };
        let (signing_off, resyncing) =
            (presence.clone().sign_off_all(leaving), presence.clone().resync_whenever_asked());
        let letting_go = presence.absences.clone().let_go_all(presence.clone(), line);
        let left_behind = presence.clone().await_those_left_behind();
        let working = async move { tokio::join!(signing_off, resyncing, letting_go, left_behind) };
        tokio::spawn(async move { shutdown.run_until_cancelled(working).await });
        presence
    }

    /// Notes that the subject is watched here, and reads its present state. What happens later comes as an event.
    pub async fn sign_on(&self, subject: &Subject) -> Result<Present, StoreError> {
        let first = self.read(subject).await?;
        // That there is no ticket has no place in history: it must not be told after one that came meanwhile.
        let is_outdated = first.snapshot.ticket.is_none() && self.hub.told(subject) != first.told;
        if is_outdated { self.read(subject).await } else { Ok(first) }
    }

    async fn read(&self, subject: &Subject) -> Result<Present, StoreError> {
        let told = self.hub.told(subject);
        Ok(Present { snapshot: self.store.watch(subject, &self.here).await?, told })
    }

    /// Called when a watcher left. A full queue leaves the note standing, and the ticket to expire.
    pub fn left(&self, subject: Subject) {
        let _ = self.left.try_send((subject, self.clock.now_ms()));
    }

    /// Has the present state of everyone watched here read and told soon. Asking again meanwhile asks for one more.
    pub fn resync(&self) {
        self.resync.notify_one();
    }

    async fn resync_whenever_asked(self) {
        let mut streak = telemetry::Streak::new("read the present state of everyone watched here");
        loop {
            // The store forgets in time who is watched, in case a playserver dies without a word.
            let _ = tokio::time::timeout(SIGN_ON_AGAIN, self.resync.notified()).await;
            let resynced = self.resync_all().await;
            streak.saw(&resynced);
            if resynced.is_err() {
                tokio::time::sleep(RESYNC_PAUSE).await;
                self.resync.notify_one();
            }
        }
    }

    async fn resync_all(&self) -> Result<(), StoreError> {
        let refreshing = self.hub.subjects().into_iter().map(|subject| self.refresh(subject));
        chassis::all_readable(refreshing, RESYNC_READS_MAX).await.map(drop)
    }

    async fn refresh(&self, subject: Subject) -> Result<(), StoreError> {
        // Each further turn takes one more event that came in between.
        while !self.tell_present(&subject, &self.sign_on(&subject).await?) {}
        Ok(())
    }

    /// Tells everyone who watches the subject here its present state, as it was read; that there is no ticket only where none was told of since.
    /// Whether it was told.
    fn tell_present(&self, subject: &Subject, Present { snapshot, told }: &Present) -> bool {
        let update = Arc::new(present(subject, snapshot));
        if snapshot.ticket.is_none() {
            return self.hub.tell_unless_told(subject, *told, &update);
        }
        self.hub.tell(subject, &update);
        true
    }

    async fn sign_off_all(self, leaving: mpsc::Receiver<(Subject, u64)>) {
        let parting = ReceiverStream::new(leaving).map(|(subject, left_ms)| self.part_from(subject, left_ms));
        parting.buffer_unordered(SIGN_OFFS_IN_WORK_MAX).collect::<()>().await;
    }

    /// Signs off a subject whose last watcher left: at once, or, where its ticket is live, once nobody has come back to it for long.
    async fn part_from(&self, subject: Subject, left_ms: u64) {
        if self.is_watched(&subject) || (self.may_wait(&subject).await && self.absences.report(&subject, left_ms)) {
            return;
        }
        if let Err(error) = self.sign_off(&subject).await {
            tracing::debug!(%error, "could not sign a subject off: its events still come here");
        }
    }

    /// Whether the subject's ticket may be live: that is so, too, where the store does not answer.
    async fn may_wait(&self, subject: &Subject) -> bool {
        if !self.absences.are_awaited() {
            return false;
        }
        let found = self.store.snapshot(subject).await;
        found.map_or(true, |found| found.ticket.is_some_and(|ticket| ticket.state.is_live()))
    }

    /// Awaits everyone who was noted as watched here before this process began, as if their watchers had just left: they may have gone with an
    /// earlier process of this name.
    async fn await_those_left_behind(self) {
        let (mut place, mut streak) = (Some(0), telemetry::Streak::new("read who was watched here before"));
        while let (Some(from), true) = (place, self.absences.are_awaited()) {
            let read = self.store.watched_on(&self.here, from).await;
            streak.saw(&read);
            match read {
                Ok(watched) => {
                    watched.tickets.iter().flat_map(Subject::all_of).for_each(|subject| self.left(subject));
                    place = watched.next;
                }
                Err(_) => tokio::time::sleep(RESYNC_PAUSE).await,
            }
        }
    }

    /// Takes the note of a subject back that nobody watches here.
    pub async fn sign_off(&self, subject: &Subject) -> Result<(), StoreError> {
        if self.is_watched(subject) {
            return Ok(());
        }
        let signed_off = self.store.unwatch(subject, &self.here).await;
        // A watcher who came in between has signed on before this sign-off, which may have happened even if it failed: sign on
        // again, and tell what may have been missed.
        if self.is_watched(subject) {
            self.refresh(subject.clone()).await?;
        }
        signed_off
    }

    pub fn is_watched(&self, subject: &Subject) -> bool {
        self.hub.is_watched(subject)
    }
}

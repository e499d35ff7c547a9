//! Keeps the store's note of who is watched here: signed on before a watcher reads its snapshot, signed off some time after the
//! last one left. Being noted too long only costs an event that nobody here wants; being forgotten would lose one.

use crate::absence::Absences;
use crate::config::{RESYNC_PAUSE, RESYNC_READS_MAX, SIGN_OFF_QUEUE_MAX, SIGN_ON_AGAIN};
use crate::hub::Hub;
use api::v1;
use chassis::Shutdown;
use domain::InstanceId;
use futures::StreamExt;
use std::sync::Arc;
use store::{Snapshot, Store, StoreError, Subject};
use tokio::sync::{Notify, mpsc};

#[derive(Clone)]
pub struct Presence {
    store: Arc<dyn Store>,
    hub: Hub,
    here: InstanceId,
    left: mpsc::Sender<Subject>,
    resync: Arc<Notify>,
    absences: Absences,
}

impl Presence {
    pub fn start(store: Arc<dyn Store>, hub: Hub, here: InstanceId, absences: Absences, shutdown: Shutdown) -> Self {
        let (left, leaving) = mpsc::channel(SIGN_OFF_QUEUE_MAX);
        let presence = Self { store, hub, here, left, resync: Arc::default(), absences };
        let (signing_off, resyncing) =
            (presence.clone().sign_off_all(leaving), presence.clone().resync_whenever_asked());
        tokio::spawn(async move { shutdown.run_until_cancelled(futures::future::join(signing_off, resyncing)).await });
        presence
    }

    /// Notes that the subject is watched here, and reads its present state. What happens later comes as an event.
    pub async fn sign_on(&self, subject: &Subject) -> Result<Snapshot, StoreError> {
        self.store.watch(subject, &self.here).await
    }

    /// Called when a watcher left. A full queue leaves the note standing, which is harmless.
    pub fn left(&self, subject: Subject) {
        let _ = self.left.try_send(subject);
    }

    /// Has the present state of everyone watched here read and told soon. Asking again meanwhile asks for one more.
    pub fn resync(&self) {
        self.resync.notify_one();
    }

    async fn resync_whenever_asked(self) {
        loop {
            // The store forgets in time who is watched, in case a playserver dies without a word.
            let _ = tokio::time::timeout(SIGN_ON_AGAIN, self.resync.notified()).await;
            if let Err(error) = self.resync_all().await {
                tracing::warn!(%error, "could not read the present state of everyone watched here");
                tokio::time::sleep(RESYNC_PAUSE).await;
                self.resync.notify_one();
            }
        }
    }

    async fn resync_all(&self) -> Result<(), StoreError> {
        let reads = futures::stream::iter(self.hub.subjects()).map(|subject| self.refresh(subject));
        let mut reads = std::pin::pin!(reads.buffer_unordered(RESYNC_READS_MAX));
        while let Some(read) = reads.next().await {
            read?;
        }
        Ok(())
    }

    async fn refresh(&self, subject: Subject) -> Result<(), StoreError> {
        let snapshot = self.sign_on(&subject).await?;
        if let Some(ticket) = &snapshot.ticket {
            self.hub.tell(&subject, &Arc::new(v1::Update::of_snapshot(ticket, snapshot.matched.as_ref())));
        }
        Ok(())
    }

    async fn sign_off_all(self, mut leaving: mpsc::Receiver<Subject>) {
        while let Some(subject) = leaving.recv().await {
            if let Err(error) = self.sign_off(subject).await {
                tracing::debug!(%error, "could not sign a subject off: its events still come here");
            }
        }
    }

    async fn sign_off(&self, subject: Subject) -> Result<(), StoreError> {
        if self.hub.is_watched(&subject) {
            return Ok(());
        }
        let signed_off = self.store.unwatch(&subject, &self.here).await;
        // A watcher who came in between has signed on before this sign-off, which may have happened even if it failed: sign on
        // again, and tell what may have been missed.
        if self.hub.is_watched(&subject) {
            self.refresh(subject).await?;
        } else if self.absences.are_awaited() {
            let left = self.store.snapshot(&subject).await?.ticket;
            left.filter(|ticket| ticket.state.is_live()).iter().for_each(|ticket| self.absences.report(ticket.id));
        }
        signed_off
    }
}

//! Whether this mover leads. The lease says who may try; the fence, shown at each commit, says who may write.

use crate::config::{LEAD_RENEW, LEAD_SELF_STOP, LEAD_TTL, STANDBY_POLL};
use chassis::{Clock, Shutdown};
use domain::{Cursor, InstanceId};
use std::sync::Arc;
use store::{Fence, Leadership, Leases};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

#[derive(Debug, Clone)]
struct Term {
    fence: Fence,
    renewed: Instant,
}

impl Term {
    /// Whether it was renewed not too long ago to write under it.
    fn holds(&self) -> bool {
        self.renewed.elapsed() < LEAD_SELF_STOP
    }
}

/// The lead as this mover knows it.
#[derive(Clone)]
pub struct Lead {
    term: watch::Receiver<Option<Term>>,
    seen: Seen,
}

/// The farthest place in history that this mover knows of. The store is told it at each renewal: one that was restored from
/// an older state finds out so, and begins a new epoch instead of using cursors again that deliveries went past.
#[derive(Clone, Default)]
struct Seen(watch::Sender<Cursor>);

impl Seen {
    fn raise(&self, to: Cursor) {
        self.0.send_if_modified(|seen| {
            let farther = to > *seen;
            *seen = to.max(*seen);
            farther
        });
    }

    fn get(&self) -> Cursor {
        *self.0.borrow()
    }
}

impl Lead {
    /// Strives for the lead until `shutdown`, then resigns.
    pub fn start(leases: Arc<dyn Leases>, id: InstanceId, clock: Clock, shutdown: Shutdown) -> (Self, JoinHandle<()>) {
        let (known, term) = watch::channel(None);
        let seen = Seen::default();
        let striving = seen.clone();
        let task = tokio::spawn(async move {
            shutdown.run_until_cancelled(strive(&*leases, &id, &clock, &known, &striving)).await;
            let last = known.send_replace(None);
            telemetry::metrics().lead_ended();
            if let Some(Term { fence, .. }) = last
                && let Err(error) = leases.resign(&fence).await
            {
                tracing::warn!(%error, "could not resign: a standby takes over when the lease runs out");
            }
        });
        (Self { term, seen }, task)
    }

    /// The fence to write under; none when this mover does not lead, or could not renew for too long.
    pub fn fence(&self) -> Option<Fence> {
        let term = self.term.borrow();
        term.as_ref().filter(|term| term.holds()).map(|term| term.fence.clone())
    }

    /// Notes that history was read up to `cursor`.
    pub fn note_read(&self, cursor: Cursor) {
        self.seen.raise(cursor);
    }

    /// Waits until this mover leads.
    pub async fn taken(&mut self) -> Fence {
        loop {
            if let Some(fence) = self.fence() {
                return fence;
            }
            if self.term.changed().await.is_err() {
                // No more terms will come: this mover is leaving.
                std::future::pending::<()>().await;
            }
        }
    }
}

async fn strive(leases: &dyn Leases, id: &InstanceId, clock: &Clock, known: &watch::Sender<Option<Term>>, seen: &Seen) {
    let (metrics, leading) = (telemetry::metrics(), telemetry::metrics().leading());
    let (mut streak, mut leads) = (telemetry::Streak::new("ask for the lead"), false);
    loop {
        // Measured before asking: the store may have granted it as early as this.
        let renewed = Instant::now();
        let asked = leases.lead(id, LEAD_TTL, clock.now_ms(), seen.get()).await;
        streak.saw(&asked);
        let pause = match asked {
            Ok(Leadership::Leading { fence, epoch }) => {
                seen.raise(Cursor { epoch, seq: 0 });
                metrics.lead_renewed();
                let before = known.send_replace(Some(Term { fence: fence.clone(), renewed }));
                if !leads || before.is_none_or(|term| term.fence != fence) {
                    tracing::info!(fence = fence.0, epoch, "leading");
                }
                LEAD_RENEW
            }
            Ok(Leadership::Held { by }) => {
                // That epoch is over: a store that went back to it must not grant its lead again.
                seen.raise(Cursor { seq: u64::MAX, ..seen.get() });
                if known.send_replace(None).is_some() {
                    metrics.lead_ended();
                    tracing::warn!(%by, "lost the lead");
                }
                STANDBY_POLL
            }
            // The term stands until it stops by itself: the store may only be slow.
            Err(_) => STANDBY_POLL,
        };
        let holds = known.borrow().as_ref().is_some_and(Term::holds);
        if leads && !holds && known.borrow().is_some() {
            tracing::warn!("the lead ran out: it could not be renewed");
        }
        leads = holds;
        leading.set(usize::from(holds));
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it is sure of")]
mod tests {
    use super::*;
    use store::MemoryStore;
    use tokio::time::timeout;

    async fn next_fence(lead: &mut Lead, old: &Fence) -> Fence {
        let changed = async {
            loop {
                lead.term.changed().await.unwrap();
                match lead.fence() {
                    Some(fence) if fence != *old => return fence,
                    _ => {}
                }
            }
        };
        timeout(LEAD_TTL, changed).await.unwrap()
    }

    /// As after a restore of the store within the lease: its lead still stands, its clock is behind.
    #[tokio::test(start_paused = true)]
    async fn a_store_that_is_behind_what_was_read_is_led_under_another_fence() {
        let store = Arc::new(MemoryStore::new());
        let (mut lead, _task) = Lead::start(store, "mover-1".parse().unwrap(), Clock::system(), Shutdown::new());
        let old = lead.taken().await;
        let read = Cursor { epoch: lead.seen.get().epoch, seq: 7 };
        lead.note_read(read);
        lead.note_read(Cursor::default());
        assert_ne!(next_fence(&mut lead, &old).await, old);
        assert!(lead.seen.get() > read);
    }

    /// As after a restore of the store to a time when this mover led, while another led since.
    #[tokio::test(start_paused = true)]
    async fn an_epoch_that_was_lost_to_another_is_never_led_again() {
        let store = Arc::new(MemoryStore::new());
        let id: InstanceId = "mover-1".parse().unwrap();
        let (mut lead, _task) = Lead::start(store.clone(), id.clone(), Clock::system(), Shutdown::new());
        let old = lead.taken().await;
        store.resign(&old).await.unwrap();
        let other: InstanceId = "mover-2".parse().unwrap();
        store.lead(&other, LEAD_RENEW + STANDBY_POLL, 1, Cursor::default()).await.unwrap();
        tokio::time::sleep(LEAD_RENEW).await;
        tokio::time::sleep(STANDBY_POLL / 2).await;
        assert_eq!((lead.fence(), lead.seen.get().seq), (None, u64::MAX));
        assert_ne!(next_fence(&mut lead, &old).await, old);
    }
}

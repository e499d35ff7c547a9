//! Whether this mover leads. The lease says who may try; the fence, shown at each commit, says who may write.

use crate::config::{LEAD_RENEW, LEAD_SELF_STOP, LEAD_TTL, STANDBY_POLL};
use chassis::{Clock, Shutdown};
use domain::InstanceId;
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

/// The lead as this mover knows it.
#[derive(Clone)]
pub struct Lead {
    term: watch::Receiver<Option<Term>>,
}

impl Lead {
    /// Strives for the lead until `shutdown`, then resigns.
    pub fn start(leases: Arc<dyn Leases>, id: InstanceId, clock: Clock, shutdown: Shutdown) -> (Self, JoinHandle<()>) {
        let (known, term) = watch::channel(None);
        let task = tokio::spawn(async move {
            shutdown.run_until_cancelled(strive(&*leases, &id, &clock, &known)).await;
            let last = known.send_replace(None);
            if let Some(Term { fence, .. }) = last
                && let Err(error) = leases.resign(&fence).await
            {
                tracing::warn!(%error, "could not resign: a standby takes over when the lease runs out");
            }
        });
        (Self { term }, task)
    }

    /// The fence to write under; none when this mover does not lead, or could not renew for too long.
    pub fn fence(&self) -> Option<Fence> {
        let term = self.term.borrow();
        term.as_ref().filter(|term| term.renewed.elapsed() < LEAD_SELF_STOP).map(|term| term.fence.clone())
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

async fn strive(leases: &dyn Leases, id: &InstanceId, clock: &Clock, known: &watch::Sender<Option<Term>>) {
    loop {
        // Measured before asking: the store may have granted it as early as this.
        let renewed = Instant::now();
        let pause = match leases.lead(id, LEAD_TTL, clock.now_ms()).await {
            Ok(Leadership::Leading { fence, epoch }) => {
                let before = known.send_replace(Some(Term { fence: fence.clone(), renewed }));
                if before.is_none_or(|term| term.fence != fence) {
                    tracing::info!(fence = fence.0, epoch, "leading");
                }
                LEAD_RENEW
            }
            Ok(Leadership::Held { by }) => {
                if known.send_replace(None).is_some() {
                    tracing::warn!(%by, "lost the lead");
                }
                STANDBY_POLL
            }
            // The term stands until it stops by itself: the store may only be slow.
            Err(error) => {
                tracing::warn!(%error, "could not ask for the lead");
                STANDBY_POLL
            }
        };
        tokio::time::sleep(pause).await;
    }
}

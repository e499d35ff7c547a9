use super::in_time;
use crate::Shutdown;
use domain::{Instance, Role};
use std::sync::Arc;
use std::time::Duration;
use store::Leases;
use tokio::sync::watch;
use tokio::time::Instant;

/// How often the store is asked, in ms.
pub const PEERS_POLL_MS: u64 = 250;
/// How often the store is asked while no peer is known, in ms: meanwhile nothing can be done.
const PEERS_SOUGHT_MS: u64 = 25;
/// How long the last known peers are believed in while the store is away, in ms. They are likely alive: work goes on
/// between them, and a dead one shows when it is called.
pub const PEERS_STALE_MS_MAX: u64 = 10_000;

/// Who is alive in a role, as of [`PEERS_POLL_MS`] ago. Cheap to clone; the watching ends with the last clone.
#[derive(Debug, Clone)]
pub struct Peers(watch::Receiver<Arc<[Instance]>>);

impl Peers {
    /// Begins with nobody, and asks at once.
    pub fn watch(leases: Arc<dyn Leases>, role: Role, shutdown: Shutdown) -> Self {
        let (alive, peers) = watch::channel(Arc::from([]));
        tokio::spawn(async move {
            tokio::select! {
                () = poll(leases, role, &alive) => (),
                () = alive.closed() => (),
                () = shutdown.cancelled() => (),
            }
        });
        Self(peers)
    }

    /// Those alive now, by id, with the load they last told.
    pub fn alive(&self) -> Arc<[Instance]> {
        self.0.borrow().clone()
    }

    /// Waits for the next change of what [`Peers::alive`] answers, of whoever's coming, going or load. After shutdown
    /// there is none: it waits forever.
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending().await
        }
    }
}

async fn poll(leases: Arc<dyn Leases>, role: Role, alive: &watch::Sender<Arc<[Instance]>>) {
    let mut known_at = Instant::now();
    loop {
        match in_time(leases.instances(role)).await {
            Ok(instances) => {
                known_at = Instant::now();
                tell(alive, instances);
            }
            Err(_) if known_at.elapsed() > Duration::from_millis(PEERS_STALE_MS_MAX) => tell(alive, Vec::new()),
            Err(error) => tracing::debug!(%error, role = role.as_str(), "peers cannot be looked up"),
        }
        let pause_ms = if alive.borrow().is_empty() { PEERS_SOUGHT_MS } else { PEERS_POLL_MS };
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
    }
}

fn tell(alive: &watch::Sender<Arc<[Instance]>>, instances: Vec<Instance>) {
    alive.send_if_modified(|told| {
        let changes = **told != *instances;
        if changes {
            *told = instances.into();
        }
        changes
    });
}

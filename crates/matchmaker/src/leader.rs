use crate::config::LEADER_POLL;
use chassis::Shutdown;
use domain::InstanceId;
use std::sync::Arc;
use store::Leases;
use tokio::sync::watch;

/// Keeps an eye on who leads the realm. While the store does not answer, the last known leader stands: it refuses by itself
/// once it no longer leads.
pub fn watch(leases: Arc<dyn Leases>, shutdown: Shutdown) -> watch::Receiver<Option<InstanceId>> {
    let (known, receiver) = watch::channel(None);
    tokio::spawn(async move {
        let looking = async {
            loop {
                if let Ok(leader) = leases.leader().await {
                    known.send_if_modified(|known| std::mem::replace(known, leader.clone()) != leader);
                }
                tokio::time::sleep(LEADER_POLL).await;
            }
        };
        shutdown.run_until_cancelled(looking).await;
    });
    receiver
}

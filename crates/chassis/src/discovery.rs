//! Instances find one another through leases in the store: the same on a laptop and in a cluster.

mod clocks;
mod peers;
mod registration;

pub use peers::{PEERS_POLL_MS, PEERS_STALE_MS_MAX, Peers};
pub use registration::{LEASE_TTL_MS, Load, Registration};

use std::future::Future;
use std::time::Duration;
use store::StoreError;

/// Longest time one question to the store may take here, in ms: less than a lease has left after one missed renewal.
const STORE_MS_MAX: u64 = 1_000;

/// `asked`, or `Unavailable` after [`STORE_MS_MAX`].
async fn in_time<T>(asked: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let limit = Duration::from_millis(STORE_MS_MAX);
    let late = || StoreError::Unavailable(format!("no answer within {STORE_MS_MAX} ms"));
    tokio::time::timeout(limit, asked).await.unwrap_or_else(|_| Err(late()))
}

//! What the store still holds when everyone has left: nothing that nobody knows of.

use domain::Cursor;
use std::time::Duration;
use store::{Store, StoreError};
use tokio::time::{Instant, sleep};

/// How long the last deliveries may take to be acknowledged and trimmed.
const SETTLE_MAX: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_millis(100);
const LISTED_MAX: usize = 1_000;

/// Things that should be gone.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Residue {
    /// Tickets that still wait.
    pub waiting: u64,
    /// Matches that are neither ended nor failed.
    pub live: usize,
    /// Events that were not taken by everyone who should hear of them.
    pub untaken: usize,
}

/// Waits until nothing is left, up to a bound.
pub async fn settled(store: &dyn Store) -> Result<Residue, StoreError> {
    let until = Instant::now() + SETTLE_MAX;
    loop {
        let residue = Residue {
            waiting: store.waiting().await?,
            live: store.due(u64::MAX, LISTED_MAX).await?.len(),
            untaken: store.events(Cursor::default(), LISTED_MAX, Duration::ZERO).await?.len(),
        };
        if residue == Residue::default() || Instant::now() >= until {
            return Ok(residue);
        }
        sleep(LOOK_EVERY).await;
    }
}

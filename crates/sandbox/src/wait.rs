use anyhow::{Result, bail};
use std::future::Future;
use std::time::Duration;
use tokio::time::Instant;

/// Longest a condition is waited for. Far above what anything takes, for machines that are busy.
pub const WAIT_MAX: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Waits until `look` gives a value; after [`WAIT_MAX`] fails with what was waited for and the last state seen.
pub async fn wait_until<T, F>(what: &str, mut look: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T, String>>,
{
    let until = Instant::now() + WAIT_MAX;
    loop {
        let state = match look().await {
            Ok(value) => return Ok(value),
            Err(state) => state,
        };
        if Instant::now() >= until {
            bail!("waited {} s for {what}; last seen: {state}", WAIT_MAX.as_secs());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

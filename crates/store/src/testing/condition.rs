use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Longest a condition may take to come true.
const CONDITION_MAX: Duration = Duration::from_secs(10);
const POLL_PAUSE: Duration = Duration::from_millis(5);

/// Looks until `look` finds what is waited for; its error tells what it found instead.
///
/// # Panics
/// After 10 s, with the last thing found.
pub async fn eventually<T, F>(what: &str, look: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<T, String>>,
{
    eventually_within(CONDITION_MAX, what, look).await
}

/// As [`eventually`], for what takes longer.
///
/// # Panics
/// After `longest`, with the last thing found.
pub async fn eventually_within<T, F>(longest: Duration, what: &str, mut look: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<T, String>>,
{
    let deadline = Instant::now() + longest;
    loop {
        match look().await {
            Ok(found) => return found,
            Err(state) if Instant::now() > deadline => {
                panic!("{what}: not within {longest:?}: {state}")
            }
            Err(_) => sleep(POLL_PAUSE).await,
        }
    }
}

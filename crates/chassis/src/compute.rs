use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::{JoinError, spawn_blocking};

/// Runs `work`, which takes the processor for long, on a thread where it holds up nobody. On a runtime of one thread it runs in place:
/// what happens there happens in the same order every time, which a simulation relies on. Fails when `work` panics there.
pub async fn compute<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, JoinError> {
    if Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread {
        return Ok(work());
    }
    spawn_blocking(work).await
}

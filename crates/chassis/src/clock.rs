use std::time::{SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// Where a service takes its time from, so that a simulation can give it another.
#[derive(Debug, Clone, Copy)]
pub struct Clock(Source);

#[derive(Debug, Clone, Copy)]
enum Source {
    System,
    Simulated { start_ms: u64, started: Instant },
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// Reads `start_ms` now (ms since the Unix epoch) and goes on with tokio's time: a paused runtime stops it.
    pub fn simulated(start_ms: u64) -> Self {
        Self(Source::Simulated { start_ms, started: Instant::now() })
    }

    /// Ms since the Unix epoch.
    #[allow(clippy::disallowed_methods, reason = "this is the place where time comes from")]
    pub fn now_ms(&self) -> u64 {
        match self.0 {
            // A clock set before 1970 reads as 1970.
            Source::System => SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64),
            Source::Simulated { start_ms, started } => start_ms + started.elapsed().as_millis() as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn a_simulated_clock_goes_with_the_runtimes_time() {
        let clock = Clock::simulated(5_000);
        tokio::time::advance(Duration::from_millis(250)).await;
        assert_eq!(clock.now_ms(), 5_250);
    }
}

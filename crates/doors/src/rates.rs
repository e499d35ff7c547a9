//! How often one client may call one instance.

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use parking_lot::Mutex;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tonic::Status;

/// Clients who are told apart at once, those who have called lately.
const CLIENTS_MAX: usize = 1_000_000;
/// So often, those who have not called lately are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(10);

/// Calls a second, sustained. Twice as many may come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RatesConfig {
    /// Of one player.
    pub player: NonZeroU32,
    /// Under one realm server's token: each request of its streams counts.
    pub realm_server: NonZeroU32,
}

/// Of one instance. Cheap to clone.
#[derive(Clone)]
pub struct Rates {
    players: Arc<Limit>,
    realm_servers: Arc<Limit>,
}

impl Rates {
    pub fn new(config: RatesConfig) -> Self {
        let limit = |per_second| Arc::new(Limit::new(per_second));
        Self { players: limit(config.player), realm_servers: limit(config.realm_server) }
    }

    pub(crate) fn of_players(&self) -> Arc<Limit> {
        self.players.clone()
    }

    pub(crate) fn of_realm_servers(&self) -> Arc<Limit> {
        self.realm_servers.clone()
    }
}

pub(crate) struct Limit {
    per_second: NonZeroU32,
    limiter: DefaultKeyedRateLimiter<String>,
    forgot: Mutex<Instant>,
    /// Counted when some were last forgotten: a count looks into every shard.
    is_full: AtomicBool,
}

impl Limit {
    fn new(per_second: NonZeroU32) -> Self {
        let quota = Quota::per_second(per_second).allow_burst(per_second.saturating_add(per_second.get()));
        Self {
            per_second,
            limiter: DefaultKeyedRateLimiter::keyed(quota),
            forgot: Mutex::new(Instant::now()),
            is_full: AtomicBool::new(false),
        }
    }

    /// One call of this client.
    pub(crate) fn take(&self, client: &str) -> Result<(), Status> {
        self.forget();
        if self.is_full.load(Ordering::Relaxed) {
            return Err(Status::resource_exhausted("too many clients call at once: ask again later"));
        }
        self.limiter.check_key(&client.to_owned()).map_err(|early| {
            let wait = early.wait_time_from(DefaultClock::default().now());
            let (most, wait_ms) = (self.per_second, wait.as_millis());
            Status::resource_exhausted(format!("more than {most} calls a second: ask again in {wait_ms} ms"))
        })
    }

    fn forget(&self) {
        // Where it is locked, another is at it.
        let Some(mut forgot) = self.forgot.try_lock() else { return };
        if forgot.elapsed() >= FORGET_EVERY {
            self.limiter.retain_recent();
            self.is_full.store(self.limiter.len() >= CLIENTS_MAX, Ordering::Relaxed);
            *forgot = Instant::now();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_has_a_rate_of_its_own() {
        let limit = Limit::new(NonZeroU32::new(5).unwrap());
        let taken = (0..100).filter(|_| limit.take("ada").is_ok()).count();
        assert!((10..=20).contains(&taken), "twice the rate at once, and what comes meanwhile; was {taken}");
        let refused = limit.take("ada").unwrap_err();
        assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
        assert!(refused.message().starts_with("more than 5 calls a second"), "{refused}");
        assert!(limit.take("bob").is_ok());
    }
}

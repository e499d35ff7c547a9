//! Whether anyone still answers.

use parking_lot::Mutex;
use std::time::Duration;
use tokio::time::Instant;
use tonic::Code;

/// Heard of every call's outcome; shared by all of a client's copies.
#[derive(Debug, Default)]
pub struct Pulse(Mutex<Option<Silence>>);

/// Calls that found nobody, with no answer between.
#[derive(Debug, Clone, Copy)]
struct Silence {
    first: Instant,
    last: Instant,
}

impl Pulse {
    /// An answer, or news on a watch.
    pub fn heard(&self) {
        *self.0.lock() = None;
    }

    pub fn failed(&self, code: Code) {
        self.failed_at(code, Instant::now());
    }

    fn failed_at(&self, code: Code, now: Instant) {
        match code {
            Code::Unavailable | Code::DeadlineExceeded => {
                self.0.lock().get_or_insert(Silence { first: now, last: now }).last = now;
            }
            // A cut connection shows so too: it says nothing about what comes after.
            Code::Unknown | Code::Internal | Code::Cancelled => {}
            _ => self.heard(),
        }
    }

    /// Between the first and the last call of which none was answered. It does not grow while nobody asks.
    pub fn silent(&self) -> Duration {
        self.0.lock().map_or(Duration::ZERO, |silence| silence.last - silence.first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_lasts_from_failure_to_failure_until_an_answer() {
        let (pulse, start) = (Pulse::default(), Instant::now());
        let after = |s| start + Duration::from_secs(s);
        pulse.failed_at(Code::Unavailable, after(0));
        pulse.failed_at(Code::Unknown, after(1));
        assert_eq!(pulse.silent(), Duration::ZERO);
        pulse.failed_at(Code::DeadlineExceeded, after(2));
        assert_eq!(pulse.silent(), Duration::from_secs(2));
        pulse.failed_at(Code::NotFound, after(3));
        pulse.failed_at(Code::Unavailable, after(4));
        assert_eq!(pulse.silent(), Duration::ZERO);
    }
}

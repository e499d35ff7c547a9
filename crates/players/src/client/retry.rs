//! Asking again: when, how often, and how long each answer may take.

use super::pulse::Pulse;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;
use tonic::{Code, Request, Response, Status};

/// Longest one attempt may take.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Bounded, jittered, doubling waits.
#[derive(Debug, Clone, Copy)]
pub struct Retry {
    pub attempts_max: usize,
    pub first: Duration,
    pub longest: Duration,
}

impl Retry {
    /// For a person at a terminal, who would rather know.
    pub const BRIEF: Self =
        Self { attempts_max: 3, first: Duration::from_millis(100), longest: Duration::from_millis(400) };
    /// For players who sit out a failover: about 20 s of refusals.
    pub const PATIENT: Self =
        Self { attempts_max: 15, first: Duration::from_millis(100), longest: Duration::from_secs(2) };

    /// The wait before attempt `failures + 1`: half of it fixed, half random, so that cut clients do not come back as one wave.
    pub fn wait(&self, failures: usize) -> Duration {
        let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or(u32::MAX).min(16);
        let full = self.first.saturating_mul(1 << doublings).min(self.longest);
        // A fresh RandomState is std's own source of randomness.
        let random = RandomState::new().build_hasher().finish() % 1024;
        full / 2 + full.mul_f64(random as f64 / 2048.0)
    }
}

/// May the same question get another answer later? A proxy turns a killed backend into INTERNAL; a connection cut inside a
/// stream shows as UNKNOWN or CANCELLED.
pub fn is_passing(code: Code) -> bool {
    matches!(
        code,
        Code::Unavailable
            | Code::Internal
            | Code::ResourceExhausted
            | Code::DeadlineExceeded
            | Code::Aborted
            | Code::Cancelled
            | Code::Unknown
    )
}

/// The request, with its deadline told to the server.
pub fn timed<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(ANSWER_WITHIN);
    request
}

/// Asks until an answer, a lasting error, or the last attempt. `call` is given how many attempts failed before.
pub async fn ask<T, F, Answer>(retry: &Retry, pulse: &Pulse, mut call: F) -> Result<T, Status>
where
    F: FnMut(usize) -> Answer,
    Answer: Future<Output = Result<Response<T>, Status>>,
{
    let mut failures = 0;
    loop {
        let status = match within(ANSWER_WITHIN, call(failures)).await {
            Ok(response) => {
                pulse.heard();
                return Ok(response.into_inner());
            }
            Err(status) => status,
        };
        pulse.failed(status.code());
        failures += 1;
        if failures >= retry.attempts_max || !is_passing(status.code()) {
            return Err(status);
        }
        tokio::time::sleep(retry.wait(failures)).await;
    }
}

/// The deadline as this side keeps it, for a server that does not.
pub async fn within<T>(limit: Duration, answer: impl Future<Output = Result<T, Status>>) -> Result<T, Status> {
    match tokio::time::timeout(limit, answer).await {
        Ok(answer) => answer,
        Err(_) => Err(Status::deadline_exceeded(format!("no answer within {} ms", limit.as_millis()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let retry = Retry::PATIENT;
        for (failures, full_ms) in [(1, 100), (2, 200), (3, 400), (100, 2000)] {
            let wait_ms = retry.wait(failures).as_millis();
            assert!((full_ms / 2..=full_ms).contains(&wait_ms), "{failures} failures: {wait_ms} ms");
        }
    }

    const QUICK: Retry = Retry { attempts_max: 3, first: Duration::from_millis(1), longest: Duration::from_millis(1) };

    #[tokio::test]
    async fn passing_errors_are_asked_again_up_to_the_bound_and_lasting_ones_never() {
        let pulse = Pulse::default();
        let mut calls = 0;
        let answer = ask(&QUICK, &pulse, |_| {
            calls += 1;
            let done = calls == 3;
            async move { if done { Ok(Response::new(7)) } else { Err(Status::unavailable("")) } }
        });
        assert_eq!(answer.await.unwrap(), 7);

        for (status, expected) in [(Status::unavailable(""), 3), (Status::invalid_argument(""), 1)] {
            let mut calls = 0;
            let answer = ask(&QUICK, &pulse, |_| {
                calls += 1;
                let status = status.clone();
                async move { Err::<Response<()>, _>(status) }
            });
            assert_eq!(answer.await.unwrap_err().code(), status.code());
            assert_eq!(calls, expected);
        }
    }
}

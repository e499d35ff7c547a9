//! Every time that Redis is asked, for whoever counts and times it.

use std::time::{Duration, Instant};
use tracing::Span;

/// One time that Redis was asked: a verb takes several where it must ask again.
#[derive(Debug, Clone, Copy)]
pub struct RoundTrip {
    /// A verb of the store, or `events_wait`: the part of `events` that waits for one to come.
    pub verb: &'static str,
    pub end: RoundTripEnd,
    /// With the search for the server that leads, where it was not known.
    pub took: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundTripEnd {
    Ok,
    /// Redis, or the way to it, answered with an error.
    Failed,
    /// Nobody waits for its answer any more.
    Unanswered,
}

impl RoundTripEnd {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Unanswered => "unanswered",
        }
    }
}

/// What Redis is asked.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// As in [`RoundTrip`].
    pub verb: &'static str,
    /// The command; `PIPELINE` of several.
    pub operation: &'a str,
    /// Whether it runs the script that the verb names.
    pub is_script: bool,
}

/// Told of each round trip, where it is made: it should take no time.
#[derive(Debug, Clone, Copy)]
pub struct Observer {
    /// The span to make it in; may be none. Its `otel.status_code` and `otel.status_description` are recorded where it fails.
    pub span: fn(Asked<'_>) -> Span,
    pub ended: fn(RoundTrip),
}

/// Tells of a round trip when it is dropped, also in the middle.
pub(super) struct Watch {
    observer: Option<Observer>,
    verb: &'static str,
    began: Instant,
    end: RoundTripEnd,
}

impl Watch {
    pub fn begin(observer: Option<Observer>, verb: &'static str) -> Self {
        Self { observer, verb, began: Instant::now(), end: RoundTripEnd::Unanswered }
    }

    pub fn end<T, E>(mut self, answer: &Result<T, E>) {
        self.end = if answer.is_ok() { RoundTripEnd::Ok } else { RoundTripEnd::Failed };
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(observer) = self.observer {
            (observer.ended)(RoundTrip { verb: self.verb, end: self.end, took: self.began.elapsed() });
        }
    }
}

//! Every time that Redis is asked, for whoever counts and times it.

use ::redis::RedisResult;
use std::fmt::Display;
use std::time::{Duration, Instant};
use tracing::Span;
use tracing::field::display;

/// One time that Redis was asked: a verb takes several where it must ask again, and shares one where others ask for the same.
#[derive(Debug, Clone, Copy)]
pub struct RoundTrip {
    /// A verb of the store, or `events_wait`: an `events` that may wait for one to come.
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
pub struct Operation<'a> {
    /// As in [`RoundTrip`].
    pub verb: &'static str,
    /// The command; `PIPELINE` of several.
    pub command: &'a str,
    /// Whether it runs the script that the verb names.
    pub is_script: bool,
}

/// Told of each round trip, where it is made: it should take no time.
#[derive(Debug, Clone, Copy)]
pub struct Observer {
    /// The span of one asker; may be none. Where it fails, its `otel.status_description` and `error.type` are recorded, and where it
    /// shared its round trip, `db.operation.batch.size`.
    pub span: fn(Operation<'_>) -> Span,
    pub ended: fn(RoundTrip),
}

/// Times a round trip, and tells of it when it is dropped, also in the middle.
pub(super) struct Timed {
    observer: Option<Observer>,
    verb: &'static str,
    began: Instant,
    end: RoundTripEnd,
}

impl Timed {
    pub fn begin(observer: Option<&Observer>, verb: &'static str) -> Self {
        Self { observer: observer.copied(), verb, began: Instant::now(), end: RoundTripEnd::Unanswered }
    }

    pub fn end<T>(mut self, answer: &RedisResult<T>) {
        self.end = if answer.is_ok() { RoundTripEnd::Ok } else { RoundTripEnd::Failed };
    }
}

impl Drop for Timed {
    fn drop(&mut self) {
        if let Some(observer) = self.observer {
            (observer.ended)(RoundTrip { verb: self.verb, end: self.end, took: self.began.elapsed() });
        }
    }
}

/// What somebody asked, in the trace of whom it is asked for; with the wait for its turn where it goes with others'.
pub(super) struct Told {
    is_answered: bool,
    pub span: Span,
}

impl Told {
    pub fn begin(observer: Option<&Observer>, operation: Operation<'_>) -> Self {
        Self { is_answered: false, span: observer.map_or_else(Span::none, |observer| (observer.span)(operation)) }
    }

    pub fn end<T>(mut self, answer: &RedisResult<T>) {
        self.is_answered = true;
        if let Err(error) = answer {
            self.fail(error.code().unwrap_or_else(|| error.category()), error);
        }
    }

    /// The same of a call that went with so many in all.
    pub fn end_of_batch<T>(self, answer: &RedisResult<T>, calls: usize) {
        if calls > 1 {
            self.span.record("db.operation.batch.size", calls);
        }
        self.end(answer);
    }

    fn fail(&self, kind: &str, why: &dyn Display) {
        self.span.record("otel.status_description", display(why));
        self.span.record("error.type", kind);
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        if !self.is_answered {
            self.fail("unanswered", &"nobody waits for its answer any more");
        }
    }
}

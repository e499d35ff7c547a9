//! Every time that Redis is asked, for whoever counts and times it.

use ::redis::RedisResult;
use std::fmt::Display;
use std::time::{Duration, Instant};
use tracing::Span;
use tracing::field::display;

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
    /// The span to make it in; may be none. Where it fails, its `otel.status_description` and `error.type` are recorded.
    pub span: fn(Operation<'_>) -> Span,
    pub ended: fn(RoundTrip),
}

/// Tells of a round trip when it is dropped, also in the middle.
pub(super) struct Watch {
    observer: Option<Observer>,
    verb: &'static str,
    began: Instant,
    end: RoundTripEnd,
    pub span: Span,
}

impl Watch {
    pub fn begin(observer: Option<Observer>, operation: Operation<'_>) -> Self {
        let span = observer.map_or_else(Span::none, |observer| (observer.span)(operation));
        Self { observer, verb: operation.verb, began: Instant::now(), end: RoundTripEnd::Unanswered, span }
    }

    pub fn end<T>(mut self, answer: &RedisResult<T>) {
        self.end = match answer {
            Ok(_) => RoundTripEnd::Ok,
            Err(error) => {
                self.fail(error.code().unwrap_or_else(|| error.category()), error);
                RoundTripEnd::Failed
            }
        };
    }

    fn fail(&self, kind: &str, why: &dyn Display) {
        self.span.record("otel.status_description", display(why));
        self.span.record("error.type", kind);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if self.end == RoundTripEnd::Unanswered {
            self.fail("unanswered", &"nobody waits for its answer any more");
        }
        if let Some(observer) = self.observer {
            (observer.ended)(RoundTrip { verb: self.verb, end: self.end, took: self.began.elapsed() });
        }
    }
}

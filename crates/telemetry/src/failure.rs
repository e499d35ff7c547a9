//! What went wrong for somebody, told once in the log and once in his trace, however little of that is kept.

use crate::context::continue_from;
use crate::filters::SPANS;
use crate::rate_limit::RateLimit;
use domain::Traceparent;
use parking_lot::Mutex;
use std::fmt::Display;
use std::time::{Duration, Instant};
use tracing::field::display;

/// Failures of one kind that one process logs in [`LOGGED_WITHIN`]: a store that is away fails thousands.
const LOGGED_MAX: usize = 10;
const LOGGED_WITHIN: Duration = Duration::from_secs(10);
/// Failures of one kind that one process puts in a second into traces of which nothing else is kept.
const KEPT_MAX: usize = 10;
const KEPT_WITHIN: Duration = Duration::from_secs(1);
/// Longest reason told, in bytes: a stored text that cannot be read may stand in it.
const WHY_BYTES_MAX: usize = 256;

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// A party could not be stored, or it is not known whether it was.
    Enqueue,
    /// A ticket was not looked for.
    Attempt,
    /// A match that was proposed was not made, or it is not known whether it was.
    Commit,
    /// A playserver could not start a match that it hosts.
    Start,
    /// A playserver did not take an event in time: it is told of the present state instead.
    Delivery,
    /// A ticket waited as long as it may.
    Expired,
    /// A match was taken back: its tickets are in their queues again.
    Requeued,
    /// Somebody did not acknowledge his match in time.
    NoShow,
}

impl Failure {
    pub const ALL: [Self; 8] = [
        Self::Enqueue,
        Self::Attempt,
        Self::Commit,
        Self::Start,
        Self::Delivery,
        Self::Expired,
        Self::Requeued,
        Self::NoShow,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enqueue => "enqueue",
            Self::Attempt => "attempt",
            Self::Commit => "commit",
            Self::Start => "start",
            Self::Delivery => "delivery",
            Self::Expired => "expired",
            Self::Requeued => "requeued",
            Self::NoShow => "no_show",
        }
    }
}

/// One failure, and whom it befell.
pub struct Failed<'a> {
    pub failure: Failure,
    pub ticket: Option<&'a dyn Display>,
    pub matched: Option<&'a dyn Display>,
    /// W3C `traceparent` of the ticket's trace; may be empty.
    pub trace: &'a str,
    pub why: &'a dyn Display,
}

type Limits = Mutex<[RateLimit; Failure::ALL.len()]>;

static LOGGED: Limits = Mutex::new([const { RateLimit::new(LOGGED_MAX, LOGGED_WITHIN) }; Failure::ALL.len()]);
static KEPT: Limits = Mutex::new([const { RateLimit::new(KEPT_MAX, KEPT_WITHIN) }; Failure::ALL.len()]);

impl Failed<'_> {
    /// Logs a line and [`keep`]s it. Of each kind no more than 10 in ten seconds are logged; the next line tells how many were not.
    pub fn tell(self) {
        if let Some(told) = spend(&LOGGED, self.failure) {
            let untold = Some(told - 1).filter(|untold| *untold > 0);
            let (failure, trace_id) =
                (self.failure.as_str(), Traceparent::parse(self.trace).map(|named| named.trace_id));
            let (ticket_id, match_id) = (self.ticket.map(display), self.matched.map(display));
            let error = cut(self.why);
            tracing::warn!(target: "muster", error, ticket_id, match_id, trace_id, untold, "{failure} failed");
        }
        keep(self);
    }
}

/// Puts a span `muster.failure` into the trace of whom it befell. It is kept though the rest of the trace may not be: of each kind no more
/// than 10 a second of those.
pub fn keep(failed: Failed<'_>) {
    let Some(named) = Traceparent::parse(failed.trace) else { return };
    if !named.is_sampled() && spend(&KEPT, failed.failure).is_none() {
        return;
    }
    let span = tracing::info_span!(
        target: SPANS, parent: None, "muster.failure",
        otel.status_description = cut(failed.why), muster.kept = "failure",
        muster.failure = failed.failure.as_str(),
        muster.ticket_id = failed.ticket.map(display), muster.match_id = failed.matched.map(display),
    );
    continue_from(&span, failed.trace);
}

fn spend(limits: &Limits, failure: Failure) -> Option<usize> {
    limits.lock()[failure as usize].spend(1, Instant::now())
}

fn cut(why: &dyn Display) -> String {
    let mut why = why.to_string();
    why.truncate(why.floor_char_boundary(WHY_BYTES_MAX));
    why
}

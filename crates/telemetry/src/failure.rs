//! What went wrong for somebody, told once in the log and once in his trace, however little of that is kept.

use crate::budget::Budget;
use crate::context::{continue_from, trace_id};
use crate::filters::SPANS;
use std::fmt::Display;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tracing::field::display;

/// Failures of one kind that one process tells in a second: a store that is away fails thousands.
pub const FAILURES_TOLD_MAX: usize = 10;

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// A request to be matched had no answer, or one that says that Muster is at fault.
    Enqueue,
    /// A ticket was not looked for.
    Attempt,
    /// A proposal that should have become a match did not, or it is not known whether it did.
    Commit,
    /// A playserver did not take an event in time: it is told of the present state instead.
    Delivery,
    /// A ticket waited as long as it may.
    Expired,
    /// A match was taken back: its tickets are in their queues again.
    Requeued,
    /// Not everybody acknowledged a match in time.
    NoShow,
}

impl Failure {
    const KINDS: usize = 7;

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enqueue => "enqueue",
            Self::Attempt => "attempt",
            Self::Commit => "commit",
            Self::Delivery => "delivery",
            Self::Expired => "expired",
            Self::Requeued => "requeued",
            Self::NoShow => "no_show",
        }
    }
}

/// The ticket or the match that it befell.
#[derive(Clone, Copy)]
pub enum Whose<'a> {
    Ticket(&'a dyn Display),
    Match(&'a dyn Display),
    Nobody,
}

static BUDGETS: Mutex<[Budget; Failure::KINDS]> =
    Mutex::new([const { Budget::new(FAILURES_TOLD_MAX, Duration::from_secs(1)) }; Failure::KINDS]);

/// Logs a line, and puts a span `muster.failure` into the trace that `traceparent` names; it is kept though the rest of the
/// trace may not be. Of each kind no more than [`FAILURES_TOLD_MAX`] a second are told; the next line tells how many were not.
pub fn failed(failure: Failure, whose: Whose<'_>, traceparent: &str, why: &dyn Display) {
    let told = BUDGETS.lock().unwrap_or_else(PoisonError::into_inner)[failure as usize].spend(1, Instant::now());
    let Some(untold) = told.map(|told| Some(told - 1).filter(|untold| *untold > 0)) else { return };
    let (ticket_id, match_id) = match whose {
        Whose::Ticket(id) => (Some(display(id)), None),
        Whose::Match(id) => (None, Some(display(id))),
        Whose::Nobody => (None, None),
    };
    let what = failure.as_str();
    let trace_id = Some(trace_id(traceparent)).filter(|id| !id.is_empty());
    match failure {
        // What players do, or do not do, is nothing to mend here.
        Failure::Expired | Failure::NoShow => tracing::info!(ticket_id, match_id, trace_id, untold, "{what}: {why}"),
        _ => tracing::warn!(ticket_id, match_id, trace_id, untold, "{what}: {why}"),
    }
    if trace_id.is_some() {
        let span = tracing::info_span!(
            target: SPANS, parent: None, "muster.failure",
            otel.status_code = "ERROR", otel.status_description = %why,
            muster.kept = "failure", muster.failure = what, muster.ticket_id = ticket_id, muster.match_id = match_id,
        );
        continue_from(&span, traceparent);
    }
}

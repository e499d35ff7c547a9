//! How a look is told in the trace of each ticket that it was for.

use crate::look::Looked;
use crate::search::Found;
use crate::waiting::Waiting;
use tracing::Span;
use tracing::field::{Empty, debug};

/// One look for one ticket, in the ticket's trace; nothing where it has none.
pub fn span(waiting: &Waiting) -> Span {
    if waiting.trace.is_empty() {
        return Span::none();
    }
    let span = tracing::info_span!(
        parent: None,
        "muster.attempt",
        muster.ticket_id = %waiting.id,
        muster.queue = %waiting.place.queue,
        muster.width = waiting.width,
        muster.range = Empty,
        muster.rejections = Empty,
        muster.nearest_miss_s = Empty,
        muster.outcome = Empty,
    );
    telemetry::continue_from(&span, &waiting.trace);
    span
}

/// How many tickets were in the range.
pub fn tell_range(span: &Span, tickets: usize) {
    span.record("muster.range", tickets);
}

/// What was found, and why others did not match.
pub fn tell_found(span: &Span, found: &Found) {
    if span.is_disabled() {
        return;
    }
    let rejections: Vec<String> = found.rejections.iter().map(|r| format!("{}={}", r.rule, r.count)).collect();
    if !rejections.is_empty() {
        span.record("muster.rejections", rejections.join(" "));
    }
    span.record("muster.nearest_miss_s", found.nearest_miss_s);
}

pub fn tell_outcome(span: &Span, looked: Looked) {
    span.record("muster.outcome", debug(looked));
}

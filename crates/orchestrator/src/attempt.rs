//! How a look is told in the trace of each ticket that it was for, and counted.

use crate::look::Looked;
use crate::search::Found;
use crate::waiting::Waiting;
use domain::TicketId;
use telemetry::Under;
use tracing::Span;
use tracing::field::Empty;

/// One look for one ticket, in the ticket's trace; nothing where it has none.
pub fn span(waiting: &Waiting) -> Span {
    telemetry::span!(
        Under::Named(&waiting.trace),
        "muster.attempt",
        muster.ticket_id = %waiting.id,
        muster.queue = %waiting.place.queue,
        muster.attempt = waiting.looks + 1,
        muster.width = waiting.width,
        muster.range = Empty,
        muster.rejections = Empty,
        muster.nearest_miss_s = Empty,
        muster.cost_s = Empty,
        muster.outcome = Empty,
        otel.status_description = Empty,
    )
}

/// How many tickets were in the range.
pub fn tell_range(span: &Span, tickets: usize) {
    span.record("muster.range", tickets);
}

/// What was found for a ticket, and why others did not match.
pub fn tell_found(span: &Span, found: &Found, id: TicketId) {
    if span.is_disabled() {
        return;
    }
    let rejections: Vec<String> = found.rejections.iter().map(|r| format!("{}={}", r.rule, r.count)).collect();
    if !rejections.is_empty() {
        span.record("muster.rejections", rejections.join(" "));
    }
    span.record("muster.nearest_miss_s", found.nearest_miss_s);
    span.record("muster.cost_s", found.matched.get(&id));
}

pub fn tell_outcome(span: &Span, looked: Looked) {
    span.record("muster.outcome", looked.as_str());
    if looked == Looked::Failed {
        span.record("otel.status_description", "not looked for");
    }
}

/// Counts one look for one ticket.
pub fn count(waiting: &mut Waiting, looked: Looked) {
    telemetry::metrics().attempts(waiting.place.queue.as_str(), looked.as_str(), 1);
    note(waiting, looked);
}

/// Counts one look for tickets of one queue: they may be thousands, so each outcome is counted once.
pub fn counted(mut looked: Vec<(Waiting, Looked)>) -> Vec<(Waiting, Looked)> {
    let Some((first, _)) = looked.first() else { return looked };
    let queue = first.place.queue.clone();
    for outcome in Looked::ALL {
        let tickets = looked.iter().filter(|(_, looked)| *looked == outcome).count();
        if tickets > 0 {
            telemetry::metrics().attempts(queue.as_str(), outcome.as_str(), tickets);
        }
    }
    looked.iter_mut().for_each(|(waiting, looked)| note(waiting, *looked));
    looked
}

fn note(waiting: &mut Waiting, looked: Looked) {
    waiting.looks = waiting.looks.saturating_add(1);
    if looked == Looked::Matched {
        telemetry::metrics().matched(waiting.place.queue.as_str(), waiting.looks, &waiting.trace);
    }
}

//! A proposal in the trace of one of its tickets.

use api::v1::{ProposeResponse, SearchRequest};
use domain::{Proposal, Range};
use tracing::Span;
use tracing::field::Empty;

/// An anchored search is told where it was asked for, each proposal of a window in the trace of the first of its own tickets that has one.
pub fn span(request: &SearchRequest, range: &Range, proposal: &Proposal) -> Span {
    macro_rules! propose_span {
        ($span:ident, $($first:tt)*) => {
            telemetry::$span!(
                $($first)*
                muster.queue = request.queue,
                muster.tickets = proposal.teams.iter().map(Vec::len).sum::<usize>(),
                muster.cost_s = proposal.cost_s,
                muster.match_id = Empty,
                muster.tries = Empty,
                muster.verdict = Empty,
                muster.conflict = Empty,
            )
        };
    }
    if is_anchored(request) {
        return propose_span!(child_span, "muster.propose",);
    }
    let ids = proposal.teams.iter().flatten().map(|index| api::ticket_id_to_bytes(range.candidates[*index].id));
    let traced = ids.filter_map(|id| request.traces.iter().find(|trace| trace.ticket_id == id)).next();
    traced.map_or_else(Span::none, |trace| propose_span!(ticket_span, &trace.traceparent, "muster.propose",))
}

/// What a proposal that has no span carries: a window's search came in the trace of somebody who may not be in it.
pub fn carried(request: &SearchRequest) -> String {
    if is_anchored(request) { telemetry::carried(&request.traceparent) } else { String::new() }
}

/// What became of it after how many tries, and which ticket stood in the way.
pub fn tell(span: &Span, answer: &ProposeResponse, tries: u32) {
    if span.is_disabled() {
        return;
    }
    span.record("muster.tries", tries);
    span.record("muster.match_id", answer.match_id.as_str());
    span.record("muster.verdict", answer.verdict().as_str_name().trim_start_matches("VERDICT_").to_lowercase());
    if let Ok(ticket) = api::ticket_id_from_bytes("conflict", &answer.conflict) {
        span.record("muster.conflict", tracing::field::display(ticket));
    }
}

fn is_anchored(request: &SearchRequest) -> bool {
    !request.anchor.is_empty()
}

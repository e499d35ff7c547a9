//! A proposal in the trace of one of its tickets.

use api::v1::{ProposeResponse, SearchRequest, Verdict};
use domain::{Proposal, Range, TicketId};
use std::collections::HashMap;
use std::fmt::Display;
use telemetry::{Failed, Failure, Under};
use tracing::Span;
use tracing::field::{Empty, display};

/// The traces that are kept, of those of a window's tickets.
pub fn by_ticket(request: &SearchRequest) -> HashMap<&[u8], &str> {
    request.traces.iter().map(|trace| (&*trace.ticket_id, &*trace.traceparent)).collect()
}

/// The span of a proposal: of an anchored search, in the trace in which that was asked for; of a window, in that of the first of its own
/// tickets that is in `traces`.
pub fn span(request: &SearchRequest, range: &Range, traces: &HashMap<&[u8], &str>, proposal: &Proposal) -> Span {
    let mut tickets = proposal.teams.iter().flatten().filter(|_| !traces.is_empty());
    let traced = tickets.find_map(|index| traces.get(&*api::ticket_id_to_bytes(range.candidates[*index].id)));
    telemetry::span!(
        if is_anchored(request) { Under::Here } else { Under::Named(traced.copied().unwrap_or_default()) },
        "muster.propose",
        muster.queue = request.queue,
        muster.tickets = proposal.teams.iter().map(Vec::len).sum::<usize>(),
        muster.cost_s = proposal.cost_s,
        muster.match_id = Empty,
        muster.tries = Empty,
        muster.verdict = Empty,
        muster.conflict = Empty,
    )
}

/// The trace that a proposal names which has no span: none in a window, whose search came in the trace of somebody who may not be in it.
pub fn named_by_call(request: &SearchRequest) -> String {
    if is_anchored(request) { telemetry::named_by_call(&request.traceparent) } else { String::new() }
}

/// Tells what became of a proposal after how many tries, and which ticket stood in the way.
pub fn tell(span: &Span, answer: &ProposeResponse, tries: u32) {
    span.record("muster.tries", tries);
    span.record("muster.match_id", answer.match_id.as_str());
    span.record("muster.verdict", verdict(answer));
    if let Ok(ticket) = api::ticket_id_from_bytes("conflict", &answer.conflict) {
        span.record("muster.conflict", display(ticket));
    }
}

/// Tells of a failed proposal: of the first of its tickets in the log, and of each that has a trace in that. An anchored search's is `named`.
pub fn tell_failure(answer: &ProposeResponse, tickets: &[TicketId], traces: &HashMap<&[u8], &str>, named: &str) {
    // A conflict is none: what is left over is looked for again. Nor are rules that are new here: they are known there soon.
    if !matches!(answer.verdict(), Verdict::Refused | Verdict::NoHost | Verdict::Unknown) {
        return;
    }
    let matched = Some(&answer.match_id as &dyn Display).filter(|_| !answer.match_id.is_empty());
    let why = format!("{}: {}", verdict(answer), answer.detail);
    let trace_of = |id: &TicketId| traces.get(&*api::ticket_id_to_bytes(*id)).copied();
    for (at, id) in tickets.iter().enumerate() {
        let (ticket, failure) = (Some(id as &dyn Display), Failure::Commit);
        match (at, trace_of(id)) {
            (0, trace) => Failed { failure, ticket, matched, trace: trace.unwrap_or(named), why: &why }.tell(),
            (_, Some(trace)) => telemetry::keep(Failed { failure, ticket, matched, trace, why: &why }),
            (_, None) => {}
        }
    }
}

fn verdict(answer: &ProposeResponse) -> String {
    answer.verdict().as_str_name().trim_start_matches("VERDICT_").to_lowercase()
}

fn is_anchored(request: &SearchRequest) -> bool {
    !request.anchor.is_empty()
}

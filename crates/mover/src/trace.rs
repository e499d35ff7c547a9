//! A commit in the traces of all its tickets: the proposal came in the trace of only one of them.

use domain::MatchId;
use tracing::Span;
use tracing::field::Empty;

macro_rules! commit_span {
    ($id:expr $(, $parent:tt: $none:expr)?) => {
        tracing::info_span!($($parent: $none,)? "muster.commit", muster.match_id = %$id, muster.outcome = Empty)
    };
}

/// The commit itself, in the trace of the proposal.
pub fn commit_span(id: MatchId) -> Span {
    commit_span!(id)
}

/// Notes what came of a commit. It is linked to the traces of its tickets, and each of those that it is not in is given a span of
/// the same name that is linked to it: so every ticket's own trace shows its commit.
pub fn tell(commit: &Span, id: MatchId, outcome: &str, tickets: &[String]) {
    commit.record("muster.outcome", outcome);
    let here = telemetry::traceparent(commit);
    for ticket in tickets {
        telemetry::link(commit, ticket);
        if !ticket.is_empty() && !telemetry::is_in_trace(commit, ticket) {
            let span = commit_span!(id, parent: None);
            telemetry::continue_from(&span, ticket);
            telemetry::link(&span, &here);
            span.record("muster.outcome", outcome);
        }
    }
}

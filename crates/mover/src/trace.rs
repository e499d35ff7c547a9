//! A commit and a delivery in the traces of all their tickets.

use domain::MatchId;
use telemetry::Under;
use tracing::Span;
use tracing::field::Empty;

/// The commit itself, in the trace of the proposal.
pub fn commit_span(id: MatchId) -> Span {
    telemetry::span!(Under::Here, "muster.commit", muster.match_id = %id, muster.tries = Empty, muster.outcome = Empty)
}

/// Notes what came of a commit, and of how many tries of it. Each ticket's own trace shows its commit, for which those that the
/// commit is not in are given a span of the same name; and each of these is linked to the traces of the other tickets.
pub fn tell(commit: &Span, id: MatchId, outcome: &str, tries: u32, tickets: &[String]) {
    commit.record("muster.tries", tries);
    commit.record("muster.outcome", outcome);
    let kept: Vec<&String> = tickets.iter().filter(|ticket| telemetry::is_sampled(ticket)).collect();
    let elsewhere: Vec<&String> = kept.into_iter().filter(|ticket| !telemetry::is_in_trace(commit, ticket)).collect();
    let here = telemetry::traceparent(commit);
    for ticket in &elsewhere {
        telemetry::link(commit, ticket);
        let (under, name) = (Under::Named(ticket), outcome);
        let span = telemetry::span!(
            under,
            "muster.commit",
            muster.match_id = %id,
            muster.tries = tries,
            muster.outcome = name
        );
        telemetry::link(&span, &here);
        elsewhere.iter().filter(|other| *other != ticket).for_each(|other| telemetry::link(&span, other));
    }
}

/// The delivery of one event in the trace of each ticket that it is about. Dropped before it is taken, it says so.
pub struct Delivering(Vec<Span>);

impl Delivering {
    pub fn new(spans: Vec<Span>) -> Self {
        Self(spans)
    }

    /// Whether a trace of its tickets is kept.
    pub fn is_kept(&self) -> bool {
        !self.0.is_empty()
    }

    /// What it is delivered under.
    pub fn span(&self) -> Span {
        telemetry::linked_to_first(&self.0)
    }

    pub fn end(mut self) {
        self.0.clear();
    }
}

impl Drop for Delivering {
    fn drop(&mut self) {
        for span in &self.0 {
            span.record("otel.status_description", "not taken: the present state is told instead");
        }
    }
}

//! A commit in the traces of all its tickets: the proposal came in the trace of only one of them.

use api::v1::ProposeResponse;
use domain::MatchId;
use telemetry::{Failure, Whose};
use tracing::Span;
use tracing::field::Empty;

/// The commit itself, in the trace of the proposal.
pub fn commit_span(id: MatchId) -> Span {
    telemetry::child_span!("muster.commit", muster.match_id = %id, muster.tries = Empty, muster.outcome = Empty)
}

/// Notes what came of a commit, and of how many tries of it. Each ticket's own trace shows its commit, for which those that the
/// commit is not in are given a span of the same name; and each of these is linked to the traces of the other tickets.
pub fn tell(commit: &Span, id: MatchId, outcome: &str, tries: u32, tickets: &[String]) {
    commit.record("muster.tries", tries);
    commit.record("muster.outcome", outcome);
    let is_here = |ticket: &&String| telemetry::is_in_trace(commit, ticket);
    link(commit, tickets.iter().filter(|ticket| !is_here(ticket)));
    let here = telemetry::traceparent(commit);
    for ticket in tickets.iter().filter(|ticket| !is_here(ticket)) {
        let span = telemetry::ticket_span!(
            ticket,
            "muster.commit",
            muster.match_id = %id,
            muster.tries = tries,
            muster.outcome = outcome
        );
        telemetry::link(&span, &here);
        link(&span, tickets.iter().filter(|other| *other != ticket && !is_here(other)));
    }
}

fn link<'a>(span: &Span, tickets: impl Iterator<Item = &'a String>) {
    if !span.is_disabled() {
        tickets.filter(|ticket| telemetry::is_sampled(ticket)).for_each(|ticket| telemetry::link(span, ticket));
    }
}

/// Outcomes after which a match that should have been made was not, or is not known to have been: a conflict is none of them, nor is
/// a mover that stands by or has not read the rules yet, for the next try settles those.
const FAILURES: [&str; 4] = ["refused", "no_host", "fenced", "unknown"];

pub fn is_failure(outcome: &str) -> bool {
    FAILURES.contains(&outcome)
}

pub fn tell_failure(outcome: &str, answer: &ProposeResponse, traceparent: &str) {
    if is_failure(outcome) {
        let why = format!("{outcome}: {}", answer.detail);
        let whose = if answer.match_id.is_empty() { Whose::Nobody } else { Whose::Match(&answer.match_id) };
        telemetry::failed(Failure::Commit, whose, traceparent, &why.trim_end_matches(": "));
    }
}

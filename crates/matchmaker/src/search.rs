//! One range, from the wire through the pure search to verdicts and back.

use crate::claims::{Claim, Claims};
use crate::config::{INLINE_TICKETS_MAX, UNDECIDED_AGAIN_MS};
use crate::held::Searched;
use crate::propose::Proposer;
use crate::trace;
use api::v1::{self, Verdict};
use chassis::Holdings;
use domain::{Candidate, Invalid, Outcome, Proposal, QueueName, Range, Ripening, RuleSet, Rules, Sought, TicketId};
use futures::future::join_all;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;
use tonic::Status;

/// Finds and proposes the matches of one range.
pub async fn answer(
    rules: &RuleSet,
    proposer: &Proposer,
    holdings: &Holdings,
    claims: &Claims,
    mut request: v1::SearchRequest,
) -> Result<v1::SearchResponse, Status> {
    let rules = rules_for(rules, &request)?;
    check_bounds(&request).map_err(chassis::status::invalid)?;
    let undecided = claims.leave_free(&mut request.candidates);
    let range = read_range(&request).map_err(chassis::status::invalid)?;
    let request = holdings.hold(Searched { request, rules: rules.clone() });
    let request = &request.request;
    let (range, outcome) = search(range, rules, request.now_ms, request.seed).await?;
    let traces = trace::by_ticket(request);
    // All of them are claimed before the first is proposed.
    let claimed = outcome.proposals.iter().map(|proposal| (proposal, claims.claim(tickets_of(&range, proposal))));
    let claimed: Vec<_> = claimed.collect();
    let proposed = claimed.iter().map(|(proposal, claim)| async {
        match claim {
            Some(claim) => propose(proposer, request, &range, &traces, proposal, claim).await,
            None => forestalled(&range, proposal),
        }
    });
    Ok(v1::SearchResponse {
        call: 0,
        proposed: join_all(proposed).await,
        rejections: outcome.rejections.iter().map(v1::Rejection::from).collect(),
        nearest_miss_s: outcome.nearest_miss_s,
        failure: None,
        ripening: ripening(&range, &outcome, &undecided),
    })
}

/// When those that were sought are ripe: only they are looked for again by whoever asked. The undecided were not searched for, and soon may
/// be.
fn ripening(range: &Range, outcome: &Outcome, undecided: &HashSet<TicketId>) -> Vec<v1::Ripening> {
    let sought: HashSet<TicketId> = match &range.sought {
        Sought::Anchor(anchor) => HashSet::from([*anchor]),
        Sought::Window(due) => due.iter().copied().collect(),
    };
    let of_ticket = |ripening: &Ripening| (range.candidates[ripening.ticket].id, ripening.in_ms);
    let undecided = undecided.iter().map(|id| (*id, UNDECIDED_AGAIN_MS));
    let ripening = outcome.ripening.iter().map(of_ticket).chain(undecided).filter(|(id, _)| sought.contains(id));
    ripening.map(|(id, in_ms)| v1::Ripening { ticket_id: api::ticket_id_to_bytes(id), in_ms }).collect()
}

fn rules_for(rules: &RuleSet, request: &v1::SearchRequest) -> Result<Arc<Rules>, Status> {
    let queue = QueueName::parse("queue", &request.queue).map_err(chassis::status::invalid)?;
    let version = api::parse_id("rules_version", &request.rules_version).map_err(chassis::status::invalid)?;
    let unknown = || Status::failed_precondition(format!("no rules of version {version} for queue `{queue}` here"));
    rules.of_version(&queue, version).cloned().ok_or_else(unknown)
}

fn check_bounds(request: &v1::SearchRequest) -> Result<(), Invalid> {
    if request.candidates.len() > api::RANGE_TICKETS_MAX {
        return Err(Invalid::new("candidates", format!("must hold at most {} tickets", api::RANGE_TICKETS_MAX)));
    }
    if request.traces.len() > api::RANGE_TICKETS_MAX {
        return Err(Invalid::new("traces", format!("must name at most {} tickets", api::RANGE_TICKETS_MAX)));
    }
    if request.due.len() > api::RANGE_TICKETS_MAX {
        return Err(Invalid::new("due", format!("must hold at most {} tickets", api::RANGE_TICKETS_MAX)));
    }
    Ok(())
}

fn read_range(request: &v1::SearchRequest) -> Result<Range, Invalid> {
    let sought = match request.anchor.is_empty() {
        true => {
            let due = request.due.iter().map(|id| api::ticket_id_from_bytes("due", id));
            Sought::Window(due.collect::<Result<_, _>>()?)
        }
        false => Sought::Anchor(api::ticket_id_from_bytes("anchor", &request.anchor)?),
    };
    let candidates = request.candidates.iter().map(Candidate::try_from).collect::<Result<_, _>>()?;
    let outlook = api::outlook_from_wire(&request.outlook)?;
    Ok(Range { sought, candidates, outlook })
}

/// A large window would hold up the sockets of this thread, so it is searched on another.
async fn search(range: Range, rules: Arc<Rules>, now_ms: u64, seed: u64) -> Result<(Range, Outcome), Status> {
    let tickets = range.candidates.len();
    let run = move || {
        let began = Instant::now();
        let outcome = domain::search(&range, &rules, now_ms, seed);
        observe(rules.queue(), began, &outcome);
        (range, outcome)
    };
    if tickets <= INLINE_TICKETS_MAX {
        return Ok(run());
    }
    chassis::compute(run).await.map_err(|error| Status::internal(error.to_string()))
}

fn observe(queue: &QueueName, began: Instant, outcome: &Outcome) {
    let metrics = telemetry::metrics();
    metrics.search(queue.as_str(), began.elapsed());
    for rejection in &outcome.rejections {
        metrics.rejections(queue.as_str(), rejection.rule, rejection.count);
    }
}

fn tickets_of<'a>(range: &'a Range, proposal: &'a Proposal) -> impl Iterator<Item = &'a Candidate> {
    proposal.teams.iter().flatten().map(|index| &range.candidates[*index])
}

/// What is told of a proposal one of whose tickets another search proposed meanwhile: the others are to be looked for again, as after a
/// conflict at the mover.
fn forestalled(range: &Range, proposal: &Proposal) -> v1::Proposed {
    v1::Proposed {
        verdict: Verdict::Conflict as i32,
        match_id: String::new(),
        ticket_ids: tickets_of(range, proposal).map(|ticket| api::ticket_id_to_bytes(ticket.id)).collect(),
        cost_s: proposal.cost_s,
    }
}

/// Proposes one match.
async fn propose(
    proposer: &Proposer,
    request: &v1::SearchRequest,
    range: &Range,
    traces: &HashMap<&[u8], &str>,
    proposal: &Proposal,
    claim: &Claim,
) -> v1::Proposed {
    let span = trace::span(request, range, traces, proposal);
    let teams = proposal.teams.iter().map(|team| v1::ProposedTeam {
        tickets: team.iter().map(|index| request.candidates[*index].clone()).collect(),
    });
    let named = span.in_scope(|| trace::named_by_call(request));
    let request = v1::ProposeRequest {
        traceparent: named.clone(),
        queue: request.queue.clone(),
        rules_version: request.rules_version.clone(),
        teams: teams.collect(),
        ..Default::default()
    };
    let (answer, tries) = telemetry::within(span.clone(), proposer.propose(&request)).await;
    trace::tell(&span, &answer, tries);
    note(claim, &answer);
    let ids: Vec<TicketId> = tickets_of(range, proposal).map(|ticket| ticket.id).collect();
    let here = if span.is_disabled() { named } else { telemetry::traceparent(&span) };
    trace::tell_failure(&answer, &ids, traces, &here);
    v1::Proposed {
        verdict: answer.verdict,
        match_id: answer.match_id,
        ticket_ids: ids.into_iter().map(api::ticket_id_to_bytes).collect(),
        cost_s: proposal.cost_s,
    }
}

fn note(claim: &Claim, answer: &v1::ProposeResponse) {
    match (answer.verdict(), api::ticket_id_from_bytes("conflict", &answer.conflict)) {
        (Verdict::Committed, _) => claim.note_matched(),
        (Verdict::Conflict, Ok(ticket)) => claim.lost(ticket),
        _ => {}
    }
}

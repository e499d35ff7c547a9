//! One proposal: re-check the rules on the tickets as they were read, then let the store confirm that they still are so and commit.

use crate::config::{COMMIT_PAUSE, COMMIT_WAIT_MAX, COMMITS_IN_WORK_MAX, START_WAIT_MS};
use crate::held::Proposed;
use crate::hosts::Hosts;
use crate::lead::Lead;
use crate::trace;
use api::Message;
use api::v1::{self, Verdict};
use chassis::{Clock, Holdings, LiveRules};
use domain::{Candidate, Encoded, Invalid, MatchId, QueueName, RegionName, Rules};
use std::fmt::Display;
use std::sync::Arc;
use store::{CommitOutcome, CommitRequest, Store, StoreError, Versioned};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

pub struct Committer {
    store: Arc<dyn Store>,
    rules: LiveRules,
    lead: Lead,
    hosts: Hosts,
    holdings: Holdings,
    clock: Clock,
    /// For [`COMMITS_IN_WORK_MAX`].
    turns: Semaphore,
}

/// A proposal that may be made.
pub struct Checked {
    pub match_id: MatchId,
    pub queue: QueueName,
    pub rules: Arc<Rules>,
    pub teams: Vec<Vec<Candidate>>,
    /// Where it is played: the mover's own choice, for it trusts no matchmaker.
    pub region: String,
    /// Each player's role, team by team; none where the queue knows no roles.
    roles: Vec<Vec<String>>,
    /// In seconds of waiting.
    pub cost_s: f64,
    longest_match_ms: u64,
    /// None when nobody need acknowledge.
    acknowledge_within_ms: Option<u64>,
}

impl Committer {
    pub fn new(
        store: Arc<dyn Store>,
        rules: LiveRules,
        lead: Lead,
        hosts: Hosts,
        holdings: Holdings,
        clock: Clock,
    ) -> Self {
        Self { store, rules, lead, hosts, holdings, clock, turns: Semaphore::new(COMMITS_IN_WORK_MAX) }
    }

    pub async fn answer(&self, proposal: v1::ProposeRequest) -> v1::ProposeResponse {
        let judged = self.judge(&proposal).await;
        let outcome = judged.as_ref().map_or_else(|answer| refusal(answer.verdict()), |known| known.outcome);
        let rules = self.rules.current();
        let queue = rules.iter().map(|rules| rules.queue().as_str()).find(|queue| *queue == proposal.queue);
        telemetry::metrics().proposal(queue, outcome);
        judged.map_or_else(|answer| answer, |known| known.answer)
    }

    /// What is known of its commit, or why none was tried.
    async fn judge(&self, proposal: &v1::ProposeRequest) -> Result<Known, v1::ProposeResponse> {
        if self.lead.fence().is_none() {
            return Err(verdict(Verdict::NotLeading, "this mover stands by"));
        }
        let now_ms = self.clock.now_ms();
        let checked = self.check(proposal, now_ms)?;
        self.commit(proposal, checked, now_ms).await
    }

    fn check(&self, proposal: &v1::ProposeRequest, now_ms: u64) -> Result<Checked, v1::ProposeResponse> {
        let rules = self.rules_of(proposal)?;
        let teams = read_teams(&proposal.teams).map_err(refused)?;
        rules.check(&teams, now_ms).map_err(refused)?;
        let tickets = teams.iter().flatten().map(|ticket| (ticket.id, ticket.version));
        let match_id = MatchId::derive(rules.version(), tickets);
        let region = rules.region(&teams, now_ms).unwrap_or_default().to_owned();
        let cost_s = rules.cost_s(&teams, now_ms);
        let roles =
            rules.seat_roles(&teams).iter().map(|team| team.iter().map(ToString::to_string).collect()).collect();
        Ok(Checked {
            match_id,
            queue: rules.queue().clone(),
            teams,
            region,
            roles,
            cost_s,
            longest_match_ms: rules.longest_match_ms(),
            acknowledge_within_ms: rules.acknowledge_within_ms(),
            rules,
        })
    }

    /// The rules that the match was found under, also where others are in force by now: a moment ago they were, here or elsewhere.
    fn rules_of(&self, proposal: &v1::ProposeRequest) -> Result<Arc<Rules>, v1::ProposeResponse> {
        let queue = QueueName::parse("queue", &proposal.queue).map_err(refused)?;
        let version = api::parse_id("rules_version", &proposal.rules_version).map_err(refused)?;
        let unknown = || verdict(Verdict::NoRules, &format!("no rules of version {version} for queue `{queue}` here"));
        self.rules.current().of_version(&queue, version).cloned().ok_or_else(unknown)
    }

    async fn commit(
        &self,
        proposal: &v1::ProposeRequest,
        checked: Checked,
        now_ms: u64,
    ) -> Result<Known, v1::ProposeResponse> {
        let proposed = self.holdings.hold(Proposed { checked, now_ms });
        let checked = &proposed.checked;
        let Some(host) = self.hosts.choose(&checked.region, checked.match_id.0) else {
            return Err(verdict(Verdict::NoHost, "no playserver has room"));
        };
        let began = Instant::now();
        let until = began + COMMIT_WAIT_MAX;
        let Ok(Ok(_turn)) = timeout_at(until, self.turns.acquire()).await else {
            return Err(verdict(Verdict::Unknown, "its turn did not come: nothing was tried"));
        };
        let (match_id, span) = (checked.match_id, trace::commit_span(checked.match_id));
        let request = CommitRequest {
            match_id: checked.match_id,
            queue: checked.queue.clone(),
            tickets: versioned(&proposal.teams, &checked.teams),
            sheet: Encoded(sheet(proposal, checked, now_ms).encode_to_vec().into()),
            host,
            now_ms,
            due_ms: now_ms + START_WAIT_MS,
        };
        let mut tries = Tries::default();
        let knowing = self.commit_until_known(request, &mut tries).instrument(span.clone());
        let known = timeout_at(until, knowing).await;
        if known.is_err() || tries.unanswered > 0 {
            let outcome = known.as_ref().map_or(UNKNOWN, |known| known.outcome);
            tracing::info!(%match_id, outcome, "a commit was unclear");
        }
        let known = known.unwrap_or_else(|_| Known::new(Verdict::Unknown, UNKNOWN, match_id.to_string()));
        trace::tell(&span, match_id, known.outcome, tries.asked, &known.traces);
        telemetry::metrics().commit(known.outcome, began.elapsed(), &proposal.traceparent);
        // Who asked in vain before finds his own match there.
        if known.outcome == COMMITTED || known.outcome == DUPLICATE && tries.unanswered > 0 {
            observe(checked, &known.traces, now_ms);
        }
        Ok(known)
    }

    /// Asks with the same match id until the outcome is known or the lead is lost.
    async fn commit_until_known(&self, request: CommitRequest, tries: &mut Tries) -> Known {
        let match_id = request.match_id.to_string();
        loop {
            let Some(fence) = self.lead.fence() else {
                let answer = verdict(Verdict::NotLeading, "the lead was lost");
                return Known { answer, outcome: "not_leading", traces: Vec::new() };
            };
            tries.asked += 1;
            match self.store.commit(&fence, request.clone()).await {
                Ok(outcome) => return Known::of(outcome, match_id),
                Err(error @ StoreError::Corrupt(_)) => return Known::refused(&error, match_id),
                Err(error) => {
                    tries.unanswered += 1;
                    tracing::debug!(%error, match_id, "asking for a commit's outcome again");
                    tokio::time::sleep(COMMIT_PAUSE).await;
                }
            }
        }
    }
}

/// How often the store was asked for one commit, and without an answer: then it may have happened.
#[derive(Default)]
struct Tries {
    asked: u32,
    unanswered: u32,
}

/// The outcome of a commit that was not known in time.
const UNKNOWN: &str = "unknown";
/// The outcome of a commit that made a match, and not only found it made.
const COMMITTED: &str = "committed";
const DUPLICATE: &str = "duplicate";

/// What is known of a commit in the end.
struct Known {
    answer: v1::ProposeResponse,
    /// For the trace and the metrics.
    outcome: &'static str,
    /// Of the match's tickets; none unless it stands.
    traces: Vec<String>,
}

impl Known {
    fn of(outcome: CommitOutcome, match_id: String) -> Self {
        match outcome {
            CommitOutcome::Committed { traces } => {
                Self { traces, ..Self::new(Verdict::Committed, COMMITTED, match_id) }
            }
            CommitOutcome::Duplicate { traces } => {
                Self { traces, ..Self::new(Verdict::Committed, DUPLICATE, match_id) }
            }
            CommitOutcome::Conflict(ticket) => {
                let mut known = Self::new(Verdict::Conflict, "conflict", match_id);
                known.answer.conflict = api::ticket_id_to_bytes(ticket);
                known
            }
            CommitOutcome::Fenced => Self::new(Verdict::NotLeading, "fenced", match_id),
        }
    }

    fn refused(error: &StoreError, match_id: String) -> Self {
        let mut known = Self::new(Verdict::Refused, "refused", match_id);
        known.answer.detail = error.to_string();
        known
    }

    fn new(verdict: Verdict, outcome: &'static str, match_id: String) -> Self {
        let answer = v1::ProposeResponse { verdict: verdict.into(), match_id, ..Default::default() };
        Self { answer, outcome, traces: Vec::new() }
    }
}

/// Tells what a match that was just made cost its players. `traces` are those of its tickets, in their order.
fn observe(checked: &Checked, traces: &[String], now_ms: u64) {
    let (metrics, queue, region) = (telemetry::metrics(), checked.queue.as_str(), checked.region.as_str());
    let first = traces.first().map_or("", String::as_str);
    metrics.match_cost(queue, region, checked.cost_s, first);
    for (ticket, trace) in checked.teams.iter().flatten().zip(traces) {
        metrics.wait(queue, region, ticket.age_ms(now_ms), trace);
    }
}

/// How a proposal that was not tried is counted.
fn refusal(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NotLeading => "not_leading",
        Verdict::NoRules => "no_rules",
        Verdict::NoHost => "no_host",
        Verdict::Unknown => UNKNOWN,
        _ => "refused",
    }
}

fn read_teams(teams: &[v1::ProposedTeam]) -> Result<Vec<Vec<Candidate>>, Invalid> {
    let read_team = |team: &v1::ProposedTeam| team.tickets.iter().map(Candidate::try_from).collect();
    teams.iter().map(read_team).collect()
}

/// The tickets as they were read, for the store to confirm.
fn versioned(wire: &[v1::ProposedTeam], teams: &[Vec<Candidate>]) -> Vec<Versioned> {
    let wire = wire.iter().flat_map(|team| &team.tickets);
    let read = teams.iter().flatten().zip(wire);
    let versioned = |(ticket, wire): (&Candidate, &v1::Candidate)| Versioned {
        id: ticket.id,
        version: ticket.version,
        queued_ms: ticket.queued_ms,
        tries: ticket.tries,
        party: Encoded(wire.party.clone()),
    };
    read.map(versioned).collect()
}

/// What everyone in the match is told.
fn sheet(proposal: &v1::ProposeRequest, checked: &Checked, now_ms: u64) -> v1::Sheet {
    let seats = |(team, roles): (&Vec<Candidate>, &Vec<String>)| {
        let mut seats: Vec<v1::Seat> =
            team.iter().flat_map(|ticket| seats_of(ticket, &checked.region, now_ms)).collect();
        seats.iter_mut().zip(roles).for_each(|(seat, role)| seat.role.clone_from(role));
        v1::Team { seats }
    };
    v1::Sheet {
        queue: proposal.queue.clone(),
        rules_version: proposal.rules_version.clone(),
        teams: checked.teams.iter().zip(&checked.roles).map(seats).collect(),
        region: checked.region.clone(),
        cost_s: checked.cost_s,
        longest_match_ms: checked.longest_match_ms,
        acknowledge_within_ms: checked.acknowledge_within_ms.unwrap_or(0),
    }
}

fn seats_of(ticket: &Candidate, region: &str, now_ms: u64) -> impl Iterator<Item = v1::Seat> {
    let region = region.parse::<RegionName>().ok();
    ticket.party.players().iter().map(move |player| v1::Seat {
        player_id: player.id.to_string(),
        ticket_id: ticket.id.to_string(),
        rating: player.rating,
        rtt_ms: region.as_ref().and_then(|region| player.rtt_ms.get(region).copied()),
        wait_ms: ticket.age_ms(now_ms),
        role: String::new(),
    })
}

fn refused(why: impl Display) -> v1::ProposeResponse {
    verdict(Verdict::Refused, &why.to_string())
}

fn verdict(verdict: Verdict, detail: &str) -> v1::ProposeResponse {
    v1::ProposeResponse { verdict: verdict.into(), detail: detail.to_owned(), ..Default::default() }
}

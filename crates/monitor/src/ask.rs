//! What the page asks the services themselves: about one ticket, its match, and why it waits.

use crate::config::{APPRAISED_TICKETS_MAX, CONNECTIONS};
use api::v1;
use chassis::{LiveRules, Network, Peers};
use domain::{Appraisal, Candidate, Instance, QueueName, Role};
use futures::future::try_join_all;
use parking_lot::Mutex;
use players::{Client, Pool, Retry};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use tonic::{Code, Status};

/// A client of whoever is alive. Cheap to clone.
#[derive(Clone)]
pub struct Gateway {
    orchestrators: Peers,
    playservers: Peers,
    network: Network,
    rules: LiveRules,
    client: Arc<Mutex<Option<Known>>>,
}

/// The client, and whom it knows.
struct Known {
    addresses: [Vec<String>; 2],
    client: Client,
}

impl Gateway {
    /// `peers` in the order of [`Role::ALL`].
    pub fn new(peers: &[Peers; Role::ALL.len()], network: Network, rules: LiveRules) -> Self {
        let [orchestrators, _, _, _, playservers] = peers.clone();
        Self { orchestrators, playservers, network, rules, client: Arc::default() }
    }

    /// UNAVAILABLE while there is nobody to ask.
    pub fn client(&self) -> Result<Client, Status> {
        let addresses = [&self.orchestrators, &self.playservers].map(|peers| addresses(&peers.alive()));
        if addresses.iter().any(Vec::is_empty) {
            return Err(Status::unavailable("no orchestrator or no playserver is alive"));
        }
        let mut known = self.client.lock();
        if let Some(known) = known.as_ref().filter(|known| known.addresses == addresses) {
            return Ok(known.client.clone());
        }
        let pool = |addresses: &[String]| {
            Pool::try_new(&self.network, addresses, CONNECTIONS).map_err(|error| Status::unavailable(error.to_string()))
        };
        let client = Client::new(pool(&addresses[0])?, pool(&addresses[1])?, Retry::BRIEF);
        *known = Some(Known { addresses, client: client.clone() });
        Ok(client)
    }

    /// A ticket as it stands, its match, and why it waits.
    pub async fn ticket(&self, id: &str) -> Result<Value, Status> {
        let client = self.client()?;
        let request = v1::GetTicketRequest { ticket_id: id.to_owned(), ..Default::default() };
        let found = client.ticket(0, request).await?;
        let ticket = found.ticket.unwrap_or_default();
        let why = match ticket.state() {
            v1::TicketState::Queued => explain(&client, id).await,
            _ => Value::Null,
        };
        let matched = match &found.r#match {
            Some(matched) => told_match(matched, self.appraise(&client, matched).await),
            None => Value::Null,
        };
        Ok(json!({ "ticket": told_ticket(&ticket), "match": matched, "why": why }))
    }

    /// What the rules say of a match that they made; none where they are not known here, or its tickets no longer are.
    async fn appraise(&self, client: &Client, matched: &v1::Match) -> Option<Appraisal> {
        let sheet = matched.sheet.as_ref()?;
        let (queue, version) = (QueueName::parse("queue", &sheet.queue).ok()?, sheet.rules_version.parse().ok()?);
        let rules = self.rules.current().of_version(&queue, version)?.clone();
        if matched.ticket_ids.len() > APPRAISED_TICKETS_MAX {
            return None;
        }
        let teams = sheet.teams.iter().map(|team| {
            let ids: BTreeSet<&str> = team.seats.iter().map(|seat| seat.ticket_id.as_str()).collect();
            try_join_all(ids.into_iter().map(|id| candidate(client, id)))
        });
        let teams = try_join_all(teams).await.ok()?.into_iter().map(|team| team.into_iter().collect());
        rules.appraise(&teams.collect::<Option<Vec<_>>>()?, matched.matched_ms)
    }
}

/// None where its party cannot be read.
async fn candidate(client: &Client, id: &str) -> Result<Option<Candidate>, Status> {
    let request = v1::GetTicketRequest { ticket_id: id.to_owned(), ..Default::default() };
    let ticket = client.ticket(0, request).await?.ticket.unwrap_or_default();
    let party = ticket.party.unwrap_or_default().try_into().ok();
    let of = |(id, party)| Candidate {
        id,
        version: ticket.version,
        queued_ms: ticket.queued_ms,
        tries: ticket.tries,
        party,
    };
    Ok(ticket.id.parse().ok().zip(party).map(of))
}

fn addresses(alive: &[Instance]) -> Vec<String> {
    alive.iter().map(|instance| instance.address.clone()).collect()
}

/// An orchestrator explains a few at once: that it does not now is no failure.
async fn explain(client: &Client, id: &str) -> Value {
    let request = v1::ExplainRequest { ticket_id: id.to_owned(), ..Default::default() };
    match client.explain(0, request).await {
        Ok(told) => {
            let outages: Vec<String> = told.outages().map(api::outage_name).collect();
            told.explanations.iter().map(|why| told_why(why, &outages)).collect()
        }
        Err(status) if status.code() == Code::FailedPrecondition => Value::Null,
        Err(status) => json!({ "failure": status.message() }),
    }
}

fn told_ticket(ticket: &v1::Ticket) -> Value {
    let players = ticket.party.iter().flat_map(|party| &party.players);
    let players = players.map(|player| json!({ "id": player.id, "rating": player.rating, "rtt_ms": player.rtt_ms }));
    json!({
        "id": ticket.id,
        "state": ticket.state().as_str_name().trim_start_matches("TICKET_STATE_").to_lowercase(),
        "queues": ticket.queues,
        "players": players.collect::<Vec<_>>(),
        "queued_ms": ticket.queued_ms,
        "expires_ms": ticket.expires_ms,
        "tries": ticket.tries,
        "width": ticket.width,
        "reason": ticket.reason,
        "trace_id": ticket.trace_id,
        "is_traced": ticket.is_traced,
    })
}

fn told_match(matched: &v1::Match, appraisal: Option<Appraisal>) -> Value {
    let part = |(key, cost_s): &(&str, f64)| json!({ "key": key, "cost_s": cost_s });
    let sheet = matched.sheet.clone().unwrap_or_default();
    let seat = |seat: &v1::Seat| {
        json!({
            "player": seat.player_id, "ticket": seat.ticket_id, "rating": seat.rating, "rtt_ms": seat.rtt_ms,
            "wait_ms": seat.wait_ms, "role": seat.role,
        })
    };
    let teams = sheet.teams.iter().map(|team| team.seats.iter().map(seat).collect::<Vec<_>>());
    json!({
        "id": matched.id,
        "state": matched.state().as_str_name().trim_start_matches("MATCH_STATE_").to_lowercase(),
        "queue": sheet.queue,
        "teams": teams.collect::<Vec<_>>(),
        "region": sheet.region,
        "cost_s": sheet.cost_s,
        "parts": appraisal.as_ref().map(|appraisal| appraisal.costs.iter().map(part).collect::<Vec<_>>()),
        "win_probability": appraisal.map(|appraisal| appraisal.win_probability),
        "host": matched.host,
        "address": matched.address,
        "matched_ms": matched.matched_ms,
        "assigned_ms": matched.assigned_ms,
    })
}

fn told_why(why: &v1::Explanation, outages: &[String]) -> Value {
    let rejections = why.rejections.iter().map(|r| json!({ "rule": r.rule, "count": r.count }));
    let miss = why.nearest_miss.as_ref().map(|miss| {
        let parts: Vec<Value> =
            miss.parts.iter().map(|part| json!({ "key": part.key, "cost_s": part.cost_s })).collect();
        json!({ "cost_s": miss.cost_s, "patience_s": finite(miss.patience_s), "parts": parts })
    });
    let remedies = why.remedies.iter().map(|r| json!({ "key": r.key, "is": finite(r.is), "needed": finite(r.needed) }));
    json!({
        "queue": why.queue,
        "age_ms": why.age_ms,
        "seen": why.seen,
        "rejections": rejections.collect::<Vec<_>>(),
        "patience_s": finite(why.patience_s),
        "miss": miss,
        "remedies": remedies.collect::<Vec<_>>(),
        "matches_at_age_ms": why.matches_at_age_ms,
        "outages": outages,
    })
}

/// JSON knows no infinity: nothing stands for it.
fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

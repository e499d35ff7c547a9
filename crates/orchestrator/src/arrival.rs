//! From a request to a ticket that may be stored. Everything is checked here, before anything is written.

use crate::recent::having_met;
use api::v1::EnqueueRequest;
use domain::limits::{CLIENT_KEY_BYTES_MAX, TICKET_QUEUES_MAX};
use domain::{InstanceId, Invalid, Party, PlayerId, QueueName, RealmId, RuleSet, Rules, TicketId};
use std::sync::Arc;
use store::Enqueue;

/// A request that may be stored.
pub struct Arrival {
    pub party: Party,
    pub enqueue: Enqueue,
    /// Whether one of its queues asks whom its players met.
    pub asks_whom_they_met: bool,
}

impl Arrival {
    /// This arrival, of which each player has met those of `met` too, one list for each in the party's order.
    pub fn having_met(self, met: &[Vec<PlayerId>]) -> Self {
        let party = having_met(&self.party, met.iter().map(Vec::as_slice));
        let enqueue = Enqueue { party: api::encode_party(&party), ..self.enqueue };
        Self { party, enqueue, ..self }
    }
}

/// Reads and checks a request at `now_ms`.
pub fn read(
    request: EnqueueRequest,
    realm: &RealmId,
    rules: &RuleSet,
    holder: &InstanceId,
    now_ms: u64,
) -> Result<Arrival, Invalid> {
    api::check_realm(&request.realm, realm)?;
    let client_key = client_key(request.client_key)?;
    let queues = read_queues(&request.queues, rules)?;
    let party = api::party_from_wire(request.players)?;
    for rules in &queues {
        rules.admit(&party)?;
    }
    let longest_wait_ms = queues.iter().map(|rules| rules.longest_wait_ms()).max().unwrap_or_default();
    let enqueue = Enqueue {
        id: TicketId::derive(realm, &client_key, party.player_ids()),
        players: party.player_ids().cloned().collect(),
        places: queues.iter().map(|rules| rules.place(&party)).collect(),
        party: api::encode_party(&party),
        queued_ms: now_ms,
        expires_ms: now_ms + longest_wait_ms,
        holder: holder.clone(),
        trace: String::new(),
    };
    Ok(Arrival { party, enqueue, asks_whom_they_met: queues.iter().any(|rules| rules.prices_rematch()) })
}

/// Without a key of the client's each request is its own.
fn client_key(key: String) -> Result<String, Invalid> {
    if key.len() > CLIENT_KEY_BYTES_MAX {
        return Err(Invalid::new(
            "client_key",
            format!("must have at most {CLIENT_KEY_BYTES_MAX} bytes, has {}", key.len()),
        ));
    }
    Ok(if key.is_empty() { uuid::Uuid::new_v4().to_string() } else { key })
}

fn read_queues(names: &[String], rules: &RuleSet) -> Result<Vec<Arc<Rules>>, Invalid> {
    if !(1..=TICKET_QUEUES_MAX).contains(&names.len()) {
        return Err(Invalid::new(
            "queues",
            format!("must name 1 to {TICKET_QUEUES_MAX} queues, names {}", names.len()),
        ));
    }
    let mut queues: Vec<Arc<Rules>> = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let field = format!("queues[{index}]");
        let queue = QueueName::parse(&field, name)?;
        let known = rules.get(&queue).ok_or_else(|| unknown_queue(&field, &queue, rules))?;
        if queues.iter().any(|other| other.queue() == &queue) {
            return Err(Invalid::new(field, format!("`{queue}` is named twice")));
        }
        queues.push(known.clone());
    }
    Ok(queues)
}

fn unknown_queue(field: &str, queue: &QueueName, rules: &RuleSet) -> Invalid {
    let known: Vec<&str> = rules.iter().map(|rules| rules.queue().as_str()).collect();
    Invalid::new(field, format!("unknown queue `{queue}`: must be one of {}", known.join(", ")))
}

//! Tickets, matches and instances that the promises are tried with.

use crate::{CommitOutcome, CommitRequest, Enqueue, EnqueueOutcome, Fence, Leadership, Store, Subject, Versioned};
use bytes::Bytes;
use domain::{
    Cursor, Encoded, Event, Instance, InstanceId, Look, MatchId, Placement, PlayerId, Role, RulesVersion, Ticket,
    TicketId,
};
use std::collections::BTreeSet;
use std::time::Duration;

pub const LEASE: Duration = Duration::from_secs(60);
pub const QUEUED_MS: u64 = 1_000;
pub const EXPIRES_MS: u64 = 61_000;
pub const NOW_MS: u64 = 5_000;
pub const DUE_MS: u64 = 8_000;

pub fn player(name: &str) -> PlayerId {
    name.parse().unwrap()
}

pub fn instance_id(name: &str) -> InstanceId {
    name.parse().unwrap()
}

pub fn host() -> InstanceId {
    instance_id("host-1")
}

pub fn ticket_id(name: &str) -> TicketId {
    TicketId::derive(&"realm".parse().unwrap(), name, [])
}

pub fn bytes(text: &str) -> Encoded {
    // A NUL and separators: payloads are any bytes.
    Encoded(Bytes::from([b"\0|;\xff\r\n", text.as_bytes()].concat()))
}

/// A payload of so many bytes.
pub fn bytes_of_size(size: usize) -> Encoded {
    let written = bytes("");
    Encoded(written.0.iter().copied().cycle().take(size).collect::<Vec<_>>().into())
}

pub fn place(queue: &str, region: &str, rating: f64) -> Placement {
    Placement { queue: queue.parse().unwrap(), pool: "pc|1.0 beta".into(), region: region.into(), rating }
}

pub fn look(queue: &str, regions: &[&str], low: f64, high: f64) -> Look {
    let regions = regions.iter().map(|region| region.to_string()).collect();
    Look { queue: queue.parse().unwrap(), pool: "pc|1.0 beta".into(), regions, low, high, passed_over: 0 }
}

/// A ticket named `name` of the players named.
pub fn party(name: &str, players: &[&str]) -> Enqueue {
    Enqueue {
        id: ticket_id(name),
        players: players.iter().map(|id| player(id)).collect(),
        places: vec![place("duel", "eu", 1500.0)],
        party: bytes(name),
        queued_ms: QUEUED_MS,
        expires_ms: EXPIRES_MS,
        holder: instance_id("orchestrator-1"),
        trace: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into(),
    }
}

/// A ticket of one player, both named `name`.
pub fn solo(name: &str) -> Enqueue {
    party(name, &[name])
}

pub async fn queued(store: &dyn Store, enqueue: Enqueue) -> Ticket {
    match store.enqueue(enqueue).await.unwrap() {
        EnqueueOutcome::Queued(ticket) => ticket,
        other => panic!("not queued: {other:?}"),
    }
}

pub async fn leading(store: &dyn Store) -> Fence {
    match store.lead(&instance_id("mover-1"), LEASE, 1, Cursor::default()).await.unwrap() {
        Leadership::Leading { fence, .. } => fence,
        held => panic!("not leading: {held:?}"),
    }
}

/// A match of the queue `duel`.
pub fn deal(tickets: &[&Ticket]) -> CommitRequest {
    CommitRequest {
        match_id: match_id(tickets),
        queue: "duel".parse().unwrap(),
        tickets: tickets.iter().map(|ticket| Versioned::from(*ticket)).collect(),
        sheet: bytes("sheet"),
        host: host(),
        now_ms: NOW_MS,
        due_ms: DUE_MS,
    }
}

pub fn match_id(tickets: &[&Ticket]) -> MatchId {
    MatchId::derive(RulesVersion(7), tickets.iter().map(|ticket| (ticket.id, ticket.version)))
}

/// Commits a match of these tickets under the lead of `mover-1`.
pub async fn matched(store: &dyn Store, tickets: &[&Ticket]) -> MatchId {
    let fence = leading(store).await;
    assert_eq!(store.commit(&fence, deal(tickets)).await.unwrap(), committed(tickets));
    match_id(tickets)
}

pub fn committed(tickets: &[&Ticket]) -> CommitOutcome {
    CommitOutcome::Committed { traces: traces(tickets) }
}

pub fn duplicate(tickets: &[&Ticket]) -> CommitOutcome {
    CommitOutcome::Duplicate { traces: traces(tickets) }
}

fn traces(tickets: &[&Ticket]) -> Vec<String> {
    tickets.iter().map(|ticket| ticket.trace.clone()).collect()
}

/// A match of two tickets of one player each, `ann` and `bob`.
pub async fn a_match(store: &dyn Store) -> (MatchId, Ticket, Ticket) {
    let (ann, bob) = (queued(store, solo("ann")).await, queued(store, solo("bob")).await);
    (matched(store, &[&ann, &bob]).await, ann, bob)
}

/// A match of these parties that was assigned.
pub async fn assigned(store: &dyn Store, parties: &[&[&str]]) -> MatchId {
    let mut tickets = Vec::new();
    for players in parties {
        let now = all_events(store).await.len();
        tickets.push(queued(store, party(&format!("{players:?} at {now}"), players)).await);
    }
    let id = matched(store, &tickets.iter().collect::<Vec<_>>()).await;
    store.assign(id, &host(), "address", NOW_MS, DUE_MS).await.unwrap();
    id
}

/// Lets these parties play a match to its end.
pub async fn played(store: &dyn Store, parties: &[&[&str]]) -> MatchId {
    let id = assigned(store, parties).await;
    store.end(id, "", NOW_MS).await.unwrap();
    id
}

pub async fn ticket(store: &dyn Store, id: TicketId) -> Ticket {
    store.snapshot(&Subject::Ticket(id)).await.unwrap().ticket.expect("the ticket is there")
}

pub async fn last_event(store: &dyn Store) -> Event {
    all_events(store).await.pop().expect("an event was appended")
}

pub async fn all_events(store: &dyn Store) -> Vec<Event> {
    store.events(Cursor::default(), 1_000, Duration::ZERO).await.unwrap()
}

/// What a holder holds, by a walk from its beginning to its end.
pub async fn all_held(store: &dyn Store, holder: &str) -> BTreeSet<TicketId> {
    let (mut held, mut place) = (BTreeSet::new(), Some(0));
    while let Some(from) = place {
        let step = store.held(&instance_id(holder), from).await.unwrap();
        held.extend(step.tickets);
        place = step.next;
    }
    held
}

/// Ids of the tickets found in one region of one queue, at whatever rating.
pub async fn found(store: &dyn Store, queue: &str, region: &str) -> Vec<TicketId> {
    let look = look(queue, &[region], f64::NEG_INFINITY, f64::INFINITY);
    store.range(&look, 1_000).await.unwrap().tickets.into_iter().map(|ticket| ticket.id).collect()
}

pub fn playserver(name: &str, load: u32) -> Instance {
    Instance {
        id: instance_id(name),
        role: Role::Playserver,
        address: format!("http://{name}:50051"),
        region: "eu".into(),
        capacity: 100,
        load,
    }
}

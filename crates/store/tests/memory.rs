//! What only the memory store can be asked: its clock is Tokio's, so hours pass at once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what it is sure of")]

use domain::Cursor;
use std::sync::Arc;
use std::time::Duration;
use store::bounds::{ARRIVALS_KEPT_MS, RECENT_KEPT_MS, TERMINAL_KEPT_MS, TRIES_KEPT_MS};
use store::conformance::people::*;
use store::{AcknowledgeOutcome, Leases, Leave, Matches, MemoryStore, Outbox, Snapshot, Store, Subject, Tickets};
use tokio::time::advance;

#[tokio::test(start_paused = true)]
async fn what_is_over_is_forgotten_after_its_time_and_tries_later() {
    let store = MemoryStore::new();
    let ticket = queued(&store, solo("ann")).await;
    advance(Duration::from_millis(TRIES_KEPT_MS)).await;
    assert!(store.leave(ticket.id, Leave::Expired, "", NOW_MS).await.is_ok(), "what lives is kept");

    let subject = Subject::Ticket(ticket.id);
    advance(Duration::from_millis(TERMINAL_KEPT_MS - 1)).await;
    assert!(store.snapshot(&subject).await.unwrap().ticket.is_some());
    advance(Duration::from_millis(1)).await;
    assert_eq!(store.snapshot(&subject).await.unwrap(), Snapshot::default());

    let again = queued(&store, party("again", &["ann"])).await;
    assert_eq!(again.tries, 1, "tries are kept longer");
    store.leave(again.id, Leave::Expired, "", NOW_MS).await.unwrap();
    advance(Duration::from_millis(TRIES_KEPT_MS)).await;
    assert_eq!(queued(&store, party("later", &["ann"])).await.tries, 0);
}

#[tokio::test(start_paused = true)]
async fn a_match_is_forgotten_after_its_end() {
    let store = MemoryStore::new();
    let (id, ann, _) = a_match(&store).await;
    advance(Duration::from_millis(TRIES_KEPT_MS)).await;
    let store: Arc<dyn Store> = Arc::new(store);
    store.end(id, "", NOW_MS).await.unwrap();
    advance(Duration::from_millis(TERMINAL_KEPT_MS)).await;
    assert_eq!(store.snapshot(&Subject::Ticket(ann.id)).await.unwrap(), Snapshot::default());
    assert_eq!(store.acknowledge(id, &player("ann")).await.unwrap(), AcknowledgeOutcome::NotFound);
}

#[tokio::test(start_paused = true)]
async fn arrivals_are_forgotten_some_time_after_the_last() {
    let store = MemoryStore::new();
    let duel = "duel".parse().unwrap();
    for name in ["ann", "bob"] {
        queued(&store, solo(name)).await;
        advance(Duration::from_millis(ARRIVALS_KEPT_MS - 1)).await;
    }
    assert_eq!(store.arrivals(&duel, 10).await.unwrap().len(), 2, "each that comes keeps the others");
    advance(Duration::from_millis(1)).await;
    assert_eq!(store.arrivals(&duel, 10).await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn whom_a_player_met_is_forgotten_some_time_after_his_last_match() {
    let store = MemoryStore::new();
    for other in ["bob", "cid"] {
        played(&store, &[&["ann"], &[other]]).await;
        advance(Duration::from_millis(RECENT_KEPT_MS - 1)).await;
    }
    let met = store.recent(&[player("ann"), player("bob")]).await.unwrap();
    assert_eq!(met, [vec![player("cid"), player("bob")], vec![]], "each match keeps those of earlier ones");
    advance(Duration::from_millis(1)).await;
    assert_eq!(store.recent(&[player("ann")]).await.unwrap(), [[]]);
}

#[tokio::test(start_paused = true)]
async fn a_watch_on_nothing_is_forgotten() {
    let store = MemoryStore::new();
    store.watch(&Subject::Player(player("ann")), &host()).await.unwrap();
    store.watch(&Subject::Ticket(ticket_id("bob")), &host()).await.unwrap();
    advance(Duration::from_millis(TRIES_KEPT_MS)).await;
    queued(&store, solo("ann")).await;
    queued(&store, solo("bob")).await;
    assert!(all_events(&store).await.iter().all(|event| event.watchers.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn leases_run_out_on_the_simulated_clock() {
    let store = MemoryStore::new();
    store.lead(&instance_id("mover-1"), Duration::from_secs(3), 1, Cursor::default()).await.unwrap();
    advance(Duration::from_millis(2_999)).await;
    assert!(store.leader().await.unwrap().is_some());
    advance(Duration::from_millis(1)).await;
    assert_eq!(store.leader().await.unwrap(), None);
}

use super::people::*;
use crate::bounds::ARRIVALS_KEPT;
use crate::{Arrived, Enqueue, EnqueueOutcome, Leave, Store};
use domain::{Encoded, Placement};
use std::sync::Arc;

async fn arrived(store: &dyn Store, queue: &str, limit: usize) -> Vec<Arrived> {
    store.arrivals(&queue.parse().unwrap(), limit).await.unwrap()
}

/// The parties that came to `duel`, newest first.
async fn duelists(store: &dyn Store, limit: usize) -> Vec<Encoded> {
    arrived(store, "duel", limit).await.into_iter().map(|arrived| arrived.party).collect()
}

pub async fn arrivals_come_newest_first_up_to_their_limit(store: Arc<dyn Store>) {
    for (name, queued_ms) in [("ann", 20), ("bob", 10), ("cid", 30)] {
        queued(&*store, Enqueue { queued_ms, ..solo(name) }).await;
    }
    let of = |name: &str, queued_ms| Arrived { queued_ms, pool: "pc|1.0 beta".into(), party: bytes(name) };
    let newest = [of("cid", 30), of("bob", 10), of("ann", 20)];
    assert_eq!(arrived(&*store, "duel", usize::MAX).await, newest);
    assert_eq!(arrived(&*store, "duel", 2).await, newest[..2]);
    assert_eq!(arrived(&*store, "duel", 0).await, []);
}

pub async fn of_more_arrivals_than_are_kept_the_oldest_give_way(store: Arc<dyn Store>) {
    let fence = leading(&*store).await;
    for turn in 0..ARRIVALS_KEPT + 3 {
        let ticket = queued(&*store, solo(&format!("player-{turn}"))).await;
        store.leave(ticket.id, Leave::Cancelled, "", NOW_MS).await.unwrap();
        store.trim(&fence, ticket.changed).await.unwrap();
    }
    let found = duelists(&*store, usize::MAX).await;
    let expected: Vec<Encoded> = (3..ARRIVALS_KEPT + 3).rev().map(|turn| bytes(&format!("player-{turn}"))).collect();
    assert_eq!(found, expected);
}

pub async fn an_enqueue_repeated_is_one_arrival(store: Arc<dyn Store>) {
    let ticket = queued(&*store, solo("ann")).await;
    store.enqueue(solo("ann")).await.unwrap();
    store.leave(ticket.id, Leave::Cancelled, "", NOW_MS).await.unwrap();
    store.enqueue(solo("ann")).await.unwrap();
    assert_eq!(duelists(&*store, 10).await, [bytes("ann")]);

    queued(&*store, party("again", &["ann"])).await;
    assert_eq!(duelists(&*store, 10).await, [bytes("again"), bytes("ann")], "whoever comes back has come twice");
}

pub async fn an_enqueue_that_is_refused_is_no_arrival(store: Arc<dyn Store>) {
    queued(&*store, solo("ann")).await;
    let refused = store.enqueue(party("pair", &["bob", "ann"])).await.unwrap();
    assert!(matches!(refused, EnqueueOutcome::Busy { .. }), "{refused:?}");
    assert_eq!(duelists(&*store, 10).await, [bytes("ann")]);
}

pub async fn a_requeued_ticket_does_not_arrive_again(store: Arc<dyn Store>) {
    let (id, ..) = a_match(&*store).await;
    let fence = leading(&*store).await;
    store.requeue(&fence, id, "no host", NOW_MS).await.unwrap();
    assert_eq!(store.waiting().await.unwrap(), 2);
    assert_eq!(duelists(&*store, 10).await, [bytes("bob"), bytes("ann")]);
}

pub async fn a_ticket_arrives_once_in_each_of_its_queues(store: Arc<dyn Store>) {
    let on_a_pad = Placement { pool: String::new(), ..place("duel", "us", 1500.0) };
    let places = vec![place("duel", "eu", 1500.0), place("brawl", "", -7.25), on_a_pad];
    queued(&*store, Enqueue { places, ..solo("ann") }).await;
    let brawler = Placement { pool: String::new(), ..place("brawl", "", 3.5) };
    queued(&*store, Enqueue { places: vec![brawler], ..solo("bob") }).await;

    let of = |name: &str, pool: &str| Arrived { queued_ms: QUEUED_MS, pool: pool.into(), party: bytes(name) };
    assert_eq!(arrived(&*store, "duel", 10).await, [of("ann", "pc|1.0 beta")]);
    assert_eq!(arrived(&*store, "brawl", 10).await, [of("bob", ""), of("ann", "pc|1.0 beta")]);
}

pub async fn a_queue_that_nobody_came_to_has_no_arrivals(store: Arc<dyn Store>) {
    queued(&*store, solo("ann")).await;
    assert_eq!(arrived(&*store, "brawl", 10).await, []);
}

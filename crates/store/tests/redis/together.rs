//! Calls that come while others of their script are on their way, and so go to Redis together.

use super::raw::{Raw, server, store_on};
use ::redis::cmd;
use futures::future::join_all;
use store::conformance::people::*;
use store::testing::RedisServer;
use store::{Bounds, Enqueue, EnqueueOutcome, RedisStore, StoreError, Tickets};

/// With room for a crowd.
fn spacious(server: &RedisServer) -> RedisStore {
    RedisStore::connect(server.url(), "realm".parse().unwrap()).unwrap()
}

fn crowd(size: usize) -> Vec<Enqueue> {
    (0..size).map(|number| solo(&format!("p{number}"))).collect()
}

async fn enqueued(store: &RedisStore, crowd: Vec<Enqueue>) -> Vec<Result<EnqueueOutcome, StoreError>> {
    join_all(crowd.into_iter().map(|enqueue| store.enqueue(enqueue))).await
}

fn count(outcomes: &[Result<EnqueueOutcome, StoreError>], is_so: impl Fn(&EnqueueOutcome) -> bool) -> usize {
    outcomes.iter().filter(|outcome| is_so(outcome.as_ref().unwrap())).count()
}

fn is_queued(outcome: &EnqueueOutcome) -> bool {
    matches!(outcome, EnqueueOutcome::Queued(_))
}

#[tokio::test]
async fn a_crowd_is_written_whole_and_in_few_round_trips() {
    let server = server();
    let (store, mut raw) = (spacious(&server), Raw::on(&server).await);
    let outcomes = enqueued(&store, crowd(200)).await;
    assert_eq!(count(&outcomes, is_queued), 200);
    assert_eq!(store.waiting().await.unwrap(), 200);
    assert_eq!(found(&store, "duel", "eu").await.len(), 200);
    assert_eq!(all_events(&store).await.len(), 200);
    let stats: String = raw.ask(cmd("INFO").arg("commandstats")).await;
    let asked = stats.lines().find_map(|line| line.strip_prefix("cmdstat_evalsha:calls=")).unwrap();
    let asked: usize = asked.split(',').next().unwrap().parse().unwrap();
    assert!(asked < 20, "{asked} times for 200 tickets");
}

#[tokio::test]
async fn one_that_fails_among_others_fails_alone() {
    let server = server();
    let (store, mut raw) = (store_on(&server), Raw::on(&server).await);
    let crowd = crowd(10);
    let broken = format!("{{realm}}:t:{}", crowd[5].id);
    let () = raw.ask(cmd("SET").arg(&broken).arg("planted")).await;
    let outcomes = enqueued(&store, crowd).await;
    for (number, outcome) in outcomes.iter().enumerate() {
        match outcome {
            Err(StoreError::Corrupt(text)) => assert!(number == 5 && text.contains(&broken), "{number}: {text}"),
            outcome => assert!(number != 5 && is_queued(outcome.as_ref().unwrap()), "{number}: {outcome:?}"),
        }
    }
    assert_eq!((store.waiting().await.unwrap(), all_events(&store).await.len()), (9, 9));
}

#[tokio::test]
async fn a_bound_holds_among_those_who_come_together() {
    let server = server();
    let bounds = Bounds { tickets_waiting_max: 10, ..Bounds::default() };
    let store = RedisStore::connect_within(server.url(), "realm".parse().unwrap(), bounds).unwrap();
    let outcomes = enqueued(&store, crowd(50)).await;
    assert_eq!(count(&outcomes, is_queued), 10);
    assert_eq!(count(&outcomes, |outcome| matches!(outcome, EnqueueOutcome::Full { .. })), 40);
}

#[tokio::test]
async fn one_of_two_who_want_the_same_together_is_told_that_the_other_has_it() {
    let server = server();
    let store = store_on(&server);
    let outcomes = enqueued(&store, (0..10).map(|number| party(&format!("t{number}"), &["ann"])).collect()).await;
    assert_eq!(count(&outcomes, is_queued), 1);
    assert_eq!(count(&outcomes, |outcome| matches!(outcome, EnqueueOutcome::Busy { .. })), 9);
}

#[tokio::test]
async fn a_ticket_that_is_moved_to_and_fro_stands_where_the_last_move_put_it() {
    let server = server();
    let store = store_on(&server);
    let ann = queued(&store, solo("ann")).await;
    let places = ["eu", "us", "eu", "us", "eu", "us"].map(|region| place("duel", region, 1500.0));
    let moved = join_all(places.iter().map(|place| store.relocate(ann.id, &ann.holder, place))).await;
    assert!(moved.into_iter().all(Result::unwrap));
    assert_eq!(found(&store, "duel", "eu").await, []);
    assert_eq!(found(&store, "duel", "us").await, [ann.id]);
}

#[tokio::test]
async fn what_nobody_holds_is_given_to_one_of_those_who_ask_for_it_together() {
    let server = server();
    let store = store_on(&server);
    assert_eq!(count(&enqueued(&store, crowd(20)).await, is_queued), 20);
    let takers = ["o-1", "o-2", "o-3", "o-4"].map(instance_id);
    let adopted = join_all(takers.iter().map(|taker| store.adopt(taker, &takers, 8))).await;
    let adopted: Vec<usize> = adopted.into_iter().map(|tickets| tickets.unwrap().len()).collect();
    assert_eq!(adopted, [8, 8, 4, 0]);
    for (taker, held) in takers.iter().zip(adopted) {
        store.release(taker).await.unwrap();
        assert_eq!(store.adopt(taker, &takers, 100).await.unwrap().len(), held, "{taker} held what it was given");
    }
}

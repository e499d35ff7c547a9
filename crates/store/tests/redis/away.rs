use super::raw::{AWAY_MS_MAX, Raw, server, store_on};
use ::redis::cmd;
use domain::Cursor;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::conformance::people::*;
use store::testing::{Fsync, Listen, RedisServer, eventually};
use store::{Leases, Outbox, RedisStore, StoreError, Subject, Tickets};

fn assert_away<T: std::fmt::Debug>(outcome: Result<T, StoreError>, begun: Instant) {
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    assert!(begun.elapsed().as_millis() < AWAY_MS_MAX, "after {:?}", begun.elapsed());
}

#[tokio::test]
async fn a_redis_that_is_gone_is_answered_in_time_and_a_new_one_found() {
    let mut server = RedisServer::start().unwrap();
    let store = store_on(&server);
    let ann = queued(&store, solo("ann")).await;
    let last = last_event(&store).await.cursor;
    store.events(last, 10, Duration::from_millis(5)).await.unwrap();

    for _ in 0..2 {
        server.kill();
        let begun = Instant::now();
        assert_away(store.enqueue(solo("bob")).await, begun);
        let begun = Instant::now();
        assert_away(store.events(Cursor::default(), 10, Duration::ZERO).await, begun);

        server.restart().unwrap();
        store.leader().await.expect("the next verb finds it");
        assert_eq!(ticket(&store, ann.id).await, ann, "what was acknowledged was synced");
        assert_eq!(store.events(last, 10, Duration::from_millis(5)).await.unwrap(), [], "and so does a wait");
    }
    queued(&store, solo("bob")).await;
}

/// Not as one that holds what cannot be read: whoever asked may ask again.
#[tokio::test]
async fn a_redis_whose_disk_is_full_is_answered_as_one_that_is_away() {
    let server = RedisServer::start_with(Listen::Tcp, Fsync::EverySecond).unwrap();
    let store = store_on(&server);
    let ann = queued(&store, solo("ann")).await;
    server.fill_disk(0).unwrap();
    // It finds out by writing, after it has answered.
    let (store, mut number) = (&store, 0);
    let next = || {
        number += 1;
        async move { store.enqueue(solo(&format!("bob-{number}"))).await.err().ok_or("he is queued".to_owned()) }
    };
    let refused = eventually("a full disk is noticed", next).await;
    let told = refused.to_string();
    assert!(matches!(refused, StoreError::Unavailable(_)) && told.contains("cannot bring them to its disk"), "{told}");
    assert_eq!(ticket(store, ann.id).await, ann, "what it holds is read");
}

#[tokio::test]
async fn a_store_may_be_there_before_its_redis() {
    let mut server = server();
    server.kill();
    let store = store_on(&server);
    let begun = Instant::now();
    assert_away(store.leader().await, begun);
    server.restart().unwrap();
    store.leader().await.unwrap();
}

#[tokio::test]
async fn a_verb_begun_while_redis_restarts_succeeds() {
    let mut server = server();
    let store = Arc::new(store_on(&server));
    store.leader().await.unwrap();
    server.kill();
    let verb = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.enqueue(solo("ann")).await }
    });
    // The verb runs on this very thread, so let it meet the dead server first.
    tokio::task::yield_now().await;
    server.restart().unwrap();
    verb.await.unwrap().unwrap();
}

/// What the first try gave would not be answered by a second, which finds it held: whoever asked has to know.
#[tokio::test]
async fn an_adoption_that_is_not_answered_is_not_asked_for_again() {
    let mut server = server();
    let store = Arc::new(store_on(&server));
    store.leader().await.unwrap();
    server.kill();
    let adopting = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.adopt(&instance_id("sweeper-1"), &[], 10).await }
    });
    tokio::task::yield_now().await;
    server.restart().unwrap();
    let adopted = adopting.await.unwrap();
    assert!(matches!(adopted, Err(StoreError::Unavailable(_))), "{adopted:?}");
}

#[tokio::test]
async fn a_redis_that_hangs_is_answered_in_time() {
    let server = server();
    let (store, mut raw) = (store_on(&server), Raw::on(&server).await);
    store.leader().await.unwrap();
    let () = raw.ask(cmd("CLIENT").arg("PAUSE").arg(60_000).arg("ALL")).await;
    let begun = Instant::now();
    assert_away(store.snapshot(&Subject::Player(player("ann"))).await, begun);
}

#[tokio::test]
async fn nobody_listening_is_answered_in_time() {
    let url = "redis+unix:///nowhere/redis.sock";
    let store = RedisStore::connect(url, "realm".parse().unwrap()).unwrap();
    let begun = Instant::now();
    assert_away(store.waiting().await, begun);
    assert!(RedisStore::connect("no url at all", "realm".parse().unwrap()).is_err());
}

#[tokio::test]
async fn a_wait_for_events_ends_when_redis_dies() {
    let mut server = server();
    let store = Arc::new(store_on(&server));
    let mut raw = Raw::on(&server).await;
    let waiting = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.events(Cursor::default(), 10, Duration::from_secs(9)).await }
    });
    blocked_clients(&mut raw, 1).await;
    let begun = Instant::now();
    server.kill();
    assert_away(waiting.await.unwrap(), begun);
}

#[tokio::test]
async fn a_wait_that_was_given_up_does_not_hold_up_the_next() {
    let server = server();
    let store = Arc::new(store_on(&server));
    let mut raw = Raw::on(&server).await;
    let waiting = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.events(Cursor::default(), 10, Duration::from_secs(9)).await }
    });
    blocked_clients(&mut raw, 1).await;
    waiting.abort();
    blocked_clients(&mut raw, 0).await;
    let next = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.events(Cursor::default(), 10, Duration::from_secs(9)).await }
    });
    blocked_clients(&mut raw, 1).await;
    queued(&*store, solo("ann")).await;
    assert_eq!(next.await.unwrap().unwrap().len(), 1);
}

async fn blocked_clients(raw: &mut Raw, expected: usize) {
    let raw = tokio::sync::Mutex::new(raw);
    eventually("clients that block", async || {
        let info: String = raw.lock().await.ask(cmd("INFO").arg("clients")).await;
        let line = format!("blocked_clients:{expected}\r\n");
        if info.contains(&line) { Ok(()) } else { Err(info) }
    })
    .await;
}

#[tokio::test]
async fn scripts_that_redis_forgot_are_loaded_again() {
    let server = server();
    let (store, mut raw) = (store_on(&server), Raw::on(&server).await);
    for name in ["ann", "bob"] {
        queued(&store, solo(name)).await;
        let () = raw.ask(cmd("SCRIPT").arg("FLUSH").arg("SYNC")).await;
    }
    assert_eq!(store.waiting().await.unwrap(), 2);
}

#[tokio::test]
async fn tcp_serves_as_well() {
    let server = RedisServer::start_with(Listen::Tcp, Fsync::EverySecond).unwrap();
    queued(&store_on(&server), solo("ann")).await;
}

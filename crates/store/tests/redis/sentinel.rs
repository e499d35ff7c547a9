//! A master, its replicas, and a sentinel that lets one of them lead when the master dies. Each write must be held by one.

use super::raw::{AWAY_MS_MAX, Raw};
use ::redis::cmd;
use domain::TicketId;
use std::time::Instant;
use store::conformance::people::*;
use store::testing::{Fsync, Listen, RedisServer, eventually};
use store::{EnqueueOutcome, RedisStore, StoreError, Subject, Tickets};

/// Tickets that are written before the master dies, and that are asked for meanwhile.
const BEFORE: usize = 20;

struct Watched {
    master: RedisServer,
    replicas: Vec<RedisServer>,
    sentinel: RedisServer,
    store: RedisStore,
}

async fn watched(replicas: usize) -> Watched {
    let master = RedisServer::start_with(Listen::Tcp, Fsync::EverySecond).unwrap();
    let servers: Vec<_> = (0..replicas).map(|_| master.replica().unwrap()).collect();
    // A sentinel asks for replicas when it comes, and then seldom.
    let raw = Raw::on(&master).await;
    eventually("the replicas to follow", || {
        let mut raw = raw.clone();
        async move {
            let info: String = raw.ask(cmd("INFO").arg("replication")).await;
            if info.matches("state=online").count() == replicas { Ok(()) } else { Err(info) }
        }
    })
    .await;
    let sentinel = master.sentinel(1).unwrap();
    let store = RedisStore::connect(sentinel.url(), "realm".parse().unwrap()).unwrap();
    Watched { master, replicas: servers, sentinel, store }
}

async fn is_written(store: &RedisStore, name: &str) -> Result<TicketId, StoreError> {
    match store.enqueue(solo(name)).await? {
        EnqueueOutcome::Queued(ticket) | EnqueueOutcome::Repeated(ticket) => Ok(ticket.id),
        other => panic!("{name}: {other:?}"),
    }
}

async fn is_written_in_the_end(store: &RedisStore, name: &str) -> TicketId {
    eventually("a master whose replicas hold it", || async {
        is_written(store, name).await.map_err(|error| error.to_string())
    })
    .await
}

#[tokio::test]
async fn what_was_answered_is_there_when_the_master_dies_and_its_replica_leads() {
    goes_on_after(RedisServer::kill).await;
}

#[tokio::test]
async fn what_was_answered_is_there_when_the_master_hangs_and_its_replica_leads() {
    goes_on_after(|master| master.hang().unwrap()).await;
}

async fn goes_on_after(ends: impl FnOnce(&mut RedisServer)) {
    let Watched { mut master, replicas: _replicas, sentinel: _sentinel, store } = watched(2).await;
    let mut answered = Vec::new();
    for turn in 0..BEFORE {
        let name = format!("player-{turn}");
        answered.push(is_written_in_the_end(&store, &name).await);
    }
    ends(&mut master);
    for turn in BEFORE..2 * BEFORE {
        let name = format!("player-{turn}");
        answered.push(is_written_in_the_end(&store, &name).await);
    }
    for id in answered {
        let found = store.snapshot(&Subject::Ticket(id)).await.unwrap();
        assert!(found.ticket.is_some(), "{id} was answered and is gone");
    }
}

#[tokio::test]
async fn what_no_replica_holds_is_not_answered_until_one_does() {
    let Watched { master, mut replicas, sentinel: _sentinel, store } = watched(1).await;
    is_written(&store, "ann").await.unwrap();
    replicas[0].kill();
    let begun = Instant::now();
    let refused = is_written(&store, "bob").await;
    assert!(matches!(&refused, Err(StoreError::Unavailable(why)) if why.contains("replica")), "{refused:?}");
    assert!(begun.elapsed().as_millis() < AWAY_MS_MAX, "after {:?}", begun.elapsed());
    // The master wrote it, and says so to whoever asks without caring.
    let alone = RedisStore::connect(master.url(), "realm".parse().unwrap()).unwrap();
    assert!(matches!(alone.enqueue(solo("bob")).await.unwrap(), EnqueueOutcome::Repeated(_)));

    replicas[0].restart().unwrap();
    is_written_in_the_end(&store, "bob").await;
}

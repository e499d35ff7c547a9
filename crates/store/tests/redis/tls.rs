//! Redis behind TLS: whom a store believes, and what it says of whom it does not.

use super::raw::Raw;
use crate::authority::{Authority, HERE};
use ::redis::cmd;
use domain::Cursor;
use std::sync::Arc;
use std::time::Duration;
use store::conformance::people::*;
use store::testing::{Fsync, Listen, Locks, RedisServer, eventually};
use store::{Leases, Outbox, RedisStore, StoreError, Tickets};

fn server(locks: &Locks) -> RedisServer {
    RedisServer::start_behind(locks, Listen::Tcp, Fsync::Never).unwrap()
}

fn store_at(url: &str) -> RedisStore {
    RedisStore::connect(url, "realm".parse().unwrap()).unwrap()
}

/// What is wrong with it, by its own words.
async fn trouble(store: &RedisStore) -> String {
    match store.leader().await {
        Err(StoreError::Unavailable(why)) => why,
        other => panic!("{other:?}"),
    }
}

async fn raw_behind(server: &RedisServer) -> Raw {
    Raw::at(&format!("redis+unix://{}", server.socket().display())).await
}

#[tokio::test]
async fn a_store_works_over_tls() {
    let authority = Authority::vouching_for(HERE);
    let server = server(&authority.locks());
    let store = Arc::new(store_at(server.url()).trusting(authority.file()).unwrap());
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.events(Cursor::default(), 10, Duration::from_secs(9)).await }
    });
    queued(&*store, solo("zoe")).await;
    assert_eq!(waiting.await.unwrap().unwrap().len(), 1, "what blocks has a connection of its own");
    let other = RedisStore::connect(server.url(), "other".parse().unwrap()).unwrap();
    let other = Arc::new(other.trusting(authority.file()).unwrap());
    store::conformance::a_commit_takes_its_tickets_out_of_every_queue(other).await;
}

#[tokio::test]
async fn a_server_that_another_authority_vouches_for_is_refused() {
    let (authority, other) = (Authority::vouching_for(HERE), Authority::vouching_for(HERE));
    let server = server(&authority.locks());
    let store = store_at(server.url()).trusting(other.file()).unwrap();
    let why = trouble(&store).await;
    assert!(why.contains("certificate") && why.contains("--redis-ca"), "{why}");
    let why = trouble(&store_at(server.url())).await;
    assert!(why.contains("UnknownIssuer"), "no public authority vouches for it: {why}");
}

#[tokio::test]
async fn a_server_that_has_another_name_is_refused() {
    let authority = Authority::vouching_for("redis.example");
    let server = server(&authority.locks());
    let why = trouble(&store_at(server.url()).trusting(authority.file()).unwrap()).await;
    assert!(why.contains("NotValidForName"), "{why}");
}

#[tokio::test]
async fn whoever_speaks_otherwise_than_the_port_is_told() {
    let authority = Authority::vouching_for(HERE);
    let (encrypted, plain) = (server(&authority.locks()), server(&Locks::default()));
    let why = trouble(&store_at(&encrypted.url().replace("rediss://", "redis://"))).await;
    assert!(why.contains("begin with rediss"), "{why}");
    let store = store_at(&plain.url().replace("redis://", "rediss://")).trusting(authority.file()).unwrap();
    let why = trouble(&store).await;
    assert!(why.contains("does not speak TLS"), "{why}");
}

#[tokio::test]
async fn a_store_goes_on_by_the_authority_that_took_the_place_of_another() {
    let authority = Authority::vouching_for(HERE);
    let mut server = server(&authority.locks());
    let store = store_at(server.url()).trusting(authority.file()).unwrap();
    queued(&store, solo("ann")).await;
    let before = std::fs::read(authority.file()).unwrap();
    authority.replace(HERE);
    let after = std::fs::read(authority.file()).unwrap();
    std::fs::write(authority.file(), before).unwrap();
    server.restart().unwrap();
    let why = trouble(&store).await;
    assert!(why.contains("certificate"), "{why}");

    std::fs::write(authority.file(), after).unwrap();
    assert_eq!(store.waiting().await.unwrap(), 1);
}

#[tokio::test]
async fn sentinels_and_replicas_are_asked_over_tls() {
    let authority = Authority::vouching_for(HERE);
    let master = server(&authority.locks());
    let _replica = master.replica().unwrap();
    let mut raw = raw_behind(&master).await;
    let raw = &tokio::sync::Mutex::new(&mut raw);
    eventually("the replica to follow", || async {
        let info: String = raw.lock().await.ask(cmd("INFO").arg("replication")).await;
        if info.contains("state=online") { Ok(()) } else { Err(info) }
    })
    .await;
    let sentinel = master.sentinel(1).unwrap();
    assert!(sentinel.url().starts_with("rediss+sentinel://"), "{}", sentinel.url());
    let store = store_at(sentinel.url()).trusting(authority.file()).unwrap();
    eventually("an answer that a replica holds", || async {
        store.enqueue(solo("ann")).await.map_err(|e| e.to_string())
    })
    .await;
    let why = trouble(&store_at(sentinel.url())).await;
    assert!(why.contains("certificate"), "{why}");
}

#[tokio::test]
async fn a_cluster_is_asked_over_tls() {
    let authority = Authority::vouching_for(HERE);
    let (node, _) = RedisServer::node(&authority.locks(), Fsync::Never).unwrap();
    let mut raw = raw_behind(&node).await;
    let () = raw.ask(cmd("CLUSTER").arg("ADDSLOTSRANGE").arg(0).arg(16_383)).await;
    let url = format!("rediss+cluster://127.0.0.1:{}?replicas=0", node.port());
    let store = store_at(&url).trusting(authority.file()).unwrap();
    eventually("the cluster to answer", || async { store.enqueue(solo("ann")).await.map_err(|e| e.to_string()) }).await;
}

#[tokio::test]
async fn an_authority_without_tls_is_a_mistake() {
    let authority = Authority::vouching_for(HERE);
    let refused = store_at("redis://127.0.0.1:1").trusting(authority.file()).map(drop).unwrap_err();
    assert!(refused.to_string().contains("rediss://"), "{refused}");
    let refused = store_at("rediss://127.0.0.1:1").trusting("/nowhere/ca.pem".into()).map(drop).unwrap_err();
    assert!(refused.to_string().contains("No such file"), "{refused}");
    let careless = RedisStore::connect("rediss://127.0.0.1:1#insecure", "realm".parse().unwrap());
    assert!(careless.is_err(), "whoever wants no proof wants no TLS");
}

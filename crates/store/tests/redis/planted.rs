use super::raw::{Raw, assert_names, server, store_on};
use ::redis::cmd;
use domain::{Cursor, MatchId, Role, TicketId};
use std::time::Duration;
use store::conformance::people::*;
use store::{Fence, Leases, Leave, Matches, Outbox, RedisStore, StoreError, Subject, Tickets};

/// A realm in which every verb has something to do.
struct Scene {
    store: RedisStore,
    fence: Fence,
    waiting: TicketId,
    live: MatchId,
    /// Assigned, of players who have met before; one of them acknowledged it.
    begun: MatchId,
}

async fn a_scene(store: RedisStore) -> Scene {
    let (live, _, _) = a_match(&store).await;
    played(&store, &[&["dan"], &["eve"]]).await;
    let begun = assigned(&store, &[&["dan"], &["eve"]]).await;
    store.acknowledge(begun, &player("dan")).await.unwrap();
    let waiting = queued(&store, solo("cid")).await.id;
    store.watch(&Subject::Ticket(waiting), &host()).await.unwrap();
    store.register(&playserver("ps-1", 0), LEASE).await.unwrap();
    let fence = leading(&store).await;
    Scene { store, fence, waiting, live, begun }
}

const VERBS: [&str; 28] = [
    "enqueue",
    "leave",
    "widen",
    "relocate",
    "range",
    "arrivals",
    "snapshot",
    "adopt",
    "release",
    "expiring",
    "waiting",
    "commit",
    "assign",
    "acknowledge",
    "remind",
    "no_show",
    "end",
    "recent",
    "requeue",
    "rehost",
    "due",
    "events",
    "trim",
    "watch",
    "register",
    "instances",
    "lead",
    "leader",
];

impl Scene {
    async fn run(&self, verb: &str) -> Result<(), StoreError> {
        let (store, fence) = (&self.store, &self.fence);
        match verb {
            "enqueue" => store.enqueue(party("new", &["fay"])).await.map(drop),
            "leave" => store.leave(self.waiting, Leave::Cancelled, "", NOW_MS).await.map(drop),
            "widen" => store.widen(self.waiting, 1, NOW_MS).await.map(drop),
            "relocate" => store.relocate(self.waiting, &solo("cid").holder, &place("duel", "us", 0.0)).await.map(drop),
            "range" => store.range(&look("duel", &["eu"], 0.0, 3000.0), 10).await.map(drop),
            "arrivals" => store.arrivals(&"duel".parse().unwrap(), 10).await.map(drop),
            "snapshot" => store.snapshot(&Subject::Player(player("ann"))).await.map(drop),
            "adopt" => store.adopt(&instance_id("me"), &[], 10).await.map(drop),
            "release" => store.release(&instance_id("orchestrator-1")).await,
            "expiring" => store.expiring(u64::MAX, 10).await.map(drop),
            "waiting" => store.waiting().await.map(drop),
            "commit" => store.commit(fence, deal(&[&self.waiting_as_it_was()])).await.map(drop),
            "assign" => store.assign(self.live, &host(), "address", NOW_MS, DUE_MS).await.map(drop),
            "acknowledge" => store.acknowledge(self.live, &player("ann")).await.map(drop),
            "remind" => store.remind(fence, self.begun, NOW_MS, DUE_MS + 1).await.map(drop),
            "no_show" => store.no_show(fence, self.begun, "", NOW_MS).await.map(drop),
            "end" => store.end(self.begun, "", NOW_MS).await.map(drop),
            "recent" => store.recent(&[player("dan")]).await.map(drop),
            "requeue" => store.requeue(fence, self.live, "", NOW_MS).await.map(drop),
            "rehost" => store.rehost(fence, self.live, &instance_id("host-2"), NOW_MS, DUE_MS).await.map(drop),
            "due" => store.due(u64::MAX, 10).await.map(drop),
            "events" => store.events(Cursor::default(), 10, Duration::ZERO).await.map(drop),
            "trim" => store.trim(fence, Cursor { epoch: 1, seq: 1 }).await.map(drop),
            "watch" => store.watch(&Subject::Player(player("ann")), &host()).await.map(drop),
            "register" => store.register(&playserver("ps-2", 0), LEASE).await,
            "instances" => store.instances(Role::Playserver).await.map(drop),
            "lead" => store.lead(&instance_id("mover-1"), LEASE, 1, Cursor::default()).await.map(drop),
            "leader" => store.leader().await.map(drop),
            other => panic!("no verb {other}"),
        }
    }

    /// The ticket `cid` as a proposal read it, without asking a store that may be unreadable.
    fn waiting_as_it_was(&self) -> domain::Ticket {
        let given = solo("cid");
        domain::Ticket {
            id: given.id,
            version: 1,
            state: domain::TicketState::Queued,
            queued_ms: given.queued_ms,
            expires_ms: given.expires_ms,
            tries: 0,
            width: 0,
            players: given.players,
            places: given.places,
            party: given.party,
            holder: given.holder,
            trace: given.trace,
            match_id: None,
            changed: Cursor::default(),
            reason: String::new(),
        }
    }
}

/// Every key that a scene has, in another type, against every verb: a verb either does not need the key or says that it is
/// corrupt, and then nothing at all was written.
#[tokio::test]
async fn a_key_of_another_type_is_named_before_anything_is_written() {
    let server = server();
    let mut raw = Raw::on(&server).await;
    a_scene(store_on(&server)).await;
    let keys = raw.keys().await;
    let mut named = Vec::new();
    for key in &keys {
        for verb in VERBS {
            let () = raw.ask(&mut cmd("FLUSHALL")).await;
            let scene = a_scene(store_on(&server)).await;
            plant_another_type(&mut raw, key).await;
            let before = raw.content().await;
            match scene.run(verb).await {
                Ok(()) => {}
                Err(StoreError::Corrupt(text)) => {
                    let after = raw.content().await;
                    let written: Vec<_> = after.keys().filter(|key| after.get(*key) != before.get(*key)).collect();
                    assert_eq!((written, after.len()), (vec![], before.len()), "{verb} wrote, though {text}");
                    assert!(verb == "range" || text.contains(key), "{verb} does not name {key}: {text}");
                    named.push(format!("{verb} {key}"));
                }
                Err(error) => panic!("{verb} with {key} of another type: {error}"),
            }
        }
    }
    assert_every_needed_key_was_checked(&named);
}

async fn plant_another_type(raw: &mut Raw, key: &str) {
    let kind: String = raw.ask(cmd("TYPE").arg(key)).await;
    let () = raw.ask(cmd("DEL").arg(key)).await;
    match kind.as_str() {
        "hash" => raw.ask(cmd("SET").arg(key).arg("planted")).await,
        _ => raw.ask::<()>(cmd("HSET").arg(key).arg("planted").arg("1")).await,
    }
}

fn assert_every_needed_key_was_checked(named: &[String]) {
    let writers: [(&str, &[&str]); 15] = [
        (
            "outbox",
            &[
                "enqueue", "leave", "widen", "commit", "assign", "end", "requeue", "rehost", "remind", "no_show",
                "events", "trim",
            ],
        ),
        (
            "clock",
            &[
                "enqueue", "leave", "widen", "commit", "assign", "end", "requeue", "rehost", "remind", "no_show",
                "lead", "trim",
            ],
        ),
        ("leader", &["commit", "requeue", "rehost", "remind", "no_show", "trim", "lead", "leader"]),
        ("deadlines", &["enqueue", "leave", "relocate", "commit", "requeue", "no_show", "expiring", "waiting"]),
        ("holders", &["enqueue", "leave", "relocate", "commit", "requeue", "no_show", "adopt", "release"]),
        ("due", &["commit", "assign", "end", "requeue", "rehost", "remind", "no_show", "due"]),
        ("q:duel|pc%7C1.0%20beta|eu", &["enqueue", "leave", "relocate", "commit", "requeue", "no_show", "range"]),
        ("a:duel", &["enqueue", "arrivals"]),
        ("p:cid", &["leave", "commit", "widen"]),
        ("p:ann", &["assign", "requeue", "rehost", "snapshot", "watch"]),
        ("p:dan", &["end", "no_show"]),
        ("p:eve", &["end", "remind", "no_show"]),
        ("r:dan", &["end", "recent"]),
        ("live:playserver", &["register", "instances"]),
        ("h:orchestrator-1", &["enqueue", "leave", "relocate", "commit", "adopt", "release"]),
    ];
    for (key, verbs) in writers {
        for verb in verbs {
            let expected = format!("{verb} {{realm}}:{key}");
            assert!(named.contains(&expected), "{expected} was not named: {named:#?}");
        }
    }
}

#[tokio::test]
async fn a_key_is_named_by_its_error() {
    let server = server();
    let mut raw = Raw::on(&server).await;
    let scene = a_scene(store_on(&server)).await;
    plant_another_type(&mut raw, "{realm}:q:duel|pc%7C1.0%20beta|eu").await;
    assert_names(scene.run("leave").await, "{realm}:q:duel|pc%7C1.0%20beta|eu", "leave");
    plant_another_type(&mut raw, "{realm}:p:cid").await;
    assert_names(scene.run("widen").await, "{realm}:p:cid", "widen");
}

#[tokio::test]
async fn a_field_that_cannot_be_read_is_found_before_anything_is_written() {
    let server = server();
    let mut raw = Raw::on(&server).await;
    for (field, verbs) in
        [("ver", ["leave", "commit"]), ("places", ["leave", "commit"]), ("queued", ["leave", "commit"])]
    {
        for verb in verbs {
            let () = raw.ask(&mut cmd("FLUSHALL")).await;
            let scene = a_scene(store_on(&server)).await;
            let key = format!("{{realm}}:t:{}", scene.waiting);
            let () = raw.ask(cmd("HSET").arg(&key).arg(field).arg("garbage")).await;
            let before = raw.content().await;
            assert_names(scene.run(verb).await, &key, verb);
            assert_eq!(raw.content().await, before, "{verb} wrote");
        }
    }
}

#[tokio::test]
async fn an_outbox_ahead_of_the_clock_refuses_before_anything_is_written_and_a_new_lead_heals_it() {
    let server = server();
    let mut raw = Raw::on(&server).await;
    let scene = a_scene(store_on(&server)).await;
    let () = raw.ask(cmd("HSET").arg("{realm}:clock").arg("seq").arg(0)).await;
    let before = raw.content().await;
    assert_names(scene.run("leave").await, "{realm}:outbox", "leave");
    assert_eq!(raw.content().await, before);

    scene.store.resign(&scene.fence).await.unwrap();
    scene.store.lead(&instance_id("mover-2"), LEASE, NOW_MS, Cursor::default()).await.unwrap();
    scene.run("leave").await.unwrap();
}

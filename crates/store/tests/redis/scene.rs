//! A realm to try every verb on.

use domain::{Cursor, MatchId, Role, TicketId};
use std::time::Duration;
use store::conformance::people::*;
use store::{Enqueue, Fence, Leases, Leave, Matches, Outbox, RedisStore, StoreError, Subject, Tickets};

/// It runs by the server's own clock: a scene that is put back again and again for minutes must not lose who stood in it.
const SCENE_LEASE: Duration = Duration::from_secs(3_600);

/// A realm in which every verb has something to do.
pub struct Scene {
    pub store: RedisStore,
    fence: Fence,
    pub waiting: TicketId,
    live: MatchId,
    /// Assigned, of players who have met before; one of them acknowledged it.
    begun: MatchId,
}

pub async fn a_scene(store: RedisStore) -> Scene {
    let tried = queued(&store, party("tried", &["ann", "cid"])).await.id;
    store.leave(tried, Leave::Cancelled, "", NOW_MS).await.unwrap();
    let (live, _, _) = a_match(&store).await;
    played(&store, &[&["dan"], &["eve"]]).await;
    let begun = assigned(&store, &[&["dan"], &["eve"]]).await;
    store.acknowledge(begun, &player("dan")).await.unwrap();
    let waiting = queued(&store, solo("cid")).await.id;
    held_by(&store, "gil", "sweeper-1").await;
    held_by(&store, "hal", "orchestrator-3").await;
    store.release(&instance_id("orchestrator-3")).await.unwrap();
    let fay = queued(&store, solo("fay")).await.id;
    store.leave(fay, Leave::Cancelled, "", NOW_MS).await.unwrap();
    store.watch(&Subject::Ticket(waiting), &host()).await.unwrap();
    store.widen(waiting, 1, NOW_MS).await.unwrap();
    store.register(&playserver("ps-1", 0), SCENE_LEASE).await.unwrap();
    let fence = leading(&store).await;
    Scene { store, fence, waiting, live, begun }
}

/// Waits in the region that no other is in.
async fn held_by(store: &RedisStore, name: &str, holder: &str) {
    let holder = instance_id(holder);
    queued(store, Enqueue { holder, places: vec![place("duel", "us", 1500.0)], ..solo(name) }).await;
}

/// All verbs of a store.
pub const VERBS: [&str; 33] = [
    "enqueue",
    "leave",
    "widen",
    "relocate",
    "range",
    "arrivals",
    "snapshot",
    "adopt",
    "held",
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
    "unwatch",
    "watched_on",
    "deregister",
    "resign",
];

impl Scene {
    pub async fn run(&self, verb: &str) -> Result<(), StoreError> {
        let (store, fence) = (&self.store, &self.fence);
        match verb {
            "enqueue" => store.enqueue(party("new", &["fay"])).await.map(drop),
            "leave" => store.leave(self.waiting, Leave::Cancelled, "", NOW_MS).await.map(drop),
            "widen" => store.widen(self.waiting, 2, NOW_MS).await.map(drop),
            "relocate" => store.relocate(self.waiting, &solo("cid").holder, &place("duel", "us", 0.0)).await.map(drop),
            "range" => store.range(&look("duel", &["eu"], 0.0, 3000.0), 10).await.map(drop),
            "arrivals" => store.arrivals(&"duel".parse().unwrap(), 10).await.map(drop),
            "snapshot" => store.snapshot(&Subject::Player(player("ann"))).await.map(drop),
            "adopt" => store.adopt(&instance_id("sweeper-1"), &[instance_id("sweeper-1")], 10).await.map(drop),
            "held" => store.held(&instance_id("orchestrator-1"), 0).await.map(drop),
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
            "register" => store.register(&playserver("ps-2", 0), LEASE).await.map(drop),
            "instances" => store.instances(Role::Playserver).await.map(drop),
            "lead" => store.lead(&instance_id("mover-1"), LEASE, 1, Cursor::default()).await.map(drop),
            "leader" => store.leader().await.map(drop),
            "unwatch" => store.unwatch(&Subject::Ticket(self.waiting), &host()).await,
            "watched_on" => store.watched_on(&host(), 0).await.map(drop),
            "deregister" => store.deregister(Role::Playserver, &instance_id("ps-1")).await,
            "resign" => store.resign(fence).await,
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
            tries: 1,
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

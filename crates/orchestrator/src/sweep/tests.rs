use super::*;
use crate::config;
use crate::look::Eyes;
use crate::outlooks::Outlooks;
use crate::placer::Placer;
use crate::search::{self, Searcher};
use crate::waiting::testing::{NOW_MS, rules_with, solos, stored};
use async_trait::async_trait;
use chassis::{Fleet, Holdings, Network, Peers};
use domain::{Cursor, Event, Instance, Look, Match, MatchId, Placement, PlayerId, QueueName, TicketId};
use parking_lot::Mutex;
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use store::{
    AcknowledgeOutcome, Arrived, CommitOutcome, CommitRequest, Enqueue, EnqueueOutcome, Fence, Held, IndexedRange,
    Leadership, Leases, LeaveOutcome, MatchOutcome, Matches, MemoryStore, Outbox, Snapshot, Subject, Tickets, Watched,
};

type Done<T> = Result<T, StoreError>;

/// A store that releases nothing, and says why, or tells nobody what it gave, for as long as it is told to.
#[derive(Default)]
struct Faulty {
    store: MemoryStore,
    refusal: Mutex<Option<StoreError>>,
    loss: Mutex<Option<StoreError>>,
    releases: AtomicUsize,
}

/// The verbs that are the store's own, beside those that are not.
macro_rules! pass {
    ($trait:ident { $($own:tt)* } $(fn $verb:ident($($arg:ident: $type:ty),*) -> $answer:ty;)*) => {
        #[async_trait]
        impl $trait for Faulty {
            $($own)*

            $(async fn $verb(&self, $($arg: $type),*) -> Done<$answer> {
                self.store.$verb($($arg),*).await
            })*
        }
    };
}

pass!(Tickets {
    async fn adopt(&self, holder: &InstanceId, alive: &[InstanceId], limit: usize) -> Done<Vec<Ticket>> {
        let adopted = self.store.adopt(holder, alive, limit).await?;
        self.loss.lock().clone().map_or(Ok(adopted), Err)
    }

    async fn release(&self, holder: &InstanceId) -> Done<()> {
        self.releases.fetch_add(1, Ordering::Relaxed);
        if let Some(refusal) = self.refusal.lock().clone() {
            return Err(refusal);
        }
        self.store.release(holder).await
    }
}
    fn enqueue(ticket: Enqueue) -> EnqueueOutcome;
    fn leave(id: TicketId, how: Leave, reason: &str, now_ms: u64) -> LeaveOutcome;
    fn widen(id: TicketId, width: u32, now_ms: u64) -> bool;
    fn relocate(id: TicketId, holder: &InstanceId, place: &Placement) -> bool;
    fn range(look: &Look, limit: usize) -> IndexedRange;
    fn arrivals(queue: &QueueName, limit: usize) -> Vec<Arrived>;
    fn snapshot(subject: &Subject) -> Snapshot;
    fn held(holder: &InstanceId, place: u64) -> Held;
    fn expiring(until_ms: u64, limit: usize) -> Vec<Ticket>;
    fn waiting() -> u64;
);

pass!(Matches {}
    fn commit(fence: &Fence, request: CommitRequest) -> CommitOutcome;
    fn assign(id: MatchId, host: &InstanceId, address: &str, now_ms: u64, due_ms: u64) -> MatchOutcome;
    fn acknowledge(id: MatchId, player: &PlayerId) -> AcknowledgeOutcome;
    fn remind(fence: &Fence, id: MatchId, now_ms: u64, due_ms: u64) -> MatchOutcome;
    fn no_show(fence: &Fence, id: MatchId, reason: &str, now_ms: u64) -> MatchOutcome;
    fn end(id: MatchId, reason: &str, now_ms: u64) -> MatchOutcome;
    fn recent(players: &[PlayerId]) -> Vec<Vec<PlayerId>>;
    fn requeue(fence: &Fence, id: MatchId, reason: &str, now_ms: u64) -> MatchOutcome;
    fn rehost(fence: &Fence, id: MatchId, host: &InstanceId, now_ms: u64, due_ms: u64) -> MatchOutcome;
    fn due(now_ms: u64, limit: usize) -> Vec<Match>;
);

pass!(Outbox {}
    fn events(after: Cursor, limit: usize, wait: Duration) -> Vec<Event>;
    fn trim(fence: &Fence, upto: Cursor) -> bool;
    fn watch(subject: &Subject, playserver: &InstanceId) -> Snapshot;
    fn unwatch(subject: &Subject, playserver: &InstanceId) -> ();
    fn watched_on(playserver: &InstanceId, place: u64) -> Watched;
);

pass!(Leases {}
    fn register(instance: &Instance, ttl: Duration) -> Option<u64>;
    fn deregister(role: Role, id: &InstanceId) -> ();
    fn instances(role: Role) -> Vec<Instance>;
    fn lead(id: &InstanceId, ttl: Duration, now_ms: u64, seen: Cursor) -> Leadership;
    fn resign(fence: &Fence) -> ();
    fn leader() -> Option<InstanceId>;
);

fn corrupt() -> StoreError {
    StoreError::Corrupt("as it was planted".into())
}

fn unavailable() -> StoreError {
    StoreError::Unavailable("no answer".into())
}

/// The sweep of `sweeper-1`, which is known to be alive.
async fn a_sweep(store: Arc<Faulty>) -> Sweep {
    let (here, clock, shutdown): (InstanceId, _, _) =
        ("sweeper-1".parse().unwrap(), Clock::simulated(NOW_MS), Shutdown::new());
    let (id, address, region) = (here.clone(), String::new(), String::new());
    let instance = Instance { id, role: Role::Sweeper, address, region, capacity: 1, load: 0 };
    store.register(&instance, Duration::from_secs(600)).await.unwrap();
    let rules = LiveRules::new(rules_with("duel", "duel"));
    let matchmakers = Peers::watch(store.clone(), Role::Matchmaker, shutdown.clone());
    let searches = config::SEARCHES_IN_FLIGHT_MAX;
    let fleet = Fleet::start("search", Network::tcp(), matchmakers, searches, shutdown, search::open);
    let eyes = Eyes::new(store.clone(), Searcher::new(fleet), Outlooks::new(store.clone()));
    let placer = Placer::new(store.clone(), rules.clone(), here.clone());
    let looker = Looker::new(&here, eyes, placer, Holdings::default(), clock);
    let (role, seen, unruled) = (Role::Sweeper, rules.current(), Vec::new());
    Sweep { here, role, store, rules, looker, clock, seen, unruled, may_hold_more: true, may_be_given_more: false }
}

impl Sweep {
    async fn sweeps(&mut self) -> Done<()> {
        self.once(&mut Instant::now()).await
    }
}

#[tokio::test]
async fn what_is_held_is_released_again_only_where_the_store_was_away() {
    for (refusal, releases) in [(corrupt(), 1), (unavailable(), 3)] {
        let store = Arc::new(Faulty { refusal: Mutex::new(Some(refusal)), ..Faulty::default() });
        let mut sweep = a_sweep(store.clone()).await;
        assert!(sweep.sweeps().await.is_err());
        let _ = sweep.sweeps().await;
        *store.refusal.lock() = None;
        for _ in 0..2 {
            sweep.sweeps().await.unwrap();
        }
        assert_eq!(store.releases.load(Ordering::Relaxed), releases);
    }
}

#[tokio::test]
async fn what_an_adoption_gave_whose_answer_was_lost_is_looked_for_and_nothing_is_let_go() {
    let (store, tickets) = (Arc::new(Faulty::default()), solos(&[1500.0, 1600.0, 1700.0]));
    let mut sweep = a_sweep(store.clone()).await;
    store.enqueue(stored(&tickets[0])).await.unwrap();
    sweep.sweeps().await.unwrap();
    assert_eq!(sweep.looker.scheduled(), HashSet::from([tickets[0].id]));

    for given in &tickets[1..] {
        store.enqueue(stored(given)).await.unwrap();
    }
    store.leave(tickets[0].id, Leave::Cancelled, "", NOW_MS).await.unwrap();
    *store.loss.lock() = Some(unavailable());
    assert!(sweep.sweeps().await.is_err());
    assert_eq!(sweep.looker.scheduled().len(), 1, "nobody told which");
    assert!(sweep.sweeps().await.is_err(), "it may have given more");
    *store.loss.lock() = None;
    sweep.sweeps().await.unwrap();
    assert_eq!(sweep.looker.scheduled(), tickets.iter().map(|ticket| ticket.id).collect());
    assert_eq!(store.releases.load(Ordering::Relaxed), 1, "of what an earlier process held");
}

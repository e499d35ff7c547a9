//! A party is written twice at once, and then cancelled while it is matched: whoever comes first, all of them are told the same.
//!
//! `MUSTER_RACES=1000000 cargo test --release -p store --test races -- --nocapture` runs so many on each store.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what it is sure of")]

use domain::{Cursor, Ticket, TicketState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use store::EnqueueOutcome::{Queued, Repeated};
use store::conformance::people::*;
use store::testing::{Fsync, Listen, RedisServer};
use store::{
    CommitOutcome, Fence, Leave, LeaveOutcome, MatchOutcome, MemoryStore, RedisStore, Store, StoreError, Subject,
};
use tokio::task::JoinSet;

const RACES: u64 = 4_000;
const TRIES_MAX: usize = 20;
/// Races at once.
const LANES: u64 = 64;
/// Races of the one lane that does it.
const TRIM_EVERY: u64 = 10;

/// How the races of one store came out.
#[derive(Default)]
struct Score {
    cancelled: AtomicU64,
    matched: AtomicU64,
}

/// The same store by two ways, so that nothing but the store puts what it is asked in order.
#[derive(Clone)]
struct Course {
    ways: [Arc<dyn Store>; 2],
    fence: Fence,
    score: Arc<Score>,
}

impl Course {
    async fn run(self, lane: u64, races: u64) {
        for race in 0..races {
            let seen = self.race(&format!("{lane}-{race}"), (lane ^ race) as usize).await;
            if lane == 0 && race % TRIM_EVERY == 0 {
                // Longer than the lease, in a long run.
                let mover = instance_id("mover-1");
                known(|| self.ways[0].lead(&mover, LEASE, 1, Cursor::default())).await;
                assert!(known(|| self.ways[0].trim(&self.fence, seen)).await);
            }
        }
    }

    /// Answers a place in history that it came to.
    async fn race(&self, name: &str, turn: usize) -> Cursor {
        let (one, other) = (&self.ways[turn % 2], &self.ways[(turn + 1) % 2]);
        let (ann, bob) = (solo(&format!("ann-{name}")), solo(&format!("bob-{name}")));
        let (first, second, bob) = tokio::join!(
            known(|| one.enqueue(ann.clone())),
            known(|| other.enqueue(ann.clone())),
            known(|| one.enqueue(bob.clone()))
        );
        let (ann, bob) = match (first, second, bob) {
            (Queued(ann), Repeated(same), Queued(bob) | Repeated(bob))
            | (Repeated(same), Queued(ann) | Repeated(ann), Queued(bob) | Repeated(bob))
                if ann.id == same.id =>
            {
                (ann, bob)
            }
            all => panic!("{name}: of two that wrote one ticket {all:?}"),
        };

        let request = deal(&[&ann, &bob]);
        let (id, fence, ticket) = (request.match_id, self.fence.clone(), ann.id);
        let (way, other_way) = (one.clone(), other.clone());
        let cancelling = tokio::spawn(async move {
            yield_often(turn % 3).await;
            known(|| way.leave(ticket, Leave::Cancelled, "", NOW_MS)).await
        });
        let committing = tokio::spawn(async move {
            yield_often(turn / 3 % 3).await;
            known(|| other_way.commit(&fence, request.clone())).await
        });
        let (left, committed) = (cancelling.await.unwrap(), committing.await.unwrap());
        match (left, committed) {
            (LeaveOutcome::Left(left), CommitOutcome::Conflict(of)) => {
                assert_eq!((left.state, of), (TicketState::Cancelled, ann.id), "{name}");
                let seen = self.stand(name, [(&ann, TicketState::Cancelled), (&bob, TicketState::Queued)]).await;
                let left = known(|| one.leave(bob.id, Leave::Cancelled, "", NOW_MS)).await;
                assert!(matches!(left, LeaveOutcome::Left(_)), "{name}: {left:?}");
                self.score.cancelled.fetch_add(1, Relaxed);
                seen
            }
            (LeaveOutcome::Refused(refused), CommitOutcome::Committed { .. } | CommitOutcome::Duplicate { .. }) => {
                assert_eq!((refused.state, refused.match_id), (TicketState::Matched, Some(id)), "{name}");
                let seen = self.stand(name, [(&ann, TicketState::Matched), (&bob, TicketState::Matched)]).await;
                let ended = known(|| one.end(id, "", NOW_MS)).await;
                assert!(matches!(ended, MatchOutcome::Done(_)), "{name}: {ended:?}");
                self.score.matched.fetch_add(1, Relaxed);
                seen
            }
            both => panic!("{name}: cancelled and committed {both:?}"),
        }
    }

    /// Answers when the first of them last changed.
    async fn stand(&self, name: &str, tickets: [(&Ticket, TicketState); 2]) -> Cursor {
        let mut changed = Vec::new();
        for (ticket, expected) in tickets {
            let subject = Subject::Ticket(ticket.id);
            let now = known(|| self.ways[0].snapshot(&subject)).await.ticket.unwrap();
            assert_eq!(now.state, expected, "{name}");
            changed.push(now.changed);
        }
        changed[0]
    }
}

/// Asks until there is an answer, as whoever has none may.
async fn known<T, F>(mut ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<T, StoreError>>,
{
    for _ in 0..TRIES_MAX {
        match ask().await {
            Ok(answer) => return answer,
            Err(StoreError::Unavailable(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    panic!("no answer after {TRIES_MAX} tries")
}

/// So that it is not always the same one who comes first.
async fn yield_often(times: usize) {
    for _ in 0..times {
        tokio::task::yield_now().await;
    }
}

async fn race_on(name: &str, ways: [Arc<dyn Store>; 2]) {
    let races = std::env::var("MUSTER_RACES").map_or(RACES, |text| text.parse().unwrap());
    let course = Course { fence: leading(&*ways[0]).await, ways, score: Arc::default() };
    let mut lanes = JoinSet::new();
    for lane in 0..LANES {
        lanes.spawn(course.clone().run(lane, races.div_ceil(LANES)));
    }
    while let Some(lane) = lanes.join_next().await {
        lane.unwrap();
    }
    assert_eq!(course.ways[0].waiting().await.unwrap(), 0);
    assert_eq!(course.ways[0].due(u64::MAX, 1).await.unwrap(), []);
    let (cancelled, matched) = (course.score.cancelled.load(Relaxed), course.score.matched.load(Relaxed));
    println!("{name}: {} races, {cancelled} cancelled, {matched} matched", cancelled + matched);
    assert!(cancelled > 0 && matched > 0, "one side always won: {cancelled} cancelled, {matched} matched");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_cancel_and_a_commit_one_wins_and_both_are_told_in_memory() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    race_on("memory", [store.clone(), store]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_cancel_and_a_commit_one_wins_and_both_are_told_on_redis() {
    let server = RedisServer::start_with(Listen::UnixSocket, Fsync::Never).unwrap();
    let way = || Arc::new(RedisStore::connect(server.url(), "realm".parse().unwrap()).unwrap()) as Arc<dyn Store>;
    race_on("redis", [way(), way()]).await;
}

//! A party is written twice at once, and then cancelled while it is matched: whoever comes first, all of them are told the same.
//!
//! `MUSTER_RACES=1000000 cargo test --release -p store --test races -- --nocapture` runs so many on each store.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what it is sure of")]

use domain::{Cursor, Ticket, TicketState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use store::conformance::people::*;
use store::testing::{Fsync, Listen, RedisServer};
use store::{
    CommitOutcome, EnqueueOutcome, Fence, Leave, LeaveOutcome, MatchOutcome, MemoryStore, RedisStore, Store, Subject,
};
use tokio::task::JoinSet;

const RACES: u64 = 4_000;
/// Races at once.
const LANES: u64 = 64;
/// Races of the one lane that does it.
const TRIM_EVERY: u64 = 50;

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
                assert_eq!(leading(&*self.ways[0]).await, self.fence);
                assert!(self.ways[0].trim(&self.fence, seen).await.unwrap());
            }
        }
    }

    /// Answers a place in history that it came to.
    async fn race(&self, name: &str, turn: usize) -> Cursor {
        let (one, other) = (&self.ways[turn % 2], &self.ways[(turn + 1) % 2]);
        let (ann, bob) = (solo(&format!("ann-{name}")), solo(&format!("bob-{name}")));
        let (first, second, bob) =
            tokio::join!(one.enqueue(ann.clone()), other.enqueue(ann.clone()), queued(&**one, bob));
        let ann = match (first.unwrap(), second.unwrap()) {
            (EnqueueOutcome::Queued(ann), EnqueueOutcome::Repeated(same))
            | (EnqueueOutcome::Repeated(same), EnqueueOutcome::Queued(ann))
                if ann.id == same.id =>
            {
                ann
            }
            both => panic!("{name}: of two that wrote one ticket {both:?}"),
        };

        let request = deal(&[&ann, &bob]);
        let (id, fence, ticket) = (request.match_id, self.fence.clone(), ann.id);
        let (way, other_way) = (one.clone(), other.clone());
        let cancelling = tokio::spawn(async move {
            yield_often(turn % 3).await;
            way.leave(ticket, Leave::Cancelled, "", NOW_MS).await
        });
        let committing = tokio::spawn(async move {
            yield_often(turn / 3 % 3).await;
            other_way.commit(&fence, request).await
        });
        let (left, committed) = (cancelling.await.unwrap(), committing.await.unwrap());
        match (left.unwrap(), committed.unwrap()) {
            (LeaveOutcome::Left(left), CommitOutcome::Conflict(of)) => {
                assert_eq!((left.state, of), (TicketState::Cancelled, ann.id), "{name}");
                let seen = self.stand(name, [(&ann, TicketState::Cancelled), (&bob, TicketState::Queued)]).await;
                let left = one.leave(bob.id, Leave::Cancelled, "", NOW_MS).await.unwrap();
                assert!(matches!(left, LeaveOutcome::Left(_)), "{name}: {left:?}");
                self.score.cancelled.fetch_add(1, Relaxed);
                seen
            }
            (LeaveOutcome::Refused(refused), CommitOutcome::Committed { .. }) => {
                assert_eq!((refused.state, refused.match_id), (TicketState::Matched, Some(id)), "{name}");
                let seen = self.stand(name, [(&ann, TicketState::Matched), (&bob, TicketState::Matched)]).await;
                let ended = one.end(id, "", NOW_MS).await.unwrap();
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
            let now = self.ways[0].snapshot(&Subject::Ticket(ticket.id)).await.unwrap().ticket.unwrap();
            assert_eq!(now.state, expected, "{name}");
            changed.push(now.changed);
        }
        changed[0]
    }
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

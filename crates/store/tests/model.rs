//! The memory store is Redis' model: whatever is done to both in the same order, they answer the same.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what it is sure of")]

use domain::{Cursor, MatchId, Placement, PlayerId, Ticket, TicketId};
use std::fmt::Debug;
use std::time::Duration;
use store::conformance::{BOUNDS, people::*};
use store::testing::{Fsync, Listen, RedisServer};
use store::{Enqueue, Fence, Leadership, Leave, MemoryStore, RedisStore, Store, Subject};

const STEPS: u64 = 1_500;
const SEEDS: u64 = 3;
const PLAYERS: u64 = 30;
/// Fewer, and the story never came to what it is meant to try.
const MATCHES_MIN: usize = 30;

/// SplitMix64: the same seed gives the same story.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

/// One step of a story, the same for whichever store it is told to.
#[derive(Debug, Clone)]
enum Step {
    Enqueue(Enqueue),
    Leave(TicketId, Leave),
    Widen(TicketId, u32),
    Relocate(TicketId, &'static str, Placement),
    Commit(Vec<TicketId>),
    Assign(MatchId, &'static str),
    Acknowledge(MatchId, PlayerId),
    Remind(MatchId, u64),
    NoShow(MatchId),
    End(MatchId),
    Requeue(MatchId),
    Rehost(MatchId, &'static str, u64),
    Watch(Subject, &'static str),
    Unwatch(Subject, &'static str),
    Release(&'static str),
    Adopt(&'static str),
    Trim,
    Lead(&'static str),
    Resign,
}

/// What the story has come to: ids that may be named, and the fence in use.
struct Story {
    dice: Dice,
    now_ms: u64,
    tickets: Vec<TicketId>,
    waiting: Vec<TicketId>,
    matches: Vec<MatchId>,
    live: Vec<MatchId>,
    fence: Fence,
    last: Cursor,
}

const HOSTS: [&str; 3] = ["host-1", "host-2", "host-3"];
const HOLDERS: [&str; 3] = ["orchestrator-1", "orchestrator-2", "sweeper-1"];
const MOVERS: [&str; 2] = ["mover-1", "mover-2"];

impl Story {
    fn one_of<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.dice.roll(items.len() as u64) as usize].clone()
    }

    /// Mostly one that waits.
    fn ticket(&mut self) -> TicketId {
        let from = if self.dice.roll(4) == 0 || self.waiting.is_empty() { &self.tickets } else { &self.waiting };
        from[self.dice.roll(from.len() as u64) as usize]
    }

    /// Mostly one that lives.
    fn match_id(&mut self) -> MatchId {
        let from = if self.dice.roll(4) == 0 || self.live.is_empty() { &self.matches } else { &self.live };
        from[self.dice.roll(from.len() as u64) as usize]
    }

    fn player(&mut self) -> PlayerId {
        player(&format!("player-{}", self.dice.roll(PLAYERS)))
    }

    fn place(&mut self) -> Placement {
        place("duel", self.one_of(&["eu", "us"]), self.dice.roll(5) as f64 * 100.0)
    }

    fn enqueue(&mut self) -> Enqueue {
        let mut players = vec![self.player(), self.player()];
        players.dedup();
        let mut places = vec![self.place()];
        if self.dice.roll(2) == 0 {
            places.push(place("brawl", "", -2.5));
        }
        let name = format!("ticket-{}", self.now_ms);
        let (queued_ms, expires_ms) = (self.now_ms, self.now_ms + self.dice.roll(50));
        let holder = instance_id(self.one_of(&HOLDERS));
        Enqueue { players, places, queued_ms, expires_ms, holder, ..party(&name, &[]) }
    }

    fn subject(&mut self) -> Subject {
        if self.dice.roll(2) == 0 { Subject::Player(self.player()) } else { Subject::Ticket(self.ticket()) }
    }

    fn next(&mut self) -> Step {
        self.now_ms += 1;
        match self.dice.roll(27) {
            0..5 => Step::Enqueue(self.enqueue()),
            5 => Step::Leave(self.ticket(), self.one_of(&[Leave::Cancelled, Leave::Expired, Leave::Unwatched])),
            6 => Step::Widen(self.ticket(), self.dice.roll(4) as u32),
            7..10 => Step::Commit((0..=self.dice.roll(2)).map(|_| self.ticket()).collect()),
            10..12 => Step::Assign(self.match_id(), self.one_of(&HOSTS)),
            12 | 24 => Step::Acknowledge(self.match_id(), self.player()),
            25 => Step::Remind(self.match_id(), self.now_ms + self.dice.roll(2)),
            26 => Step::NoShow(self.match_id()),
            13 | 14 => Step::End(self.match_id()),
            15 => Step::Requeue(self.match_id()),
            16 => Step::Rehost(self.match_id(), self.one_of(&HOSTS), self.now_ms + self.dice.roll(2)),
            17 => Step::Watch(self.subject(), self.one_of(&HOSTS)),
            18 => Step::Unwatch(self.subject(), self.one_of(&HOSTS)),
            19 => Step::Release(self.one_of(&HOLDERS)),
            20 => Step::Adopt(self.one_of(&HOLDERS)),
            21 => Step::Trim,
            22 => Step::Relocate(self.ticket(), self.one_of(&HOLDERS), self.place()),
            _ => self.one_of(&[Step::Lead(MOVERS[0]), Step::Lead(MOVERS[1]), Step::Lead(MOVERS[1]), Step::Resign]),
        }
    }

    async fn tell(&self, store: &dyn Store, step: Step) -> String {
        let (now_ms, due_ms, fence) = (self.now_ms, self.now_ms + 20, &self.fence);
        match step {
            Step::Enqueue(enqueue) => said(store.enqueue(enqueue).await),
            Step::Leave(id, how) => said(store.leave(id, how, "why", now_ms).await),
            Step::Widen(id, width) => said(store.widen(id, width, now_ms).await),
            Step::Relocate(id, holder, place) => said(store.relocate(id, &instance_id(holder), &place).await),
            Step::Commit(ids) => {
                let mut tickets: Vec<Ticket> = Vec::new();
                for id in ids {
                    tickets.extend(store.snapshot(&Subject::Ticket(id)).await.unwrap().ticket);
                }
                let request = deal(&tickets.iter().collect::<Vec<_>>());
                said(store.commit(fence, store::CommitRequest { now_ms, due_ms, ..request }).await)
            }
            Step::Assign(id, host) => said(store.assign(id, &instance_id(host), "address", now_ms, due_ms).await),
            Step::Acknowledge(id, player) => said(store.acknowledge(id, &player).await),
            Step::Remind(id, due_ms) => said(store.remind(fence, id, now_ms, due_ms).await),
            Step::NoShow(id) => said(store.no_show(fence, id, "why", now_ms).await),
            Step::End(id) => said(store.end(id, "why", now_ms).await),
            Step::Requeue(id) => said(store.requeue(fence, id, "why", now_ms).await),
            Step::Rehost(id, host, due_ms) => said(store.rehost(fence, id, &instance_id(host), now_ms, due_ms).await),
            Step::Watch(subject, playserver) => said(store.watch(&subject, &instance_id(playserver)).await),
            Step::Unwatch(subject, playserver) => said(store.unwatch(&subject, &instance_id(playserver)).await),
            Step::Release(holder) => said(store.release(&instance_id(holder)).await),
            Step::Adopt(holder) => {
                let mut adopted = store.adopt(&instance_id(holder), &[instance_id(HOLDERS[0])], 1_000).await.unwrap();
                adopted.sort_by_key(|ticket| ticket.id);
                said(adopted)
            }
            Step::Trim => said(store.trim(fence, self.last).await),
            Step::Lead(mover) => said(store.lead(&instance_id(mover), LEASE, now_ms, Cursor::default()).await),
            Step::Resign => said(store.resign(fence).await),
        }
    }

    /// Everything that can be read of a store.
    async fn read(&self, store: &dyn Store) -> Vec<String> {
        let everywhere = look("duel", &["us", "eu"], f64::NEG_INFINITY, f64::INFINITY);
        let mut read = vec![
            said(store.events(Cursor::default(), 1_000, Duration::ZERO).await),
            said(store.range(&everywhere, 7).await),
            said(found(store, "brawl", "").await),
            said(store.arrivals(&"duel".parse().unwrap(), 7).await),
            said(store.arrivals(&"brawl".parse().unwrap(), 1_000).await),
            said(store.expiring(self.now_ms, 5).await),
            said(store.due(self.now_ms, 5).await),
            said((store.waiting().await, store.leader().await)),
        ];
        let players: Vec<PlayerId> = (0..PLAYERS).map(|turn| player(&format!("player-{turn}"))).collect();
        read.push(said(store.recent(&players).await));
        for player in players {
            read.push(said(store.snapshot(&Subject::Player(player)).await));
        }
        read
    }

    /// Learns what the next steps may name.
    async fn learn(&mut self, store: &dyn Store, step: &Step) {
        if let Step::Enqueue(enqueue) = step {
            self.tickets.push(enqueue.id);
        }
        // Whoever leads is answered his fence when he asks again.
        if let Step::Lead(_) = step
            && let Some(leader) = store.leader().await.unwrap()
            && let Ok(Leadership::Leading { fence, .. }) =
                store.lead(&leader, LEASE, self.now_ms, Cursor::default()).await
        {
            self.fence = fence;
        }
        self.waiting = [found(store, "duel", "eu").await, found(store, "duel", "us").await].concat();
        self.live = store.due(u64::MAX, 1_000).await.unwrap().into_iter().map(|matched| matched.id).collect();
        for event in store.events(self.last, 1_000, Duration::ZERO).await.unwrap() {
            self.last = event.cursor;
            self.matches.extend(event.matched.map(|matched| matched.id).filter(|id| !self.matches.contains(id)));
        }
    }
}

fn said(answer: impl Debug) -> String {
    format!("{answer:?}")
}

async fn tell_both(seed: u64) {
    let server = RedisServer::start_with(Listen::UnixSocket, Fsync::Never).unwrap();
    let memory = MemoryStore::with_bounds(BOUNDS);
    let redis = RedisStore::connect_within(server.url(), "realm".parse().unwrap(), BOUNDS).unwrap();
    let mut story = Story {
        dice: Dice(seed),
        now_ms: 1_000,
        tickets: vec![ticket_id("nobody")],
        waiting: Vec::new(),
        matches: vec![match_id(&[])],
        live: Vec::new(),
        fence: leading(&memory).await,
        last: Cursor::default(),
    };
    assert_eq!(leading(&redis).await, story.fence);
    for turn in 0..STEPS {
        let step = story.next();
        let (expected, answered) = (story.tell(&memory, step.clone()).await, story.tell(&redis, step.clone()).await);
        assert_eq!(expected, answered, "seed {seed}, turn {turn}: {step:?}");
        story.learn(&memory, &step).await;
        if turn % 10 == 0 {
            for (expected, found) in story.read(&memory).await.into_iter().zip(story.read(&redis).await) {
                assert_eq!(expected, found, "seed {seed}, after turn {turn}: {step:?}");
            }
        }
    }
    assert!(story.matches.len() > MATCHES_MIN, "the story came to only {} matches", story.matches.len());
}

#[tokio::test]
async fn redis_answers_as_memory_does_whatever_is_done_to_both() {
    for seed in 0..SEEDS {
        tell_both(seed).await;
    }
}

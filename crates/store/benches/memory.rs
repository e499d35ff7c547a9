//! How long the memory store's verbs take that each ticket needs. `cargo bench --locked -p store --bench memory`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a benchmark knows its inputs")]

use criterion::{Bencher, Criterion, criterion_group, criterion_main};
use domain::{Cursor, Encoded, Look, MatchId, Placement, PlayerId, RulesVersion, Ticket, TicketId};
use futures::executor::block_on;
use std::hint::black_box;
use std::time::{Duration, Instant};
use store::{CommitRequest, Enqueue, EnqueueOutcome, Fence, Leadership, Leases, Matches, MemoryStore, Tickets};

/// The clock of every call, in ms since the Unix epoch.
const NOW_MS: u64 = 1_700_000_000_000;
/// So many wait.
const WAITING: u64 = 10_000;
/// So many an orchestrator reads around an arrival.
const AROUND: usize = 128;
/// What is over is kept for minutes, so a store takes no more than this before it gives way to a fresh one.
const PER_STORE: u64 = 1_000;

criterion_group!(benches, verbs);
criterion_main!(benches);

fn verbs(criterion: &mut Criterion) {
    let waiting = MemoryStore::new();
    (0..WAITING).for_each(|number| drop(queued(&waiting, number)));
    let look = Look {
        queue: "duel".parse().unwrap(),
        pool: String::new(),
        regions: vec!["eu".into()],
        low: 1_000.0,
        high: 2_000.0,
        passed_over: 0,
    };
    assert_eq!(block_on(waiting.range(&look, AROUND)).unwrap().tickets.len(), AROUND);
    criterion.bench_function("memory/range of 128 of 10,000", |bencher| {
        bencher.iter(|| block_on(waiting.range(black_box(&look), AROUND)));
    });
    criterion.bench_function("memory/enqueue", |bencher| {
        let enqueue = |store: &MemoryStore, enqueue| drop(block_on(store.enqueue(enqueue)).unwrap());
        in_fresh_stores(bencher, |_, number| solo(number), enqueue);
    });
    criterion.bench_function("memory/commit of two", |bencher| {
        let commit = |store: &MemoryStore, (fence, request)| drop(block_on(store.commit(&fence, request)).unwrap());
        in_fresh_stores(bencher, |store, number| (lead(store), pair(store, number)), commit);
    });
}

/// Times `go` alone, on what was prepared in a store that holds nothing else.
fn in_fresh_stores<T>(
    bencher: &mut Bencher<'_>,
    prepare: impl Fn(&MemoryStore, u64) -> T,
    go: impl Fn(&MemoryStore, T),
) {
    let in_one = |times: u64| {
        let store = MemoryStore::new();
        let prepared: Vec<T> = (0..times).map(|number| prepare(&store, number)).collect();
        let began = Instant::now();
        prepared.into_iter().for_each(|input| go(&store, input));
        began.elapsed()
    };
    bencher.iter_custom(|times| {
        let whole: Duration = (0..times / PER_STORE).map(|_| in_one(PER_STORE)).sum();
        whole + in_one(times % PER_STORE)
    });
}

fn solo(number: u64) -> Enqueue {
    let player: PlayerId = format!("p{number}").parse().unwrap();
    // Spread over the ratings, in no order.
    let rating = 1_000.0 + (number * 617 % 1_000) as f64;
    Enqueue {
        id: TicketId::derive(&"bench".parse().unwrap(), "", [&player]),
        players: vec![player],
        places: vec![Placement { queue: "duel".parse().unwrap(), pool: String::new(), region: "eu".into(), rating }],
        party: Encoded(vec![7; 40].into()),
        queued_ms: NOW_MS,
        expires_ms: NOW_MS + 60_000,
        holder: "orchestrator-1".parse().unwrap(),
        trace: String::new(),
    }
}

fn queued(store: &MemoryStore, number: u64) -> Ticket {
    match block_on(store.enqueue(solo(number))).unwrap() {
        EnqueueOutcome::Queued(ticket) => ticket,
        other => panic!("not queued: {other:?}"),
    }
}

fn lead(store: &MemoryStore) -> Fence {
    let ttl = Duration::from_secs(3_600);
    match block_on(store.lead(&"mover-1".parse().unwrap(), ttl, NOW_MS, Cursor::default())).unwrap() {
        Leadership::Leading { fence, .. } => fence,
        held => panic!("not leading: {held:?}"),
    }
}

/// The match of two who have just come.
fn pair(store: &MemoryStore, number: u64) -> CommitRequest {
    let tickets = [queued(store, 2 * number), queued(store, 2 * number + 1)];
    CommitRequest {
        match_id: MatchId::derive(RulesVersion(7), tickets.iter().map(|ticket| (ticket.id, ticket.version))),
        queue: "duel".parse().unwrap(),
        tickets: tickets.iter().map(Into::into).collect(),
        sheet: Encoded(vec![7; 200].into()),
        host: "playserver-1".parse().unwrap(),
        now_ms: NOW_MS,
        due_ms: NOW_MS + 3_000,
    }
}

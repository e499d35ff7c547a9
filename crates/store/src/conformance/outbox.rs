use super::people::*;
use crate::bounds::WATCHERS_MAX;
use crate::{Fence, Leave, LeaveOutcome, Snapshot, Store, Subject};
use domain::{Change, Cursor, MatchState};
use std::sync::Arc;
use std::time::Duration;

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(8);

pub async fn every_change_appends_its_event_in_order(store: Arc<dyn Store>) {
    let (id, ann, _) = a_match(&*store).await;
    let fence = leading(&*store).await;
    store.requeue(&fence, id, "", NOW_MS).await.unwrap();
    let again = matched(&*store, &[&ticket(&*store, ann.id).await]).await;
    store.assign(again, &host(), "address", NOW_MS, DUE_MS).await.unwrap();
    store.end(again, "", NOW_MS).await.unwrap();
    store.leave(ticket_id("bob"), Leave::Expired, "", NOW_MS).await.unwrap();

    let events = all_events(&*store).await;
    let changes: Vec<Change> = events.iter().map(|event| event.change).collect();
    let expected = [
        Change::Queued,
        Change::Queued,
        Change::Matched,
        Change::Requeued,
        Change::Matched,
        Change::Assigned,
        Change::Ended,
        Change::Expired,
    ];
    assert_eq!(changes, expected);
    assert!(events.is_sorted_by(|a, b| a.cursor < b.cursor));
    for pair in events.windows(2).filter(|pair| pair[0].cursor.epoch == pair[1].cursor.epoch) {
        assert_eq!(pair[0].cursor.seq + 1, pair[1].cursor.seq, "an epoch has no gaps");
    }
    assert_eq!(ticket(&*store, ticket_id("bob")).await.changed, events[7].cursor);
}

pub async fn events_come_after_their_cursor_and_up_to_their_limit(store: Arc<dyn Store>) {
    for name in ["ann", "bob", "cid"] {
        queued(&*store, solo(name)).await;
    }
    let all = all_events(&*store).await;
    let read = async |after, limit| store.events(after, limit, Duration::ZERO).await.unwrap();
    assert_eq!(read(Cursor::default(), 2).await, all[..2]);
    assert_eq!(read(all[1].cursor, 2).await, all[2..]);
    assert_eq!(read(all[2].cursor, 2).await, []);
    assert_eq!(read(Cursor::default(), 0).await, []);
    for after in [Cursor::default(), all[1].cursor, all[2].cursor] {
        assert_eq!(store.unreadable(after).await.unwrap(), None, "what a store wrote it can read");
    }
}

pub async fn a_match_event_holds_the_match_and_its_tickets(store: Arc<dyn Store>) {
    let (ann, pair) = (queued(&*store, solo("ann")).await, queued(&*store, party("pair", &["bob", "cid"])).await);
    let id = matched(&*store, &[&pair, &ann]).await;
    store.acknowledge(id, &player("ann")).await.unwrap();
    store.assign(id, &host(), "10.0.0.1:7777", NOW_MS, DUE_MS).await.unwrap();

    let event = last_event(&*store).await;
    assert_eq!((event.at_ms, event.reason.as_str()), (NOW_MS, ""));
    let players: Vec<_> = event.tickets.iter().map(|ticket| (ticket.id, ticket.players.clone())).collect();
    assert_eq!(players, [(pair.id, pair.players), (ann.id, ann.players)]);
    assert_eq!(event.tickets[0].trace, pair.trace);
    let matched = event.matched.unwrap();
    assert_eq!((matched.id, matched.state, matched.host), (id, MatchState::Assigned, host()));
    assert_eq!((matched.address.as_str(), matched.sheet), ("10.0.0.1:7777", bytes("sheet")));
    assert_eq!((matched.tickets, matched.acknowledged), (vec![pair.id, ann.id], vec![]));
    assert_eq!(matched.matched_ms, NOW_MS);
}

pub async fn events_name_the_host_and_every_watcher_once(store: Arc<dyn Store>) {
    let (ann, bob) = (queued(&*store, solo("ann")).await, queued(&*store, solo("bob")).await);
    for (subject, playserver) in [
        (Subject::Ticket(ann.id), "ps-1"),
        (Subject::Player(player("ann")), "ps-2"),
        (Subject::Player(player("bob")), "ps-1"),
        (Subject::Player(player("bob")), "host-1"),
        (Subject::Player(player("cid")), "ps-9"),
    ] {
        store.watch(&subject, &instance_id(playserver)).await.unwrap();
    }
    let id = matched(&*store, &[&ann, &bob]).await;
    let everyone = ["host-1", "ps-1", "ps-2"].map(instance_id);
    assert_eq!(last_event(&*store).await.watchers, everyone);
    store.end(id, "", NOW_MS).await.unwrap();
    assert_eq!(last_event(&*store).await.watchers, everyone);

    let again = queued(&*store, party("again", &["ann"])).await;
    assert_eq!(
        last_event(&*store).await.watchers,
        [instance_id("ps-2")],
        "who watches a player hears of his next ticket"
    );
    store.leave(again.id, Leave::Cancelled, "", NOW_MS).await.unwrap();
    assert_eq!(last_event(&*store).await.watchers, [instance_id("ps-2")]);
}

pub async fn waiting_for_events_wakes_up_when_one_comes(store: Arc<dyn Store>) {
    let waiters: Vec<_> = (0..2)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.events(Cursor::default(), 10, LONG).await.unwrap() })
        })
        .collect();
    // However the waiters and this interleave, both hear of the ticket long before their time is up.
    tokio::task::yield_now().await;
    queued(&*store, solo("ann")).await;
    let begun = tokio::time::Instant::now();
    for waiter in waiters {
        assert_eq!(waiter.await.unwrap().len(), 1);
    }
    assert!(begun.elapsed() < LONG / 2, "woke up after {:?}", begun.elapsed());
}

pub async fn waiting_for_events_ends_without_any(store: Arc<dyn Store>) {
    let wait = Duration::from_millis(30);
    let begun = tokio::time::Instant::now();
    assert_eq!(store.events(Cursor::default(), 10, wait).await.unwrap(), []);
    // Redis counts in whole milliseconds.
    assert!(begun.elapsed() + Duration::from_millis(2) >= wait, "after {:?}", begun.elapsed());
}

pub async fn trimmed_events_are_gone_and_later_ones_stay(store: Arc<dyn Store>) {
    let fence = leading(&*store).await;
    for name in ["ann", "bob", "cid"] {
        queued(&*store, solo(name)).await;
    }
    let all = all_events(&*store).await;
    for _ in 0..2 {
        assert!(store.trim(&fence, all[1].cursor).await.unwrap());
        assert_eq!(all_events(&*store).await, all[2..]);
    }
    assert!(store.trim(&fence, all[2].cursor).await.unwrap());
    assert_eq!(all_events(&*store).await, []);
    queued(&*store, solo("dan")).await;
    assert!(last_event(&*store).await.cursor > all[2].cursor);
}

pub async fn what_this_history_has_not_come_to_trims_nothing(store: Arc<dyn Store>) {
    let fence = leading(&*store).await;
    queued(&*store, solo("ann")).await;
    let event = last_event(&*store).await;
    let Cursor { epoch, seq } = event.cursor;
    for upto in [Cursor { epoch, seq: seq + 1 }, Cursor { epoch: epoch + 1, seq: 0 }] {
        assert!(store.trim(&fence, upto).await.unwrap());
        assert_eq!(all_events(&*store).await, std::slice::from_ref(&event), "{upto:?}");
    }
}

pub async fn only_the_leader_trims(store: Arc<dyn Store>) {
    queued(&*store, solo("ann")).await;
    let (fence, last) = (leading(&*store).await, last_event(&*store).await.cursor);
    store.resign(&fence).await.unwrap();
    for wrong in [fence, Fence(String::new())] {
        assert!(!store.trim(&wrong, last).await.unwrap());
    }
    assert_eq!(all_events(&*store).await.len(), 1);
}

pub async fn watching_answers_the_present_state(store: Arc<dyn Store>) {
    let ann = Subject::Player(player("ann"));
    assert_eq!(store.watch(&ann, &host()).await.unwrap(), Snapshot::default());
    let (_, ticket, _) = a_match(&*store).await;
    let snapshot = store.watch(&ann, &host()).await.unwrap();
    assert_eq!(snapshot, store.snapshot(&Subject::Ticket(ticket.id)).await.unwrap());
    assert!(snapshot.matched.is_some());
}

pub async fn of_more_watchers_than_are_kept_the_longest_standing_gives_way(store: Arc<dyn Store>) {
    let ann = queued(&*store, solo("ann")).await;
    let subject = Subject::Ticket(ann.id);
    let names: Vec<_> = (0..=WATCHERS_MAX).map(|turn| instance_id(&format!("ps-{turn}"))).collect();
    for name in &names[..WATCHERS_MAX] {
        store.watch(&subject, name).await.unwrap();
    }
    store.watch(&subject, &names[0]).await.unwrap();
    store.watch(&subject, &names[WATCHERS_MAX]).await.unwrap();
    store.leave(ann.id, Leave::Cancelled, "", NOW_MS).await.unwrap();

    let watchers = last_event(&*store).await.watchers;
    assert_eq!(watchers.len(), WATCHERS_MAX);
    assert!(!watchers.contains(&names[1]) && watchers.contains(&names[0]), "{watchers:?}");
}

pub async fn a_ticket_watched_before_it_comes_is_told_to_its_watcher(store: Arc<dyn Store>) {
    let subject = Subject::Ticket(ticket_id("ann"));
    assert_eq!(store.watch(&subject, &host()).await.unwrap(), Snapshot::default());
    assert_eq!(store.snapshot(&subject).await.unwrap(), Snapshot::default());
    queued(&*store, solo("ann")).await;
    assert_eq!(last_event(&*store).await.watchers, [host()]);
}

pub async fn an_unwatched_ticket_is_told_no_more(store: Arc<dyn Store>) {
    let ann = queued(&*store, solo("ann")).await;
    let (ticket, player) = (Subject::Ticket(ann.id), Subject::Player(player("ann")));
    for subject in [&ticket, &player] {
        store.watch(subject, &host()).await.unwrap();
        store.watch(subject, &instance_id("stays")).await.unwrap();
        store.unwatch(subject, &host()).await.unwrap();
        store.unwatch(subject, &host()).await.unwrap();
    }
    store.unwatch(&ticket, &instance_id("stranger")).await.unwrap();
    store.leave(ann.id, Leave::Cancelled, "", NOW_MS).await.unwrap();
    assert_eq!(last_event(&*store).await.watchers, [instance_id("stays")]);
}

pub async fn whoever_watches_a_player_of_a_party_hears_of_it_until_he_does_not(store: Arc<dyn Store>) {
    let watcher = |name: &str| (Subject::Player(player(name)), instance_id(&format!("ps-{name}")));
    let (ann, on_ann) = watcher("ann");
    let (bob, on_bob) = watcher("bob");
    store.watch(&ann, &on_ann).await.unwrap();
    let pair = queued(&*store, party("pair", &["ann", "bob"])).await;
    assert_eq!(last_event(&*store).await.watchers, std::slice::from_ref(&on_ann));
    store.watch(&bob, &on_bob).await.unwrap();
    assert!(store.widen(pair.id, 1, NOW_MS).await.unwrap());
    assert_eq!(last_event(&*store).await.watchers, [on_ann.clone(), on_bob.clone()]);
    store.unwatch(&ann, &on_ann).await.unwrap();
    assert!(store.widen(pair.id, 2, NOW_MS).await.unwrap());
    assert_eq!(last_event(&*store).await.watchers, std::slice::from_ref(&on_bob));
    store.unwatch(&bob, &on_bob).await.unwrap();
    let left = store.leave(pair.id, Leave::Unwatched, "", NOW_MS).await.unwrap();
    assert!(matches!(left, LeaveOutcome::Left(_)), "{left:?}");
}

pub async fn a_walk_comes_to_what_waits_and_is_watched_on_a_playserver(store: Arc<dyn Store>) {
    for name in ["itself", "player", "elsewhere", "never", "left"] {
        queued(&*store, solo(name)).await;
    }
    let (here, elsewhere) = (instance_id("ps-1"), instance_id("ps-2"));
    for (subject, playserver) in [
        (Subject::Ticket(ticket_id("itself")), &here),
        (Subject::Player(player("player")), &here),
        (Subject::Ticket(ticket_id("elsewhere")), &elsewhere),
        (Subject::Ticket(ticket_id("left")), &here),
    ] {
        store.watch(&subject, playserver).await.unwrap();
    }
    store.leave(ticket_id("left"), Leave::Cancelled, "", NOW_MS).await.unwrap();

    let (mut found, mut place) = (Vec::new(), Some(0));
    while let Some(from) = place {
        let watched = store.watched_on(&here, from).await.unwrap();
        found.extend(watched.tickets.into_iter().map(|ticket| ticket.id));
        place = watched.next;
    }
    found.sort();
    let mut expected = [ticket_id("itself"), ticket_id("player")];
    expected.sort();
    assert_eq!(found, expected);
}

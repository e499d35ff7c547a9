use super::BOUNDS;
use super::people::*;
use crate::bounds::PARTY_LISTED_BYTES_MAX;
use crate::{Bounds, Enqueue, EnqueueOutcome, Leave, LeaveOutcome, Store, StoreError, Subject};
use domain::{Encoded, Ticket, TicketId, TicketState};
use std::collections::HashMap;
use std::sync::Arc;

pub async fn an_enqueued_ticket_is_kept_as_it_was_given(store: Arc<dyn Store>) {
    let mut given = party("pair", &["ann", "bob"]);
    given.places.push(place("brawl", "", -12.75));
    given.trace = "odd | trace; text".into();
    let ticket = queued(&*store, given.clone()).await;

    assert_eq!((ticket.state, ticket.version, ticket.tries, ticket.width), (TicketState::Queued, 1, 0, 0));
    assert_eq!((ticket.queued_ms, ticket.expires_ms), (QUEUED_MS, EXPIRES_MS));
    assert_eq!((&ticket.players, &ticket.places, &ticket.party), (&given.players, &given.places, &given.party));
    assert_eq!((&ticket.holder, &ticket.trace), (&given.holder, &given.trace));
    assert_eq!((ticket.match_id, ticket.reason.as_str()), (None, ""));
    for subject in [Subject::Ticket(given.id), Subject::Player(player("bob"))] {
        let snapshot = store.snapshot(&subject).await.unwrap();
        assert_eq!((snapshot.ticket.as_ref(), snapshot.matched), (Some(&ticket), None));
    }
    assert_eq!(store.waiting().await.unwrap(), 1);
    assert_eq!(last_event(&*store).await.tickets[0].trace, given.trace);
}

pub async fn a_ticket_without_a_place_or_with_a_rating_that_is_none_is_refused(store: Arc<dyn Store>) {
    for places in [
        vec![],
        vec![place("duel", "eu", f64::NAN)],
        vec![place("duel", "eu", 1500.0), place("brawl", "", f64::INFINITY)],
    ] {
        let refused = store.enqueue(Enqueue { places, ..solo("ann") }).await;
        assert!(matches!(refused, Err(StoreError::Corrupt(_))), "{refused:?}");
    }
    assert_eq!((store.waiting().await.unwrap(), all_events(&*store).await.len()), (0, 0));
}

pub async fn an_enqueue_repeated_answers_the_ticket_as_it_stands(store: Arc<dyn Store>) {
    let ticket = queued(&*store, solo("ann")).await;
    assert_eq!(store.enqueue(solo("ann")).await.unwrap(), EnqueueOutcome::Repeated(ticket.clone()));

    let LeaveOutcome::Left(left) = store.leave(ticket.id, Leave::Cancelled, "", NOW_MS).await.unwrap() else {
        panic!("it did not leave")
    };
    assert_eq!(store.enqueue(solo("ann")).await.unwrap(), EnqueueOutcome::Repeated(left));
    assert_eq!((store.waiting().await.unwrap(), all_events(&*store).await.len()), (0, 2));
}

pub async fn a_player_in_a_live_ticket_is_busy_and_nothing_is_written(store: Arc<dyn Store>) {
    let first = queued(&*store, solo("bob")).await;
    let busy = EnqueueOutcome::Busy { player: player("bob"), ticket: first.id };
    let pair = party("pair", &["ann", "bob"]);
    assert_eq!(store.enqueue(pair.clone()).await.unwrap(), busy);
    assert_eq!(store.snapshot(&Subject::Ticket(pair.id)).await.unwrap().ticket, None);
    assert_eq!(store.snapshot(&Subject::Player(player("ann"))).await.unwrap().ticket, None);
    assert_eq!((store.waiting().await.unwrap(), all_events(&*store).await.len()), (1, 1));

    let id = matched(&*store, &[&first]).await;
    assert_eq!(store.enqueue(pair.clone()).await.unwrap(), busy, "while MATCHED");
    store.assign(id, &host(), "address", NOW_MS, DUE_MS).await.unwrap();
    assert_eq!(store.enqueue(pair).await.unwrap(), busy, "while ASSIGNED");
}

pub async fn of_several_busy_players_the_first_is_named(store: Arc<dyn Store>) {
    queued(&*store, solo("ann")).await;
    let bob = queued(&*store, solo("bob")).await;
    let both = store.enqueue(party("pair", &["bob", "ann"])).await.unwrap();
    assert_eq!(both, EnqueueOutcome::Busy { player: player("bob"), ticket: bob.id });
}

pub async fn of_racing_enqueues_of_one_player_exactly_one_queues(store: Arc<dyn Store>) {
    let racers = (0..32).map(|racer| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.enqueue(party(&format!("ticket-{racer}"), &["ann"])).await.unwrap() })
    });
    let mut tickets = Vec::new();
    for racer in racers.collect::<Vec<_>>() {
        if let EnqueueOutcome::Queued(ticket) = racer.await.unwrap() {
            tickets.push(ticket);
        }
    }
    assert_eq!(tickets.len(), 1, "{tickets:?}");
    assert_eq!(store.waiting().await.unwrap(), 1);
}

pub async fn tries_grow_by_leaving_and_the_highest_of_a_party_counts(store: Arc<dyn Store>) {
    for (turn, name) in ["first", "second", "third"].into_iter().enumerate() {
        let ticket = queued(&*store, party(name, &["ann"])).await;
        assert_eq!(ticket.tries as usize, turn);
        store.leave(ticket.id, Leave::Expired, "", NOW_MS).await.unwrap();
    }
    assert_eq!(queued(&*store, party("pair", &["bob", "ann"])).await.tries, 3);
    let look = look("duel", &["eu"], 0.0, 2000.0);
    assert_eq!(store.range(&look, 10).await.unwrap().tickets[0].tries, 3);
}

async fn fill(store: &dyn Store) -> Vec<Ticket> {
    let mut tickets = Vec::new();
    for turn in 0..BOUNDS.tickets_waiting_max {
        tickets.push(queued(store, solo(&format!("player-{turn}"))).await);
    }
    tickets
}

pub async fn a_realm_full_of_tickets_takes_no_more(store: Arc<dyn Store>) {
    let tickets = fill(&*store).await;
    let full = EnqueueOutcome::Full { bound: Bounds::TICKETS };
    assert_eq!(store.enqueue(solo("ann")).await.unwrap(), full);
    let repeated = store.enqueue(solo("player-0")).await.unwrap();
    assert_eq!(repeated, EnqueueOutcome::Repeated(tickets[0].clone()), "what is there is still answered");
    assert_eq!(store.snapshot(&Subject::Player(player("ann"))).await.unwrap().ticket, None);

    store.leave(tickets[0].id, Leave::Cancelled, "", NOW_MS).await.unwrap();
    queued(&*store, solo("ann")).await;
}

pub async fn a_realm_full_of_untaken_events_takes_no_more(store: Arc<dyn Store>) {
    let fence = leading(&*store).await;
    for turn in 0..BOUNDS.events_untaken_max / 2 {
        let ticket = queued(&*store, solo(&format!("player-{turn}"))).await;
        store.leave(ticket.id, Leave::Cancelled, "", NOW_MS).await.unwrap();
    }
    let full = EnqueueOutcome::Full { bound: Bounds::EVENTS };
    assert_eq!(store.enqueue(solo("ann")).await.unwrap(), full);

    assert!(store.trim(&fence, last_event(&*store).await.cursor).await.unwrap());
    queued(&*store, solo("ann")).await;
}

pub async fn a_left_ticket_is_in_no_queue_and_its_player_is_free(store: Arc<dyn Store>) {
    let mut both = solo("ann");
    both.places.push(place("brawl", "us", 3.5));
    let ticket = queued(&*store, both).await;
    let LeaveOutcome::Left(left) = store.leave(ticket.id, Leave::Cancelled, "tired", NOW_MS).await.unwrap() else {
        panic!("it did not leave")
    };
    assert_eq!((left.state, left.reason.as_str()), (TicketState::Cancelled, "tired"));
    assert_eq!(left, super::people::ticket(&*store, ticket.id).await);
    assert!(found(&*store, "duel", "eu").await.is_empty());
    assert!(found(&*store, "brawl", "us").await.is_empty());
    assert!(store.expiring(u64::MAX, 10).await.unwrap().is_empty());
    assert!(store.adopt(&instance_id("other"), &[], 10).await.unwrap().is_empty());
    queued(&*store, party("again", &["ann"])).await;
}

pub async fn leaving_again_in_the_same_way_answers_left_and_in_another_refused(store: Arc<dyn Store>) {
    let ticket = queued(&*store, solo("ann")).await;
    let first = store.leave(ticket.id, Leave::Expired, "late", NOW_MS).await.unwrap();
    let LeaveOutcome::Left(left) = first.clone() else { panic!("it did not leave") };
    assert_eq!(store.leave(ticket.id, Leave::Expired, "late", NOW_MS + 1).await.unwrap(), first);
    let refused = store.leave(ticket.id, Leave::Cancelled, "", NOW_MS).await.unwrap();
    assert_eq!(refused, LeaveOutcome::Refused(left));
    assert_eq!(all_events(&*store).await.len(), 2);

    let bob = queued(&*store, solo("bob")).await;
    matched(&*store, &[&bob]).await;
    let outcome = store.leave(bob.id, Leave::Cancelled, "", NOW_MS).await.unwrap();
    assert!(matches!(outcome, LeaveOutcome::Refused(ticket) if ticket.state == TicketState::Matched));
}

pub async fn as_unwatched_a_ticket_leaves_only_while_nobody_watches_it_or_its_players(store: Arc<dyn Store>) {
    let pair = queued(&*store, party("pair", &["ann", "amy"])).await;
    for subject in [Subject::Ticket(pair.id), Subject::Player(player("amy"))] {
        store.watch(&subject, &host()).await.unwrap();
        let refused = store.leave(pair.id, Leave::Unwatched, "gone", NOW_MS).await.unwrap();
        assert_eq!(refused, LeaveOutcome::Refused(ticket(&*store, pair.id).await), "{subject:?}");
        store.unwatch(&subject, &host()).await.unwrap();
    }
    assert_eq!(ticket(&*store, pair.id).await, pair);
    let first = store.leave(pair.id, Leave::Unwatched, "gone", NOW_MS).await.unwrap();
    let LeaveOutcome::Left(left) = &first else { panic!("it did not leave") };
    assert_eq!((left.state, left.reason.as_str()), (TicketState::Cancelled, "gone"));
    store.watch(&Subject::Ticket(pair.id), &host()).await.unwrap();
    assert_eq!(store.leave(pair.id, Leave::Unwatched, "gone", NOW_MS).await.unwrap(), first, "a repeated call");
}

pub async fn a_ticket_that_never_was_cannot_leave(store: Arc<dyn Store>) {
    let outcome = store.leave(ticket_id("nobody"), Leave::Cancelled, "", NOW_MS).await.unwrap();
    assert_eq!(outcome, LeaveOutcome::NotFound);
}

pub async fn a_range_reads_near_regions_first_then_near_ratings_up_to_its_limit(store: Arc<dyn Store>) {
    for (name, region, rating) in
        [("c", "us", 1490.0), ("b", "eu", 1510.5), ("a", "eu", -3.0), ("e", "eu", 1499.9), ("d", "us", 1500.0)]
    {
        queued(&*store, crate::Enqueue { places: vec![place("duel", region, rating)], ..solo(name) }).await;
    }
    let found = async |regions: &[&str], limit| {
        let range = store.range(&look("duel", regions, 1400.0, 1600.0), limit).await.unwrap().tickets;
        range.into_iter().map(|ticket| ticket.id).collect::<Vec<_>>()
    };
    let ids = |names: &[&str]| names.iter().map(|name| ticket_id(name)).collect::<Vec<_>>();
    assert_eq!(found(&["eu", "us"], 10).await, ids(&["e", "b", "d", "c"]));
    assert_eq!(found(&["us", "asia", "eu"], 3).await, ids(&["d", "c", "e"]));
    assert_eq!(found(&["eu", "us"], 0).await, ids(&[]));
    assert_eq!(found(&[], 10).await, ids(&[]));
}

pub async fn a_range_keeps_pools_and_queues_apart(store: Arc<dyn Store>) {
    let ticket = queued(&*store, solo("ann")).await;
    let mut other_pool = look("duel", &["eu"], 0.0, 3000.0);
    assert_eq!(store.range(&other_pool, 10).await.unwrap().tickets.len(), 1);
    other_pool.pool = "pc".into();
    assert!(store.range(&other_pool, 10).await.unwrap().tickets.is_empty());
    assert!(found(&*store, "brawl", "eu").await.is_empty());

    let read = store.range(&look("duel", &["eu"], 0.0, 3000.0), 10).await.unwrap().tickets.remove(0);
    assert_eq!((read.id, read.version, read.queued_ms, read.tries), (ticket.id, 1, QUEUED_MS, 0));
    assert_eq!(read.party, ticket.party);
}

pub async fn of_equals_a_range_may_pass_over_the_first(store: Arc<dyn Store>) {
    for (name, rating) in [("a", 1500.0), ("b", 1500.0), ("c", 1500.0), ("above", 1501.0), ("below", 1499.5)] {
        queued(&*store, crate::Enqueue { places: vec![place("duel", "eu", rating)], ..solo(name) }).await;
    }
    let found = async |passed_over, limit| {
        let look = domain::Look { passed_over, ..look("duel", &["eu"], 1400.0, 1600.0) };
        store.range(&look, limit).await.unwrap().tickets.into_iter().map(|ticket| ticket.id).collect::<Vec<_>>()
    };
    let all = found(0, 10).await;
    assert_eq!(found(2, 10).await, all[2..], "one of the equals, and whoever is farther");
    assert_eq!((found(1, 1).await, found(2, 1).await), (all[1..2].to_vec(), all[2..3].to_vec()));
    assert_eq!(found(4, 10).await, [ticket_id("below")]);
}

pub async fn a_range_includes_both_of_its_bounds(store: Arc<dyn Store>) {
    for (name, rating) in [("low", 1400.1), ("high", 1600.7), ("zero", -0.0), ("under", -5.0)] {
        queued(&*store, crate::Enqueue { places: vec![place("duel", "eu", rating)], ..solo(name) }).await;
    }
    let count = async |low, high| store.range(&look("duel", &["eu"], low, high), 10).await.unwrap().tickets.len();
    assert_eq!(count(1400.1, 1600.7).await, 2);
    assert_eq!(count(0.0, 0.0).await, 1);
    assert_eq!(count(1600.7, 1400.1).await, 0);
    assert_eq!(count(f64::NAN, 1600.7).await, 0);
    assert_eq!(count(f64::NEG_INFINITY, f64::INFINITY).await, 4);
    assert_eq!((count(f64::NEG_INFINITY, -5.0).await, count(1600.7, f64::INFINITY).await), (1, 1));
}

pub async fn a_range_says_whether_it_is_whole(store: Arc<dyn Store>) {
    for name in ["ann", "bob"] {
        queued(&*store, solo(name)).await;
    }
    let is_whole = async |regions: &[&str], low, limit| {
        store.range(&look("duel", regions, low, 1600.0), limit).await.unwrap().is_whole
    };
    assert!(is_whole(&["us", "eu"], 1400.0, 3).await && !is_whole(&["us", "eu"], 1400.0, 2).await);
    assert!(is_whole(&["us"], 1400.0, 1).await && is_whole(&[], 1400.0, 1).await && is_whole(&["eu"], 1700.0, 1).await);
}

pub async fn however_large_a_party_is_it_is_read_and_matched_as_it_was_given(store: Arc<dyn Store>) {
    const SIZES: [usize; 5] = [0, 1, PARTY_LISTED_BYTES_MAX, PARTY_LISTED_BYTES_MAX + 1, 100_000];
    let mut tickets = Vec::new();
    for size in SIZES {
        let sized = crate::Enqueue { party: bytes_of_size(size), ..solo(&format!("of-{size}")) };
        tickets.push(queued(&*store, sized).await);
    }
    let range = store.range(&look("duel", &["eu"], 0.0, 3000.0), 100).await.unwrap().tickets;
    let read: HashMap<TicketId, Encoded> = range.into_iter().map(|ticket| (ticket.id, ticket.party)).collect();
    assert_eq!(read, tickets.iter().map(|ticket| (ticket.id, ticket.party.clone())).collect());

    matched(&*store, &tickets.iter().collect::<Vec<_>>()).await;
    assert!(found(&*store, "duel", "eu").await.is_empty());
}

pub async fn large_parties_are_answered_as_far_as_they_fit(store: Arc<dyn Store>) {
    // Of four, the third is the first by which they come to more than four may have.
    let party = bytes_of_size(PARTY_LISTED_BYTES_MAX * 2 - 1);
    for name in ["ann", "bob", "cid", "dan"] {
        queued(&*store, crate::Enqueue { party: party.clone(), ..solo(name) }).await;
    }
    let range = store.range(&look("duel", &["us", "eu"], 0.0, 3000.0), 4).await.unwrap();
    let arrived = store.arrivals(&"duel".parse().unwrap(), 4).await.unwrap();
    let expiring = store.expiring(u64::MAX, 4).await.unwrap();
    assert!(!range.is_whole);
    assert_eq!(range.tickets.into_iter().map(|ticket| ticket.party).collect::<Vec<_>>(), vec![party.clone(); 3]);
    assert_eq!(arrived.into_iter().map(|arrived| arrived.party).collect::<Vec<_>>(), vec![party; 3]);
    assert_eq!(expiring.len(), 3);

    let mut adopted = Vec::new();
    for _ in 0..3 {
        adopted.push(store.adopt(&instance_id("me"), &[instance_id("me")], 4).await.unwrap().len());
    }
    assert_eq!(adopted, [3, 1, 0]);
}

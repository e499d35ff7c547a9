use super::people::*;
use crate::{Enqueue, Held, Leave, NOBODY, Store, Subject};
use domain::{Change, Look, Placement, Ticket};
use std::collections::BTreeSet;
use std::sync::Arc;

fn held_by(name: &str, holder: &str) -> Enqueue {
    Enqueue { holder: instance_id(holder), ..solo(name) }
}

pub async fn width_only_grows(store: Arc<dyn Store>) {
    let id = queued(&*store, solo("ann")).await.id;
    let mut answers = Vec::new();
    for width in [2, 2, 1, 3] {
        answers.push(store.widen(id, width, NOW_MS).await.unwrap());
    }
    assert_eq!(answers, [true, false, false, true]);
    assert_eq!(ticket(&*store, id).await.width, 3);

    store.leave(id, Leave::Cancelled, "", NOW_MS).await.unwrap();
    assert!(!store.widen(id, 9, NOW_MS).await.unwrap());
    assert!(!store.widen(ticket_id("nobody"), 9, NOW_MS).await.unwrap());
}

pub async fn widening_is_told_only_where_someone_watches(store: Arc<dyn Store>) {
    let unheard = queued(&*store, solo("ann")).await;
    assert!(store.widen(unheard.id, 1, NOW_MS).await.unwrap());
    assert_eq!(last_event(&*store).await.change, Change::Queued);
    assert_eq!(ticket(&*store, unheard.id).await.changed, unheard.changed);

    store.watch(&Subject::Player(player("ann")), &host()).await.unwrap();
    assert!(store.widen(unheard.id, 2, NOW_MS).await.unwrap());
    let event = last_event(&*store).await;
    assert_eq!((event.change, event.reason.as_str(), event.at_ms), (Change::Widened, "2", NOW_MS));
    assert_eq!((event.watchers, event.matched), (vec![host()], None));
    assert_eq!(ticket(&*store, unheard.id).await.changed, event.cursor);
}

pub async fn a_relocated_ticket_stands_at_its_new_place_only(store: Arc<dyn Store>) {
    let ann = queued(&*store, solo("ann")).await;
    let there = Placement { pool: "any".into(), ..place("duel", "us", 900.0) };
    assert!(store.relocate(ann.id, &ann.holder, &there).await.unwrap());
    assert!(found(&*store, "duel", "eu").await.is_empty());
    let read =
        store.range(&Look { pool: "any".into(), ..look("duel", &["us"], 900.0, 900.0) }, 10).await.unwrap().tickets;
    assert_eq!(read.iter().map(|read| (read.id, read.version)).collect::<Vec<_>>(), [(ann.id, ann.version)]);
    assert_eq!(ticket(&*store, ann.id).await, Ticket { places: vec![there], ..ann.clone() }, "nothing else changed");

    store.leave(ann.id, Leave::Cancelled, "", NOW_MS).await.unwrap();
    assert!(found(&*store, "duel", "us").await.is_empty());
}

pub async fn relocating_may_be_repeated_and_leaves_other_queues_alone(store: Arc<dyn Store>) {
    let places = vec![place("duel", "eu", 1500.0), place("brawl", "eu", 1500.0)];
    let ann = queued(&*store, Enqueue { places, ..solo("ann") }).await;
    let there = place("brawl", "us", 900.0);
    for _ in 0..2 {
        assert!(store.relocate(ann.id, &ann.holder, &there).await.unwrap());
    }
    for (queue, region, count) in [("duel", "eu", 1), ("duel", "us", 0), ("brawl", "eu", 0), ("brawl", "us", 1)] {
        assert_eq!(found(&*store, queue, region).await.len(), count, "{queue} {region}");
    }
    assert_eq!(ticket(&*store, ann.id).await.places, [place("duel", "eu", 1500.0), there]);
    assert_eq!(store.expiring(u64::MAX, 10).await.unwrap().len(), 1);
}

pub async fn of_two_places_in_one_queue_the_first_is_relocated(store: Arc<dyn Store>) {
    let places = vec![place("duel", "eu", 1500.0), place("duel", "asia", 1500.0)];
    let ann = queued(&*store, Enqueue { places, ..solo("ann") }).await;
    let there = place("duel", "us", 900.0);
    assert!(store.relocate(ann.id, &ann.holder, &there).await.unwrap());
    assert_eq!(ticket(&*store, ann.id).await.places, [there, place("duel", "asia", 1500.0)]);
}

pub async fn a_relocated_ticket_can_be_matched_as_it_was_read_before(store: Arc<dyn Store>) {
    let (ann, bob) = (queued(&*store, solo("ann")).await, queued(&*store, solo("bob")).await);
    assert!(store.relocate(ann.id, &ann.holder, &place("duel", "us", 900.0)).await.unwrap());
    matched(&*store, &[&ann, &bob]).await;
    assert!(found(&*store, "duel", "us").await.is_empty());
}

pub async fn only_the_holder_relocates_and_only_what_waits_in_that_queue(store: Arc<dyn Store>) {
    let (ann, there) = (queued(&*store, solo("ann")).await, place("duel", "us", 900.0));
    assert!(!store.relocate(ann.id, &instance_id("other"), &there).await.unwrap());
    assert!(!store.relocate(ann.id, &ann.holder, &place("brawl", "us", 900.0)).await.unwrap());
    assert!(!store.relocate(ticket_id("nobody"), &ann.holder, &there).await.unwrap());
    assert_eq!(ticket(&*store, ann.id).await, ann);

    store.leave(ann.id, Leave::Cancelled, "", NOW_MS).await.unwrap();
    assert!(!store.relocate(ann.id, &ann.holder, &there).await.unwrap());
    assert!(found(&*store, "duel", "us").await.is_empty());
}

pub async fn adopting_takes_what_the_dead_held_and_leaves_the_living_theirs(store: Arc<dyn Store>) {
    for (name, holder) in [("ann", "dead"), ("bob", "dead"), ("cid", "alive"), ("dan", "me")] {
        queued(&*store, held_by(name, holder)).await;
    }
    let (me, alive) = (instance_id("me"), [instance_id("alive"), instance_id("me")]);
    let adopted = store.adopt(&me, &alive, 10).await.unwrap();
    let ids: BTreeSet<_> = adopted.iter().map(|ticket| ticket.id).collect();
    assert_eq!(ids, BTreeSet::from([ticket_id("ann"), ticket_id("bob")]));
    assert!(adopted.iter().all(|ticket| ticket.holder == me), "{adopted:?}");
    assert_eq!(ticket(&*store, ticket_id("bob")).await.holder, me);
    assert!(store.adopt(&me, &alive, 10).await.unwrap().is_empty(), "none is left");
    assert!(store.adopt(&me, &alive[..1], 10).await.unwrap().is_empty(), "one's own are held already");

    let all = store.adopt(&instance_id("last"), &[], 10).await.unwrap();
    assert_eq!(all.len(), 4, "who adopted is the holder now, and may be adopted from");
}

pub async fn adopting_stops_at_its_limit(store: Arc<dyn Store>) {
    for (name, holder) in [("ann", "dead-1"), ("bob", "dead-1"), ("cid", "dead-2")] {
        queued(&*store, held_by(name, holder)).await;
    }
    let me = instance_id("me");
    let mut counts = Vec::new();
    for limit in [0, 2, 2, 2] {
        counts.push(store.adopt(&me, std::slice::from_ref(&me), limit).await.unwrap().len());
    }
    assert_eq!(counts, [0, 2, 1, 0]);
}

pub async fn a_walk_comes_to_what_a_holder_holds_and_to_nothing_else(store: Arc<dyn Store>) {
    let (one, other) = (instance_id("one"), instance_id("other"));
    assert_eq!(store.held(&one, 0).await.unwrap(), Held::default());
    for name in ["ann", "bob", "cid", "dan"] {
        queued(&*store, held_by(name, "one")).await;
    }
    queued(&*store, held_by("eve", "other")).await;
    store.leave(ticket_id("bob"), Leave::Cancelled, "", NOW_MS).await.unwrap();
    matched(&*store, &[&ticket(&*store, ticket_id("cid")).await]).await;
    assert_eq!(all_held(&*store, "one").await, BTreeSet::from(["ann", "dan"].map(ticket_id)));

    store.release(&one).await.unwrap();
    store.adopt(&other, std::slice::from_ref(&one), 1).await.unwrap();
    let (given, left) = (all_held(&*store, "other").await, all_held(&*store, NOBODY).await);
    assert_eq!((given.len(), left.len(), all_held(&*store, "one").await.len()), (2, 1, 0));
    assert_eq!(&given | &left, BTreeSet::from(["ann", "dan", "eve"].map(ticket_id)));
}

pub async fn released_tickets_are_adopted_though_their_holder_lives(store: Arc<dyn Store>) {
    for name in ["ann", "bob"] {
        queued(&*store, held_by(name, "draining")).await;
    }
    queued(&*store, held_by("cid", "other")).await;
    let (draining, other) = (instance_id("draining"), instance_id("other"));
    store.release(&draining).await.unwrap();
    store.release(&draining).await.unwrap();
    assert_eq!(ticket(&*store, ticket_id("ann")).await.holder.as_str(), NOBODY);

    let alive = [draining, other.clone(), instance_id(NOBODY)];
    let adopted = store.adopt(&other, &alive, 10).await.unwrap();
    assert_eq!(adopted.len(), 2, "{adopted:?}");
}

pub async fn expiring_answers_the_soonest_first_until_the_given_time(store: Arc<dyn Store>) {
    for (name, expires_ms) in [("late", 300), ("soon", 100), ("then", 200)] {
        queued(&*store, Enqueue { expires_ms, ..solo(name) }).await;
    }
    let expiring = async |until_ms, limit| {
        let tickets = store.expiring(until_ms, limit).await.unwrap();
        tickets.into_iter().map(|ticket| ticket.id).collect::<Vec<_>>()
    };
    assert_eq!(expiring(200, 10).await, [ticket_id("soon"), ticket_id("then")]);
    assert_eq!(expiring(999, 1).await, [ticket_id("soon")]);
    assert_eq!(expiring(99, 10).await, []);
    store.leave(ticket_id("soon"), Leave::Expired, "", 150).await.unwrap();
    assert_eq!(expiring(200, 10).await, [ticket_id("then")]);
}

use super::raw::{Raw, assert_names, server, store_on};
use ::redis::cmd;
use domain::{InstanceId, Role, Ticket, TicketId};
use std::collections::BTreeSet;
use std::slice::from_ref;
use store::bounds::{ARRIVALS_KEPT, PARTY_LISTED_BYTES_MAX, TERMINAL_KEPT_MS, TRIES_KEPT_MS, WALK_STEP};
use store::conformance::people::*;
use store::{Enqueue, Fence, Leases, Leave, Matches, Outbox, RedisStore, Subject, Tickets};

/// Keys that one thing of the realm owns and that do not grow with its players.
const OWNED: [&str; 2] = ["{realm}:clock", "{realm}:outbox"];

/// Tickets that are matched, requeued, ended, cancelled and expired, watched by some.
async fn a_whole_story(store: &RedisStore) -> Fence {
    store.register(&playserver("ps-1", 0), LEASE).await.unwrap();
    for name in ["ann", "idle"] {
        store.watch(&Subject::Player(player(name)), &host()).await.unwrap();
    }
    store.watch(&Subject::Ticket(ticket_id("never")), &host()).await.unwrap();
    let (id, ann, bob) = a_match(store).await;
    let fence = leading(store).await;
    store.requeue(&fence, id, "no host", NOW_MS).await.unwrap();
    let (ann, bob) = (ticket(store, ann.id).await, ticket(store, bob.id).await);
    let id = matched(store, &[&ann, &bob]).await;
    store.rehost(&fence, id, &instance_id("host-2"), NOW_MS, DUE_MS).await.unwrap();
    store.assign(id, &instance_id("host-2"), "address", NOW_MS, DUE_MS).await.unwrap();
    store.acknowledge(id, &player("ann")).await.unwrap();
    store.remind(&fence, id, NOW_MS, DUE_MS + 1).await.unwrap();
    store.end(id, "over", NOW_MS).await.unwrap();
    let (eve, fay) = (queued(store, solo("eve")).await, queued(store, solo("fay")).await);
    let id = matched(store, &[&eve, &fay]).await;
    store.assign(id, &host(), "address", NOW_MS, DUE_MS).await.unwrap();
    store.acknowledge(id, &player("eve")).await.unwrap();
    store.no_show(&fence, id, "late", NOW_MS).await.unwrap();
    store.leave(eve.id, Leave::Cancelled, "", NOW_MS).await.unwrap();
    store.acknowledge(id, &player("bob")).await.unwrap();
    store.watch(&Subject::Player(player("bob")), &host()).await.unwrap();
    store.unwatch(&Subject::Player(player("ann")), &host()).await.unwrap();
    store.watch(&Subject::Ticket(ann.id), &host()).await.unwrap();
    for (name, how) in [("cid", Leave::Cancelled), ("dan", Leave::Expired)] {
        let id = queued(store, solo(name)).await.id;
        store.release(&instance_id("orchestrator-1")).await.unwrap();
        store.adopt(&instance_id("sweeper-1"), &[], 10).await.unwrap();
        store.leave(id, how, "", NOW_MS).await.unwrap();
    }
    fence
}

/// On an empty server.
pub async fn every_key_of_a_finished_story_has_an_owner_or_a_time_to_live(store: RedisStore, mut raw: Raw) {
    a_whole_story(&store).await;
    for key in raw.keys().await {
        let left_ms: i64 = raw.ask(cmd("PTTL").arg(&key)).await;
        assert!(left_ms > 0 || OWNED.contains(&key.as_str()), "{key} stays for ever");
        assert!(key.starts_with("{realm}"), "{key} is in another slot");
    }
}

/// On an empty server.
pub async fn what_lives_has_no_time_to_live(store: RedisStore, mut raw: Raw) {
    store.watch(&Subject::Ticket(ticket_id("ann")), &host()).await.unwrap();
    store.watch(&Subject::Player(player("ann")), &host()).await.unwrap();
    let ann = queued(&store, solo("ann")).await;
    store.watch(&Subject::Player(player("ann")), &host()).await.unwrap();
    store.watch(&Subject::Ticket(ann.id), &host()).await.unwrap();
    matched(&store, &[&ann]).await;
    let running_out = ["{realm}:leader", "{realm}:a:duel"];
    for key in raw.keys().await.into_iter().filter(|key| !running_out.contains(&key.as_str())) {
        let left_ms: i64 = raw.ask(cmd("PTTL").arg(&key)).await;
        assert_eq!(left_ms, -1, "{key}");
    }
}

/// On an empty server.
pub async fn a_note_on_what_does_not_live_is_kept_as_long_as_what_it_is_on(store: RedisStore, mut raw: Raw) {
    let ann = queued(&store, solo("ann")).await;
    store.leave(ann.id, Leave::Cancelled, "", NOW_MS).await.unwrap();
    let notes = [
        (Subject::Ticket(ticket_id("nobody")), TERMINAL_KEPT_MS),
        (Subject::Player(player("nobody")), TRIES_KEPT_MS),
        (Subject::Ticket(ann.id), TERMINAL_KEPT_MS),
        (Subject::Player(player("ann")), TRIES_KEPT_MS),
    ];
    for (subject, kept_ms) in notes {
        store.watch(&subject, &host()).await.unwrap();
        let key = match &subject {
            Subject::Ticket(id) => format!("{{realm}}:t:{id}"),
            Subject::Player(id) => format!("{{realm}}:p:{id}"),
        };
        let left_ms: u64 = raw.ask(cmd("PTTL").arg(&key)).await;
        assert!((kept_ms - 60_000..=kept_ms).contains(&left_ms), "{key} is kept for {left_ms} ms, not {kept_ms}");
    }
}

/// On an empty server.
pub async fn taking_back_what_was_never_noted_leaves_no_key(store: RedisStore, mut raw: Raw) {
    for subject in [Subject::Player(player("ann")), Subject::Ticket(ticket_id("ann"))] {
        store.unwatch(&subject, &host()).await.unwrap();
    }
    assert_eq!(raw.keys().await, [""; 0]);
}

/// On an empty server.
pub async fn what_somebody_deleted_keeps_no_other_from_his_turn(store: RedisStore, mut raw: Raw) {
    let (ann, bob) = (queued(&store, solo("ann")).await, queued(&store, solo("bob")).await);
    let (cid, dan) = (queued(&store, solo("cid")).await, queued(&store, solo("dan")).await);
    let (lost, kept) = (matched(&store, &[&cid]).await, matched(&store, &[&dan]).await);
    store.watch(&Subject::Player(player("bob")), &host()).await.unwrap();
    for key in [format!("{{realm}}:t:{}", ann.id), format!("{{realm}}:m:{lost}")] {
        let () = raw.ask(cmd("DEL").arg(key)).await;
    }

    assert_eq!(ids(&store.watched_on(&host(), 0).await.unwrap().tickets), [bob.id]);
    for _ in 0..2 {
        assert_eq!(ids(&store.expiring(u64::MAX, 10).await.unwrap()), [bob.id]);
        let due = store.due(u64::MAX, 10).await.unwrap();
        assert_eq!(due.iter().map(|matched| matched.id).collect::<Vec<_>>(), [kept]);
    }
    assert_eq!(ids(&store.adopt(&instance_id("sweeper-1"), &[], 10).await.unwrap()), [bob.id]);

    let eve = queued(&store, solo("eve")).await;
    let () = raw.ask(cmd("DEL").arg(format!("{{realm}}:t:{}", eve.id))).await;
    store.release(&eve.holder).await.unwrap();
    assert_eq!(store.adopt(&instance_id("sweeper-2"), &[instance_id("sweeper-1")], 10).await.unwrap(), []);
    assert!(!raw.keys().await.iter().any(|key| key == "{realm}:h:orchestrator-1" || key == "{realm}:h:-"));
}

/// On an empty server.
pub async fn what_is_not_queued_as_held_keeps_no_other_from_being_released_or_adopted(store: RedisStore, mut raw: Raw) {
    let (here, there, sweeper) = (solo("ann").holder, instance_id("orchestrator-2"), instance_id("sweeper-1"));
    for release_first in [true, false] {
        let (ann, bob) = (queued(&store, solo("ann")).await, queued(&store, solo("bob")).await);
        let cid = queued(&store, Enqueue { holder: there.clone(), ..solo("cid") }).await;
        let (dan, _) = (queued(&store, solo("dan")).await, matched(&store, &[&bob]).await);
        // Bob is in a match, Cid is held by another, of Dan nobody says who holds him.
        let () = raw.ask(cmd("SADD").arg(held(&here)).arg(bob.id.to_string()).arg(cid.id.to_string())).await;
        let () = raw.ask(cmd("SREM").arg(held(&there)).arg(cid.id.to_string())).await;
        let () = raw.ask(cmd("HDEL").arg(format!("{{realm}}:t:{}", dan.id)).arg("holder")).await;

        if release_first {
            store.release(&here).await.unwrap();
        }
        let adopted = store.adopt(&sweeper, from_ref(&there), 10).await.unwrap();
        assert_eq!(sorted(&adopted), sorted(&[ann.clone(), dan.clone()]), "released first: {release_first}");
        assert_eq!(ticket(&store, cid.id).await.holder, there);
        assert_eq!(sorted(&store.adopt(&sweeper, &[], 10).await.unwrap()), [cid.id], "he is held where he says");
        assert_eq!(store.adopt(&instance_id("sweeper-2"), from_ref(&sweeper), 10).await.unwrap(), []);
        raw.empty().await;
    }
}

/// On an empty server.
pub async fn what_goes_to_a_holder_whose_list_is_none_is_named_before_anything_is_written(
    store: RedisStore,
    mut raw: Raw,
) {
    let ann = queued(&store, solo("ann")).await;
    let () = raw.ask(cmd("HSET").arg(format!("{{realm}}:t:{}", ann.id)).arg("holder").arg("other")).await;
    let () = raw.ask(cmd("SET").arg("{realm}:h:other").arg("planted")).await;
    let before = raw.content().await;
    assert_names(store.release(&ann.holder).await, "{realm}:h:other", "release");
    assert_names(store.adopt(&instance_id("sweeper-1"), &[], 10).await, "{realm}:h:other", "adopt");
    assert_eq!(raw.content().await, before);
}

/// On an empty server.
pub async fn what_cannot_be_read_keeps_no_other_from_being_adopted(store: RedisStore, mut raw: Raw) {
    let unreadable = [
        ("width", "4294967296"),
        ("places", "duel 1500"),
        ("players", "a b|"),
        ("trace", "%"),
        ("match", "none"),
        ("ver", "second"),
        ("places", "nowhere"),
        ("party", ""),
    ];
    for (at, fault) in unreadable.into_iter().enumerate() {
        let id = queued(&store, solo(&format!("player-{at}"))).await.id;
        plant(&mut raw, format!("{{realm}}:t:{id}"), fault).await;
    }
    let bob = queued(&store, solo("bob")).await;
    store.release(&bob.holder).await.unwrap();
    let sweeper = instance_id("sweeper-1");
    assert_eq!(ids(&store.adopt(&sweeper, from_ref(&sweeper), 100).await.unwrap()), [bob.id]);
    let next = store.adopt(&instance_id("sweeper-2"), from_ref(&sweeper), 100).await.unwrap();
    assert_eq!(next, [], "each of them is held now, and troubles nobody else");
}

/// On an empty server.
pub async fn what_cannot_be_read_keeps_no_other_from_its_turn(store: RedisStore, mut raw: Raw) {
    let ticket_faults = [("width", "4294967296"), ("changed", "never"), ("state", "LOST"), ("party", ""), ("", "")];
    let match_faults = [("state", "LOST"), ("sheet", ""), ("matched", "never"), ("", "")];
    for (at, fault) in match_faults.into_iter().enumerate() {
        let id = matched(&store, &[&queued(&store, solo(&format!("matched-{at}"))).await]).await;
        plant(&mut raw, format!("{{realm}}:m:{id}"), fault).await;
    }
    let kept = matched(&store, &[&queued(&store, solo("dan")).await]).await;
    for (at, fault) in ticket_faults.into_iter().enumerate() {
        let id = queued(&store, solo(&format!("waiting-{at}"))).await.id;
        store.watch(&Subject::Ticket(id), &host()).await.unwrap();
        plant(&mut raw, format!("{{realm}}:t:{id}"), fault).await;
    }
    let bob = queued(&store, solo("bob")).await;
    store.watch(&Subject::Ticket(bob.id), &host()).await.unwrap();

    for _ in 0..2 {
        assert_eq!(ids(&store.expiring(u64::MAX, 100).await.unwrap()), [bob.id]);
        assert_eq!(ids(&store.watched_on(&host(), 0).await.unwrap().tickets), [bob.id]);
        let due = store.due(u64::MAX, 100).await.unwrap();
        assert_eq!(due.iter().map(|matched| matched.id).collect::<Vec<_>>(), [kept]);
    }
    let listed: [usize; 2] =
        [raw.ask(cmd("ZCARD").arg("{realm}:deadlines")).await, raw.ask(cmd("ZCARD").arg("{realm}:due")).await];
    assert_eq!(listed, [ticket_faults.len() + 1, match_faults.len() + 1], "another build may read them");
}

/// Has a field hold this text, or be gone where there is none; without a field, the whole key is no hash.
async fn plant(raw: &mut Raw, key: String, (field, text): (&str, &str)) {
    match (field, text) {
        ("", _) => raw.ask::<()>(cmd("SET").arg(key).arg("planted")).await,
        (_, "") => raw.ask(cmd("HDEL").arg(key).arg(field)).await,
        _ => raw.ask(cmd("HSET").arg(key).arg(field).arg(text)).await,
    }
}

fn held(holder: &InstanceId) -> String {
    format!("{{realm}}:h:{holder}")
}

fn sorted(tickets: &[Ticket]) -> Vec<TicketId> {
    let mut ids = ids(tickets);
    ids.sort();
    ids
}

fn ids(tickets: &[Ticket]) -> Vec<TicketId> {
    tickets.iter().map(|ticket| ticket.id).collect()
}

/// Calls the macro `$for_one` with the name of each of the above.
macro_rules! for_each_rule {
    ($for_one:ident) => {
        $for_one!(every_key_of_a_finished_story_has_an_owner_or_a_time_to_live);
        $for_one!(what_lives_has_no_time_to_live);
        $for_one!(a_note_on_what_does_not_live_is_kept_as_long_as_what_it_is_on);
        $for_one!(taking_back_what_was_never_noted_leaves_no_key);
        $for_one!(what_somebody_deleted_keeps_no_other_from_his_turn);
        $for_one!(what_is_not_queued_as_held_keeps_no_other_from_being_released_or_adopted);
        $for_one!(what_goes_to_a_holder_whose_list_is_none_is_named_before_anything_is_written);
        $for_one!(what_cannot_be_read_keeps_no_other_from_being_adopted);
        $for_one!(what_cannot_be_read_keeps_no_other_from_its_turn);
    };
}
pub(super) use for_each_rule;

mod alone {
    use super::super::raw::{Raw, server, store_on};

    macro_rules! test {
        ($rule:ident) => {
            #[tokio::test]
            async fn $rule() {
                let server = server();
                super::$rule(store_on(&server), Raw::on(&server).await).await;
            }
        };
    }
    super::for_each_rule!(test);
}

#[tokio::test]
async fn a_list_of_arrivals_holds_the_last_of_them() {
    let server = server();
    let store = RedisStore::connect(server.url(), "realm".parse().unwrap()).unwrap();
    let mut raw = Raw::on(&server).await;
    for turn in 0..=ARRIVALS_KEPT {
        queued(&store, solo(&format!("player-{turn}"))).await;
    }
    assert_eq!(raw.ask::<usize>(cmd("LLEN").arg("{realm}:a:duel")).await, ARRIVALS_KEPT);
    let newest = store.arrivals(&"duel".parse().unwrap(), usize::MAX).await.unwrap();
    assert_eq!((newest.len(), &newest[0].party), (ARRIVALS_KEPT, &bytes(&format!("player-{ARRIVALS_KEPT}"))));
}

#[tokio::test]
async fn a_walk_over_what_is_held_goes_step_by_step_and_past_what_is_no_ticket() {
    let server = server();
    let store = RedisStore::connect(server.url(), "realm".parse().unwrap()).unwrap();
    let mut held_there = BTreeSet::new();
    for turn in 0..3 * WALK_STEP {
        held_there.insert(queued(&store, solo(&format!("player-{turn}"))).await.id);
    }
    let holder = solo("ann").holder;
    Raw::on(&server).await.ask::<()>(cmd("SADD").arg(held(&holder)).arg("planted")).await;
    assert!(store.held(&holder, 0).await.unwrap().tickets.len() < 2 * WALK_STEP);
    assert_eq!(all_held(&store, holder.as_str()).await, held_there);
}

#[tokio::test]
async fn a_large_party_stands_in_its_ticket_alone_and_is_not_read_once_that_is_gone() {
    let server = server();
    let (store, mut raw) = (store_on(&server), Raw::on(&server).await);
    let party = bytes_of_size(PARTY_LISTED_BYTES_MAX + 1);
    let ticket = queued(&store, Enqueue { party, ..solo("ann") }).await;
    queued(&store, solo("bob")).await;
    for key in ["{realm}:q:duel|pc%7C1.0%20beta|eu", "{realm}:a:duel"] {
        let bytes: usize = raw.ask(cmd("MEMORY").arg("USAGE").arg(key)).await;
        assert!(bytes < PARTY_LISTED_BYTES_MAX, "{key} takes {bytes} bytes");
    }
    raw.ask::<()>(cmd("DEL").arg(format!("{{realm}}:t:{}", ticket.id))).await;
    assert_eq!(found(&store, "duel", "eu").await, [ticket_id("bob")]);
    let cut = store.range(&look("duel", &["eu"], 0.0, 3000.0), 2).await.unwrap();
    assert_eq!((cut.tickets.len(), cut.is_whole), (1, false), "it was cut though it answers fewer");
    let arrived = store.arrivals(&"duel".parse().unwrap(), 10).await.unwrap();
    assert_eq!(arrived.into_iter().map(|arrived| arrived.party).collect::<Vec<_>>(), [bytes("bob")]);
}

#[tokio::test]
async fn two_realms_on_one_redis_know_nothing_of_each_other() {
    let server = server();
    let one = store_on(&server);
    let two = RedisStore::connect(server.url(), "realm2".parse().unwrap()).unwrap();
    queued(&one, solo("ann")).await;
    one.register(&playserver("ps-1", 0), LEASE).await.unwrap();
    assert_eq!(two.waiting().await.unwrap(), 0);
    assert_eq!(two.instances(Role::Playserver).await.unwrap(), []);
    queued(&two, solo("ann")).await;
}

#[tokio::test]
async fn whoever_registers_is_told_what_time_it_is_there() {
    let server = server();
    let (store, mut raw) = (store_on(&server), Raw::on(&server).await);
    let mut times = Vec::new();
    for _ in 0..2 {
        let (seconds, us): (u64, u64) = raw.ask(&mut cmd("TIME")).await;
        times.push(Some(seconds * 1_000 + us / 1_000));
        times.push(store.register(&playserver("ps-1", 0), LEASE).await.unwrap());
    }
    assert!(times.is_sorted(), "{times:?}");
}

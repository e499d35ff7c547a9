use super::raw::{Raw, server, store_on};
use ::redis::cmd;
use domain::{Role, Ticket, TicketId};
use store::bounds::{ARRIVALS_KEPT, PARTY_LISTED_BYTES_MAX, TERMINAL_KEPT_MS, TRIES_KEPT_MS};
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

use super::people::*;
use crate::testing::eventually;
use crate::{CommitOutcome, Enqueue, Fence, Leadership, Leave, Store, Subject};
use domain::{Cursor, MatchState, TicketState};
use std::sync::Arc;
use std::time::Duration;

fn in_two_queues(name: &str) -> Enqueue {
    let places = vec![place("duel", "eu", 1500.0), place("brawl", "us", -7.25)];
    Enqueue { places, ..solo(name) }
}

pub async fn a_commit_takes_its_tickets_out_of_every_queue(store: Arc<dyn Store>) {
    let (ann, bob) = (queued(&*store, in_two_queues("ann")).await, queued(&*store, in_two_queues("bob")).await);
    let stays = queued(&*store, in_two_queues("cid")).await;
    let id = matched(&*store, &[&ann, &bob]).await;

    for (queue, region) in [("duel", "eu"), ("brawl", "us")] {
        assert_eq!(found(&*store, queue, region).await, [stays.id], "{queue}");
    }
    assert_eq!(store.waiting().await.unwrap(), 1);
    assert_eq!(store.expiring(u64::MAX, 10).await.unwrap().len(), 1);
    assert_eq!(store.adopt(&instance_id("other"), &[], 10).await.unwrap().len(), 1);

    let snapshot = store.snapshot(&Subject::Player(player("bob"))).await.unwrap();
    let (ticket, matched) = (snapshot.ticket.unwrap(), snapshot.matched.unwrap());
    assert_eq!((ticket.state, ticket.match_id, ticket.version), (TicketState::Matched, Some(id), 1));
    assert_eq!((matched.id, matched.state, &matched.host), (id, MatchState::Matched, &host()));
    assert_eq!((matched.tickets, matched.address.as_str()), (vec![ann.id, bob.id], ""));
    assert_eq!((matched.sheet, matched.matched_ms, matched.acknowledged), (bytes("sheet"), NOW_MS, vec![]));
}

pub async fn a_commit_repeated_is_a_duplicate(store: Arc<dyn Store>) {
    let (id, ann, bob) = a_match(&*store).await;
    let fence = leading(&*store).await;
    let events = all_events(&*store).await.len();
    assert_eq!(store.commit(&fence, deal(&[&ann, &bob])).await.unwrap(), duplicate(&[&ann, &bob]));
    store.end(id, "", NOW_MS).await.unwrap();
    assert_eq!(store.commit(&fence, deal(&[&ann, &bob])).await.unwrap(), duplicate(&[&ann, &bob]));
    assert_eq!(all_events(&*store).await.len(), events + 1);
}

pub async fn a_commit_tells_the_traces_of_its_tickets_in_order(store: Arc<dyn Store>) {
    let traced = |name: &str, trace: &str| Enqueue { trace: trace.into(), ..solo(name) };
    let ann = queued(&*store, traced("ann", "00-11111111111111111111111111111111-2222222222222222-01")).await;
    let (bob, cid) = (queued(&*store, traced("bob", "")).await, queued(&*store, traced("cid", "|; %any")).await);
    let fence = leading(&*store).await;
    let traces: Vec<String> = [&cid, &bob, &ann].map(|ticket| ticket.trace.clone()).into();
    let outcome = store.commit(&fence, deal(&[&cid, &bob, &ann])).await.unwrap();
    assert_eq!(outcome, CommitOutcome::Committed { traces });
}

pub async fn a_ticket_of_another_version_is_a_conflict(store: Arc<dyn Store>) {
    let (ann, bob) = (queued(&*store, solo("ann")).await, queued(&*store, solo("bob")).await);
    let fence = leading(&*store).await;
    let mut request = deal(&[&ann, &bob]);
    request.tickets[1].version = 2;
    assert_eq!(store.commit(&fence, request).await.unwrap(), CommitOutcome::Conflict(bob.id));
}

pub async fn a_ticket_of_another_party_is_a_conflict(store: Arc<dyn Store>) {
    let (ann, bob) = (queued(&*store, solo("ann")).await, queued(&*store, solo("bob")).await);
    let fence = leading(&*store).await;
    let mut request = deal(&[&ann, &bob]);
    request.tickets[0].party = bytes("ann, but better");
    assert_eq!(store.commit(&fence, request).await.unwrap(), CommitOutcome::Conflict(ann.id));
}

pub async fn a_ticket_of_another_age_or_other_tries_is_a_conflict(store: Arc<dyn Store>) {
    let (ann, bob) = (queued(&*store, solo("ann")).await, queued(&*store, solo("bob")).await);
    let fence = leading(&*store).await;
    let mut older = deal(&[&ann, &bob]);
    older.tickets[1].queued_ms = 0;
    assert_eq!(store.commit(&fence, older).await.unwrap(), CommitOutcome::Conflict(bob.id));
    let mut tried = deal(&[&ann, &bob]);
    tried.tickets[0].tries = 1;
    assert_eq!(store.commit(&fence, tried).await.unwrap(), CommitOutcome::Conflict(ann.id));
}

pub async fn a_ticket_that_does_not_wait_in_the_queue_of_the_match_is_a_conflict(store: Arc<dyn Store>) {
    let (ann, bob) = (queued(&*store, in_two_queues("ann")).await, queued(&*store, solo("bob")).await);
    let fence = leading(&*store).await;
    let of = |queue: &str, tickets: &[&domain::Ticket]| crate::CommitRequest {
        queue: queue.parse().unwrap(),
        ..deal(tickets)
    };
    assert_eq!(store.commit(&fence, of("brawl", &[&ann, &bob])).await.unwrap(), CommitOutcome::Conflict(bob.id));
    // Names that begin or end as a queue of his, or are his region.
    for other in ["due", "uel", "duel-2", "eu"] {
        assert_eq!(store.commit(&fence, of(other, &[&ann])).await.unwrap(), CommitOutcome::Conflict(ann.id), "{other}");
    }
    assert_eq!(store.commit(&fence, of("brawl", &[&ann])).await.unwrap(), committed(&[&ann]));
}

pub async fn a_ticket_that_left_or_never_was_is_a_conflict(store: Arc<dyn Store>) {
    let (ann, bob) = (queued(&*store, solo("ann")).await, queued(&*store, solo("bob")).await);
    let fence = leading(&*store).await;
    store.leave(bob.id, Leave::Cancelled, "", NOW_MS).await.unwrap();
    assert_eq!(store.commit(&fence, deal(&[&ann, &bob])).await.unwrap(), CommitOutcome::Conflict(bob.id));

    let mut request = deal(&[&ann]);
    request.tickets[0].id = ticket_id("nobody");
    assert_eq!(store.commit(&fence, request).await.unwrap(), CommitOutcome::Conflict(ticket_id("nobody")));
}

pub async fn a_ticket_listed_twice_is_a_conflict(store: Arc<dyn Store>) {
    let ann = queued(&*store, solo("ann")).await;
    let fence = leading(&*store).await;
    assert_eq!(store.commit(&fence, deal(&[&ann, &ann])).await.unwrap(), CommitOutcome::Conflict(ann.id));
    assert_eq!(ticket(&*store, ann.id).await.state, TicketState::Queued);
}

pub async fn a_conflict_changes_nothing(store: Arc<dyn Store>) {
    let (ann, bob) = (queued(&*store, solo("ann")).await, queued(&*store, solo("bob")).await);
    store.leave(bob.id, Leave::Cancelled, "", NOW_MS).await.unwrap();
    let (fence, events) = (leading(&*store).await, all_events(&*store).await);
    let outcome = store.commit(&fence, deal(&[&ann, &bob])).await.unwrap();
    assert_eq!(outcome, CommitOutcome::Conflict(bob.id));

    assert_eq!(ticket(&*store, ann.id).await, ann);
    assert_eq!(found(&*store, "duel", "eu").await, [ann.id]);
    assert_eq!(all_events(&*store).await, events);
    assert!(store.due(u64::MAX, 10).await.unwrap().is_empty());
    matched(&*store, &[&ann]).await;
}

pub async fn who_does_not_lead_is_fenced_even_from_a_duplicate(store: Arc<dyn Store>) {
    let ann = queued(&*store, solo("ann")).await;
    let old = leading(&*store).await;
    store.resign(&old).await.unwrap();
    assert_eq!(store.commit(&old, deal(&[&ann])).await.unwrap(), CommitOutcome::Fenced);

    let Leadership::Leading { fence, .. } =
        store.lead(&instance_id("mover-2"), LEASE, 1, Cursor::default()).await.unwrap()
    else {
        panic!("nobody else leads")
    };
    for wrong in [&old, &Fence(String::new()), &Fence("nan".into()), &Fence(format!("{} ", fence.0))] {
        assert_eq!(store.commit(wrong, deal(&[&ann])).await.unwrap(), CommitOutcome::Fenced, "{wrong:?}");
    }
    assert_eq!(store.commit(&fence, deal(&[&ann])).await.unwrap(), committed(&[&ann]));
    assert_eq!(store.commit(&old, deal(&[&ann])).await.unwrap(), CommitOutcome::Fenced);
}

pub async fn a_leader_whose_lease_ran_out_is_fenced(store: Arc<dyn Store>) {
    let ann = queued(&*store, solo("ann")).await;
    let lead = store.lead(&instance_id("mover-1"), Duration::from_millis(20), 1, Cursor::default()).await.unwrap();
    let Leadership::Leading { fence, .. } = lead else { panic!("nobody else leads") };
    eventually("the lease runs out", async || match store.leader().await.unwrap() {
        None => Ok(()),
        Some(leader) => Err(format!("{leader} leads")),
    })
    .await;
    assert_eq!(store.commit(&fence, deal(&[&ann])).await.unwrap(), CommitOutcome::Fenced);
    assert_eq!(ticket(&*store, ann.id).await, ann);
}

pub async fn of_racing_commits_that_overlap_exactly_one_wins(store: Arc<dyn Store>) {
    let shared = queued(&*store, solo("shared")).await;
    let mut requests = Vec::new();
    for turn in 0..40 {
        let other = queued(&*store, solo(&format!("player-{turn}"))).await;
        requests.push(deal(&[&other, &shared]));
    }
    let fence = leading(&*store).await;
    let racers = requests.into_iter().map(|request| {
        let (store, fence) = (Arc::clone(&store), fence.clone());
        tokio::spawn(async move { store.commit(&fence, request).await.unwrap() })
    });
    let mut won = 0;
    for racer in racers.collect::<Vec<_>>() {
        match racer.await.unwrap() {
            CommitOutcome::Committed { .. } => won += 1,
            other => assert_eq!(other, CommitOutcome::Conflict(shared.id)),
        }
    }
    assert_eq!((won, store.waiting().await.unwrap()), (1, 39));
    assert_eq!(store.due(u64::MAX, 100).await.unwrap().len(), 1);
}

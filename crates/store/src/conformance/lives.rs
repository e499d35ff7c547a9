use super::people::*;
use crate::{AcknowledgeOutcome, CommitOutcome, Enqueue, Fence, Leave, MatchOutcome, NOBODY, Store, Subject};
use domain::{Change, Match, MatchState, TicketState};
use std::sync::Arc;

fn done(outcome: MatchOutcome) -> Match {
    match outcome {
        MatchOutcome::Done(matched) => matched,
        other => panic!("not done: {other:?}"),
    }
}

fn refused(outcome: MatchOutcome) -> Match {
    match outcome {
        MatchOutcome::Refused(matched) => matched,
        other => panic!("not refused: {other:?}"),
    }
}

pub async fn assigning_is_the_hosts_alone_and_may_be_repeated(store: Arc<dyn Store>) {
    let (id, ann, _) = a_match(&*store).await;
    let outcome = store.assign(id, &instance_id("host-2"), "elsewhere", NOW_MS, DUE_MS).await.unwrap();
    assert_eq!(refused(outcome).state, MatchState::Matched);

    let assigned = done(store.assign(id, &host(), "10.0.0.1:7777", NOW_MS, DUE_MS).await.unwrap());
    assert_eq!((assigned.state, assigned.address.as_str()), (MatchState::Assigned, "10.0.0.1:7777"));
    assert_eq!(assigned.assigned_ms, NOW_MS);
    assert_eq!(ticket(&*store, ann.id).await.state, TicketState::Assigned);
    let events = all_events(&*store).await.len();
    assert_eq!(done(store.assign(id, &host(), "10.0.0.1:7777", NOW_MS, DUE_MS).await.unwrap()), assigned);
    assert_eq!(all_events(&*store).await.len(), events);

    store.end(id, "", NOW_MS).await.unwrap();
    refused(store.assign(id, &host(), "10.0.0.1:7777", NOW_MS, DUE_MS).await.unwrap());
}

pub async fn assigning_ends_the_tries_of_every_player(store: Arc<dyn Store>) {
    let first = queued(&*store, party("first", &["ann", "bob"])).await;
    store.leave(first.id, Leave::Cancelled, "", NOW_MS).await.unwrap();
    let second = queued(&*store, party("second", &["ann", "bob"])).await;
    let id = matched(&*store, &[&second]).await;
    store.assign(id, &host(), "address", NOW_MS, DUE_MS).await.unwrap();
    store.end(id, "", NOW_MS).await.unwrap();
    assert_eq!((second.tries, queued(&*store, party("third", &["ann", "bob"])).await.tries), (1, 0));
}

pub async fn an_ended_match_frees_its_players_and_is_never_due(store: Arc<dyn Store>) {
    let (id, ann, bob) = a_match(&*store).await;
    store.assign(id, &host(), "address", NOW_MS, DUE_MS).await.unwrap();
    let ended = done(store.end(id, "played out", NOW_MS).await.unwrap());
    assert_eq!(ended.state, MatchState::Ended);
    assert_eq!(done(store.end(id, "played out", NOW_MS).await.unwrap()), ended);

    let event = last_event(&*store).await;
    assert_eq!((event.change, event.reason.as_str()), (Change::Ended, "played out"));
    for id in [ann.id, bob.id] {
        let ticket = ticket(&*store, id).await;
        assert_eq!((ticket.state, ticket.reason.as_str()), (TicketState::Ended, "played out"));
        assert_eq!(ticket.changed, event.cursor);
    }
    assert!(store.due(u64::MAX, 10).await.unwrap().is_empty());
    queued(&*store, party("again", &["ann", "bob"])).await;
}

pub async fn a_match_may_end_before_it_was_assigned(store: Arc<dyn Store>) {
    let (id, ann, _) = a_match(&*store).await;
    assert_eq!(done(store.end(id, "host refused", NOW_MS).await.unwrap()).state, MatchState::Ended);
    assert_eq!(ticket(&*store, ann.id).await.state, TicketState::Ended);
    let again = queued(&*store, party("again", &["ann"])).await;
    assert_eq!(again.tries, 1, "no match started");
}

pub async fn acknowledging_is_for_players_of_the_match_and_counts_once(store: Arc<dyn Store>) {
    let (id, _, bob) = a_match(&*store).await;
    for name in ["bob", "bob", "ann"] {
        assert!(
            matches!(store.acknowledge(id, &player(name)).await.unwrap(), AcknowledgeOutcome::Done { .. }),
            "{name}"
        );
    }
    for name in ["b", "cid"] {
        assert_eq!(store.acknowledge(id, &player(name)).await.unwrap(), AcknowledgeOutcome::NotFound, "{name}");
    }
    let matched = store.snapshot(&Subject::Ticket(bob.id)).await.unwrap().matched.unwrap();
    assert_eq!(matched.acknowledged, [player("bob"), player("ann")]);
}

pub async fn an_acknowledgement_tells_the_trace_of_his_ticket(store: Arc<dyn Store>) {
    let traced = |name: &str, players: &[&str]| Enqueue { trace: format!("of {name}"), ..party(name, players) };
    let duo = queued(&*store, traced("duo", &["ann", "bob"])).await;
    let solo = queued(&*store, traced("solo", &["cid"])).await;
    let request = deal(&[&duo, &solo]);
    let (id, fence) = (request.match_id, leading(&*store).await);
    store.commit(&fence, request).await.unwrap();
    for (name, trace) in [("ann", "of duo"), ("bob", "of duo"), ("cid", "of solo"), ("cid", "of solo")] {
        let told = AcknowledgeOutcome::Done { trace: trace.into() };
        assert_eq!(store.acknowledge(id, &player(name)).await.unwrap(), told, "{name}");
    }
}

pub async fn what_is_over_is_acknowledged_by_those_only_who_did_so_before(store: Arc<dyn Store>) {
    let (id, _, bob) = a_match(&*store).await;
    store.acknowledge(id, &player("ann")).await.unwrap();
    store.end(id, "", NOW_MS).await.unwrap();
    assert!(matches!(store.acknowledge(id, &player("ann")).await.unwrap(), AcknowledgeOutcome::Done { .. }));
    assert!(matches!(store.acknowledge(id, &player("bob")).await.unwrap(), AcknowledgeOutcome::Refused(_)));
    let matched = store.snapshot(&Subject::Ticket(bob.id)).await.unwrap().matched.unwrap();
    assert_eq!(matched.acknowledged, [player("ann")]);
}

pub async fn reminding_tells_the_silent_alone_and_may_be_repeated(store: Arc<dyn Store>) {
    let (id, ann, bob) = a_match(&*store).await;
    let fence = leading(&*store).await;
    refused(store.remind(&fence, id, NOW_MS, 500).await.unwrap());
    store.assign(id, &host(), "address", NOW_MS, 400).await.unwrap();
    store.acknowledge(id, &player("ann")).await.unwrap();
    assert_eq!(store.remind(&Fence("1|stranger".into()), id, NOW_MS, 500).await.unwrap(), MatchOutcome::Fenced);
    assert_eq!(done(store.remind(&fence, id, NOW_MS + 1, 500).await.unwrap()).state, MatchState::Assigned);

    let event = last_event(&*store).await;
    assert_eq!((event.change, event.at_ms, event.tickets.len()), (Change::Assigned, NOW_MS + 1, 1));
    assert_eq!((event.tickets[0].id, event.cursor), (bob.id, ticket(&*store, bob.id).await.changed));
    let told = event.matched.unwrap();
    assert_eq!((told.tickets, told.assigned_ms), (vec![ann.id, bob.id], NOW_MS), "one content for everyone");
    assert!(ticket(&*store, ann.id).await.changed < event.cursor);
    assert!(store.due(499, 10).await.unwrap().is_empty());

    let events = all_events(&*store).await.len();
    done(store.remind(&fence, id, NOW_MS, 500).await.unwrap());
    store.acknowledge(id, &player("bob")).await.unwrap();
    done(store.remind(&fence, id, NOW_MS, 600).await.unwrap());
    assert_eq!(all_events(&*store).await.len(), events, "a repeated call, and one with nobody left to tell");
    assert_eq!(store.due(600, 10).await.unwrap().len(), 1);
}

pub async fn of_a_match_with_a_no_show_the_silent_leave_and_the_others_wait_on(store: Arc<dyn Store>) {
    let pair = queued(&*store, party("pair", &["ann", "amy"])).await;
    let (bob, cid) = (queued(&*store, solo("bob")).await, queued(&*store, solo("cid")).await);
    let id = matched(&*store, &[&pair, &bob, &cid]).await;
    let fence = leading(&*store).await;
    refused(store.no_show(&fence, id, "late", NOW_MS).await.unwrap());
    store.assign(id, &host(), "address", NOW_MS, DUE_MS).await.unwrap();
    for name in ["ann", "bob", "cid"] {
        store.acknowledge(id, &player(name)).await.unwrap();
    }
    assert_eq!(store.no_show(&Fence("1|stranger".into()), id, "", NOW_MS).await.unwrap(), MatchOutcome::Fenced);
    assert_eq!(done(store.no_show(&fence, id, "late", NOW_MS).await.unwrap()).state, MatchState::Failed);

    let gone = ticket(&*store, pair.id).await;
    assert_eq!((gone.state, gone.reason.as_str(), gone.match_id), (TicketState::Cancelled, "late", Some(id)));
    queued(&*store, solo("amy")).await;
    for before in [&bob, &cid] {
        let after = ticket(&*store, before.id).await;
        assert_eq!((after.state, after.version, after.match_id), (TicketState::Queued, 2, None));
        assert_eq!((after.queued_ms, after.expires_ms), (before.queued_ms, before.expires_ms));
        assert_eq!(after.holder.as_str(), NOBODY);
    }
    let events = all_events(&*store).await;
    let told: Vec<_> = events[events.len() - 3..events.len() - 1].iter().collect();
    assert_eq!(told.iter().map(|event| event.change).collect::<Vec<_>>(), [Change::NoShow, Change::Requeued]);
    assert_eq!(told.iter().map(|event| event.tickets.len()).collect::<Vec<_>>(), [1, 2]);
    for event in told {
        assert_eq!((event.reason.as_str(), event.watchers.as_slice()), ("late", std::slice::from_ref(&host())));
        assert_eq!(event.matched.as_ref().unwrap().tickets, [pair.id, bob.id, cid.id]);
    }
    done(store.no_show(&fence, id, "late", NOW_MS).await.unwrap());
    assert_eq!(all_events(&*store).await.len(), events.len(), "a repeated call");
    assert!(store.due(u64::MAX, 10).await.unwrap().is_empty());
    assert!(matches!(store.acknowledge(id, &player("amy")).await.unwrap(), AcknowledgeOutcome::Refused(_)));
    refused(store.end(id, "", NOW_MS).await.unwrap());
}

pub async fn whoever_waits_on_after_a_no_show_has_tried_once_when_he_leaves(store: Arc<dyn Store>) {
    let (id, ann, _) = a_match(&*store).await;
    store.assign(id, &host(), "address", NOW_MS, DUE_MS).await.unwrap();
    store.acknowledge(id, &player("ann")).await.unwrap();
    done(store.no_show(&leading(&*store).await, id, "late", NOW_MS).await.unwrap());
    store.leave(ann.id, Leave::Cancelled, "", NOW_MS).await.unwrap();
    assert_eq!(queued(&*store, party("again", &["ann"])).await.tries, 1);
    assert_eq!(queued(&*store, party("silent", &["bob"])).await.tries, 0, "his match started");
}

pub async fn a_match_that_everybody_acknowledged_has_no_no_show(store: Arc<dyn Store>) {
    let (id, ann, _) = a_match(&*store).await;
    let fence = leading(&*store).await;
    store.assign(id, &host(), "address", NOW_MS, DUE_MS).await.unwrap();
    for name in ["ann", "bob"] {
        store.acknowledge(id, &player(name)).await.unwrap();
    }
    assert_eq!(refused(store.no_show(&fence, id, "", NOW_MS).await.unwrap()).state, MatchState::Assigned);
    assert_eq!(ticket(&*store, ann.id).await.state, TicketState::Assigned);
}

pub async fn of_a_match_that_nobody_acknowledged_nobody_waits_on(store: Arc<dyn Store>) {
    let (id, ann, bob) = a_match(&*store).await;
    let fence = leading(&*store).await;
    store.assign(id, &host(), "address", NOW_MS, DUE_MS).await.unwrap();
    done(store.no_show(&fence, id, "", NOW_MS).await.unwrap());
    let event = last_event(&*store).await;
    assert_eq!((event.change, event.tickets.len()), (Change::NoShow, 2));
    for id in [ann.id, bob.id] {
        assert_eq!(ticket(&*store, id).await.state, TicketState::Cancelled);
    }
    assert_eq!(store.waiting().await.unwrap(), 0);
}

pub async fn requeued_tickets_keep_their_age_tries_and_deadline_in_every_queue(store: Arc<dyn Store>) {
    let first = queued(&*store, solo("ann")).await;
    store.leave(first.id, Leave::Cancelled, "", NOW_MS).await.unwrap();
    let places = vec![place("duel", "eu", 1500.0), place("brawl", "us", -7.25)];
    let before = queued(&*store, Enqueue { places, ..party("second", &["ann"]) }).await;
    let id = matched(&*store, &[&before]).await;
    let fence = leading(&*store).await;
    assert_eq!(done(store.requeue(&fence, id, "no host", NOW_MS).await.unwrap()).state, MatchState::Failed);

    let after = ticket(&*store, before.id).await;
    assert_eq!((after.state, after.version, after.tries), (TicketState::Queued, 2, 1));
    assert_eq!((after.queued_ms, after.expires_ms), (QUEUED_MS, EXPIRES_MS));
    assert_eq!((after.match_id, after.holder.as_str()), (None, NOBODY));
    for (queue, region) in [("duel", "eu"), ("brawl", "us")] {
        let range = store.range(&look(queue, &[region], -3000.0, 3000.0), 10).await.unwrap().tickets;
        assert_eq!((range.len(), range[0].version, range[0].queued_ms, range[0].tries), (1, 2, QUEUED_MS, 1));
        assert_eq!(range[0].party, before.party);
    }
    assert_eq!(store.expiring(EXPIRES_MS, 10).await.unwrap(), std::slice::from_ref(&after));
    assert_eq!(store.waiting().await.unwrap(), 1);
    let event = last_event(&*store).await;
    assert_eq!((event.change, event.reason.as_str(), event.cursor), (Change::Requeued, "no host", after.changed));
    let other = instance_id("other");
    assert_eq!(store.adopt(&other, std::slice::from_ref(&other), 10).await.unwrap().len(), 1);
}

pub async fn requeued_tickets_can_be_matched_under_their_new_version_only(store: Arc<dyn Store>) {
    let (id, ann, bob) = a_match(&*store).await;
    let fence = leading(&*store).await;
    store.requeue(&fence, id, "", NOW_MS).await.unwrap();
    assert_eq!(store.commit(&fence, deal(&[&ann, &bob])).await.unwrap(), duplicate(&[&ann, &bob]));
    assert_eq!(store.commit(&fence, deal(&[&ann])).await.unwrap(), CommitOutcome::Conflict(ann.id));

    let (ann, bob) = (ticket(&*store, ann.id).await, ticket(&*store, bob.id).await);
    let again = matched(&*store, &[&ann, &bob]).await;
    assert_ne!(again, id);
    assert_eq!(ticket(&*store, ann.id).await.match_id, Some(again));
    assert!(found(&*store, "duel", "eu").await.is_empty());
}

pub async fn requeueing_is_for_matched_matches_and_may_be_repeated(store: Arc<dyn Store>) {
    let (id, ann, _) = a_match(&*store).await;
    let fence = leading(&*store).await;
    let stranger = Fence("1|stranger".into());
    assert_eq!(store.requeue(&stranger, id, "", NOW_MS).await.unwrap(), MatchOutcome::Fenced);
    let failed = done(store.requeue(&fence, id, "", NOW_MS).await.unwrap());
    let events = all_events(&*store).await.len();
    assert_eq!(done(store.requeue(&fence, id, "", NOW_MS).await.unwrap()), failed);
    assert_eq!((all_events(&*store).await.len(), ticket(&*store, ann.id).await.version), (events, 2));
    assert!(store.due(u64::MAX, 10).await.unwrap().is_empty());
    refused(store.end(id, "", NOW_MS).await.unwrap());

    let cid = queued(&*store, solo("cid")).await;
    let started = matched(&*store, &[&cid]).await;
    store.assign(started, &host(), "address", NOW_MS, DUE_MS).await.unwrap();
    refused(store.requeue(&fence, started, "", NOW_MS).await.unwrap());
}

pub async fn rehosting_moves_a_match_and_tells_both_hosts(store: Arc<dyn Store>) {
    let (id, _, _) = a_match(&*store).await;
    let (fence, next) = (leading(&*store).await, instance_id("host-2"));
    let stranger = Fence("1|stranger".into());
    assert_eq!(store.rehost(&stranger, id, &next, NOW_MS, 9_000).await.unwrap(), MatchOutcome::Fenced);
    let moved = done(store.rehost(&fence, id, &next, NOW_MS, 9_000).await.unwrap());
    assert_eq!((moved.state, &moved.host), (MatchState::Matched, &next));

    let event = last_event(&*store).await;
    assert_eq!(
        (event.change, event.watchers),
        (Change::Matched, vec![next.clone(), host()]),
        "the one it leaves hears too"
    );
    assert_eq!(event.matched.unwrap().host, next);
    assert!(store.due(8_999, 10).await.unwrap().is_empty());
    refused(store.assign(id, &host(), "address", NOW_MS, DUE_MS).await.unwrap());

    let events = all_events(&*store).await.len();
    done(store.rehost(&fence, id, &next, NOW_MS, 9_000).await.unwrap());
    assert_eq!(all_events(&*store).await.len(), events, "a repeated call");
    done(store.rehost(&fence, id, &next, NOW_MS, 10_000).await.unwrap());
    assert_eq!(all_events(&*store).await.len(), events + 1, "the same host is told once more");

    store.assign(id, &next, "address", NOW_MS, DUE_MS).await.unwrap();
    refused(store.rehost(&fence, id, &host(), NOW_MS, DUE_MS).await.unwrap());
}

pub async fn a_match_is_due_until_it_ends_soonest_first(store: Arc<dyn Store>) {
    let fence = leading(&*store).await;
    let mut ids = Vec::new();
    for (name, due_ms) in [("ann", 300), ("bob", 100), ("cid", 200)] {
        let ticket = queued(&*store, solo(name)).await;
        let request = crate::CommitRequest { due_ms, ..deal(&[&ticket]) };
        ids.push(request.match_id);
        store.commit(&fence, request).await.unwrap();
    }
    let due = async |now_ms, limit| {
        let matches = store.due(now_ms, limit).await.unwrap();
        matches.into_iter().map(|matched| matched.id).collect::<Vec<_>>()
    };
    assert_eq!(due(99, 10).await, []);
    assert_eq!(due(200, 10).await, [ids[1], ids[2]]);
    assert_eq!(due(999, 1).await, [ids[1]]);
    store.assign(ids[1], &host(), "address", NOW_MS, 900).await.unwrap();
    assert_eq!(due(999, 10).await, [ids[2], ids[0], ids[1]]);
    store.end(ids[2], "", NOW_MS).await.unwrap();
    assert_eq!(due(999, 10).await, [ids[0], ids[1]]);
}

pub async fn what_is_done_to_a_match_that_never_was_is_not_found(store: Arc<dyn Store>) {
    let (id, fence) = (match_id(&[]), leading(&*store).await);
    assert_eq!(store.assign(id, &host(), "address", NOW_MS, DUE_MS).await.unwrap(), MatchOutcome::NotFound);
    assert_eq!(store.end(id, "", NOW_MS).await.unwrap(), MatchOutcome::NotFound);
    assert_eq!(store.requeue(&fence, id, "", NOW_MS).await.unwrap(), MatchOutcome::NotFound);
    assert_eq!(store.rehost(&fence, id, &host(), NOW_MS, DUE_MS).await.unwrap(), MatchOutcome::NotFound);
    assert_eq!(store.acknowledge(id, &player("ann")).await.unwrap(), AcknowledgeOutcome::NotFound);
    assert_eq!(store.remind(&fence, id, NOW_MS, DUE_MS).await.unwrap(), MatchOutcome::NotFound);
    assert_eq!(store.no_show(&fence, id, "", NOW_MS).await.unwrap(), MatchOutcome::NotFound);
}

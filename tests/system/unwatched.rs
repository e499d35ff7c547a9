//! Clients that go away without a word.

use crate::fixture::{Fixture, On, on_both_stores, stored};
use crate::processes::Processes;
use anyhow::{Context, Result};
use api::v1::TicketState;
use api::v1::watch_request::Subject;
use domain::{Role, TicketState as Stored};
use sandbox::{Counts, Queued, wait_until};
use store::Store;
use tonic::Code;

/// Waits until the ticket has left, and answers why.
async fn leaves(store: &dyn Store, ticket_id: &str) -> Result<String> {
    wait_until("a ticket to leave that nobody watches", || async {
        let ticket = stored(store, ticket_id).await.map_err(|error| error.to_string())?;
        if ticket.state == Stored::Cancelled { Ok(ticket.reason) } else { Err(format!("{:?}", ticket.state)) }
    })
    .await
}

on_both_stores! {
    async fn one_whose_client_does_not_come_back_leaves_the_queue_and_his_ticket_says_so(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let Queued { ticket, watcher, actor } = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
        drop(watcher);
        assert_eq!(leaves(fixture.store(), &ticket.id).await?, "nobody watches it any more");
        actor.queues("duel").await.context("and is free to queue again")?;
        Ok(())
    }

    async fn one_who_queues_after_his_watcher_went_away_waits_on(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let mut earlier = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
        earlier.cancels().await?;
        let Queued { watcher, actor, .. } = earlier;
        drop(watcher);
        let ticket = actor.queues("duel").await?;
        let gone = fixture.player("gone", 2500.0)?.enqueues("duel").await?;
        // Whoever goes away after him has left: his own time is over too.
        drop(gone.watcher);
        leaves(fixture.store(), &gone.ticket.id).await?;
        assert_eq!(stored(fixture.store(), &ticket.id).await?.state, Stored::Queued);
        Ok(())
    }

    async fn one_who_is_only_looked_up_waits_on(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let ann = fixture.player("ann", 1500.0)?;
        assert_eq!(ann.finds_his_ticket().await.expect_err("never queued").code(), Code::NotFound);
        let ticket = ann.queues("duel").await?;
        assert_eq!(ann.finds_his_ticket().await?.id, ticket.id);
        let gone = fixture.player("gone", 2500.0)?.enqueues("duel").await?;
        drop(gone.watcher);
        leaves(fixture.store(), &gone.ticket.id).await?;
        assert_eq!(stored(fixture.store(), &ticket.id).await?.state, Stored::Queued);
        Ok(())
    }

    async fn one_who_comes_back_or_was_never_watched_waits_on(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts { playservers: 2, ..Counts::ONE_EACH }).await?;
        let never = fixture.player("never", 500.0)?.queues("duel").await?;
        let back = fixture.player("back", 1500.0)?.enqueues("duel").await?;
        let gone = fixture.player("gone", 2500.0)?.enqueues("duel").await?;
        drop(back.watcher);
        let subject = Subject::PlayerId("back".to_owned());
        let mut again = fixture.player_at("back", 1500.0, 0, 1)?.watches_from(subject, None).await?;
        // Who went away after him has left: his own time is over too.
        drop(gone.watcher);
        leaves(fixture.store(), &gone.ticket.id).await?;
        assert_eq!(again.hears().await?.state(), TicketState::Queued);
        for ticket in [&never, &back.ticket] {
            assert_eq!(stored(fixture.store(), &ticket.id).await?.state, Stored::Queued);
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_a_killed_playserver_leave_unless_they_come_back_through_another() -> Result<()> {
    let mut processes = Processes::start_unwatched(Counts { playservers: 2, ..Counts::ONE_EACH }, 3).await?;
    let gone = processes.player("gone", 500.0)?.enqueues("duel").await?;
    let himself = processes.player("himself", 1500.0)?;
    let _watcher = himself.watches_himself().await?;
    let himself = himself.queues("duel").await?;
    let back = processes.player("back", 2500.0)?.enqueues("duel").await?;
    let never = processes.player("never", 3500.0)?.queues("duel").await?;
    let before = processes.player("before", 4500.0)?.enqueues("duel").await?;
    // His own time is not over when the playserver dies.
    drop(before.watcher);

    processes.take(Role::Playserver, 0)?.dies().await?;
    let back = back.resumes_at(&processes.of(Role::Playserver, 0)?.address).await?;
    for ticket in [&gone.ticket, &himself, &before.ticket] {
        assert_eq!(leaves(processes.store(), &ticket.id).await?, "nobody watches it any more");
    }
    for ticket in [&back.ticket, &never] {
        assert_eq!(stored(processes.store(), &ticket.id).await?.state, Stored::Queued);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_a_playserver_that_died_and_came_back_under_its_name_leave_unless_they_do() -> Result<()> {
    let mut processes = Processes::start_unwatched(Counts::ONE_EACH, 3).await?;
    let gone = processes.player("gone", 500.0)?.enqueues("duel").await?;
    let back = processes.player("back", 2500.0)?.enqueues("duel").await?;
    let never = processes.player("never", 3500.0)?.queues("duel").await?;

    processes.dies_and_comes_back(Role::Playserver, 0).await?;
    let back = back.resumes_at(&processes.of(Role::Playserver, 0)?.address).await?;
    assert_eq!(leaves(processes.store(), &gone.ticket.id).await?, "nobody watches it any more");
    for ticket in [&back.ticket, &never] {
        assert_eq!(stored(processes.store(), &ticket.id).await?.state, Stored::Queued);
    }
    Ok(())
}

use crate::dev::Dev;
use crate::fixture::{Fixture, On, is_held_by, on_both_stores};
use crate::processes::Processes;
use anyhow::Result;
use domain::Role;
use sandbox::{Counts, Following, Session};
use tonic::Code;

const TWO_ORCHESTRATORS: Counts = Counts { orchestrators: 2, ..Counts::ONE_EACH };

on_both_stores! {
    async fn a_leaving_orchestrator_hands_back_the_tickets_it_holds(on: On) -> Result<()> {
        let mut fixture = Fixture::open(on, TWO_ORCHESTRATORS).await?;
        let mut ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
        fixture.system.take(Role::Orchestrator, 0)?.stop().await?;

        is_held_by(fixture.store(), &ann.ticket, &[fixture.first(Role::Sweeper)?]).await?;
        let mut ben = fixture.player("ben", 1505.0)?.enqueues("duel").await?;
        ann.is_matched_with(&mut ben).await?;
        Ok(())
    }

    async fn a_leaving_orchestrator_takes_nothing_new(on: On) -> Result<()> {
        let mut fixture = Fixture::open(on, TWO_ORCHESTRATORS).await?;
        let ann = fixture.player("ann", 1500.0)?;
        // Connected before, as a proxy's connections are.
        ann.queues("duel").await?;
        fixture.system.take(Role::Orchestrator, 0)?.stop().await?;
        // How a connection shows that it is gone depends on the moment: what counts is that nothing was taken.
        ann.is_refused(fixture.player("ben", 90_000.0)?.request("duel")).await?;
        assert_eq!(fixture.store().waiting().await?, 1, "only ann waits");
        Ok(())
    }

    async fn a_leaving_playserver_lets_its_watchers_go_with_unavailable(on: On) -> Result<()> {
        let mut fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let mut ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
        ann.hears().await?;
        fixture.system.take(Role::Playserver, 0)?.stop().await?;
        let status = ann.watcher.is_cut_off().await;
        assert_eq!(status.code(), Code::Unavailable, "{status}");
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_exits_with_0_within_ten_seconds_while_clients_hold_their_streams() -> Result<()> {
    let mut processes = Processes::start(Counts::ONE_EACH).await?;
    let mut ann = processes.player("ann", 1500.0)?.enqueues("duel").await?;
    ann.hears().await?;
    let session = Session::open(&processes.of(Role::Orchestrator, 0)?.address).await?;
    let following = Following::open(&processes.of(Role::Playserver, 0)?.address).await?;

    for role in Role::ALL {
        processes.take(role, 0)?.leaves().await?;
    }
    let status = ann.watcher.is_cut_off().await;
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    drop((session, following));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_exits_with_0_when_all_are_told_at_once() -> Result<()> {
    let mut processes = Processes::start(Counts::ONE_EACH).await?;
    let ann = processes.player("ann", 1500.0)?.enqueues("duel").await?;
    let all: Vec<_> = Role::ALL.into_iter().map(|role| processes.take(role, 0)).collect::<Result<_>>()?;
    futures::future::try_join_all(all.into_iter().map(|process| process.leaves())).await?;
    drop(ann);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ticket_of_an_orchestrator_that_was_told_to_leave_is_matched_by_others() -> Result<()> {
    let mut processes = Processes::start(TWO_ORCHESTRATORS).await?;
    let mut ann = processes.player("ann", 1500.0)?.enqueues("duel").await?;
    let session = Session::open(&processes.of(Role::Orchestrator, 0)?.address).await?;
    processes.take(Role::Orchestrator, 0)?.leaves().await?;

    is_held_by(processes.store(), &ann.ticket, &[processes.of(Role::Sweeper, 0)?.id.clone()]).await?;
    let mut ben = processes.player("ben", 1505.0)?.enqueues("duel").await?;
    ann.is_matched_with(&mut ben).await?;
    drop(session);
    Ok(())
}

#[tokio::test]
async fn a_system_leaves_in_order_when_its_terminal_has_closed() -> Result<()> {
    let status = Dev::ends_with_its_terminal().await?;
    assert!(status.success(), "{status}");
    Ok(())
}

use crate::fixture::{Fixture, On, is_held_by, on_both_stores, stored};
use crate::processes::Processes;
use anyhow::Result;
use api::v1;
use domain::{InstanceId, Role};
use sandbox::{Actor, Counts};

/// A ticket that stands in the store as an orchestrator leaves it that crashes right after it was written.
async fn orphan(fixture: &Fixture, actor: &Actor) -> Result<v1::Ticket> {
    fixture.writes(actor, "crashed", "orchestrator-crashed".parse()?).await
}

/// Two tickets that nobody alive looks for meet all the same.
async fn orphans_meet(on: On, counts: Counts, adopter: Role) -> Result<()> {
    let fixture = Fixture::open(on, counts).await?;
    let (ann, ben) = (fixture.player("ann", 1500.0)?, fixture.player("ben", 1505.0)?);
    let (of_ann, of_ben) = (orphan(&fixture, &ann).await?, orphan(&fixture, &ben).await?);
    let (mut ann, mut ben) = (ann.watches(of_ann).await?, ben.watches(of_ben).await?);
    ann.is_matched_with(&mut ben).await?;
    let holder: InstanceId = stored(fixture.store(), &ann.ticket.id).await?.holder;
    assert_eq!(holder, fixture.first(adopter)?, "who adopted it looked for it");
    Ok(())
}

on_both_stores! {
    async fn tickets_of_an_orchestrator_that_died_are_adopted_by_the_sweeper_and_matched(on: On) -> Result<()> {
        orphans_meet(on, Counts { orchestrators: 2, ..Counts::ONE_EACH }, Role::Sweeper).await
    }

    async fn with_no_sweeper_alive_an_orchestrator_adopts(on: On) -> Result<()> {
        orphans_meet(on, Counts { sweepers: 0, ..Counts::ONE_EACH }, Role::Orchestrator).await
    }

    async fn what_a_sweeper_holds_goes_on_when_it_leaves(on: On) -> Result<()> {
        let mut fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let ann = fixture.player("ann", 1500.0)?;
        let ticket = orphan(&fixture, &ann).await?;
        is_held_by(fixture.store(), &ticket, &[fixture.first(Role::Sweeper)?]).await?;

        fixture.system.take(Role::Sweeper, 0)?.stop().await?;
        is_held_by(fixture.store(), &ticket, &[fixture.first(Role::Orchestrator)?]).await?;
        let mut ann = ann.watches(ticket).await?;
        let mut ben = fixture.player("ben", 1505.0)?.enqueues("duel").await?;
        ann.is_matched_with(&mut ben).await?;
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_held_who_is_back_before_anybody_missed_him_is_looked_for_again() -> Result<()> {
    let mut processes = Processes::start(Counts::ONE_EACH).await?;
    let ann = processes.player("ann", 1500.0)?.enqueues("duel").await?;
    let sweeper = [processes.of(Role::Sweeper, 0)?.id.clone()];
    processes.dies_and_comes_back(Role::Orchestrator, 0).await?;
    is_held_by(processes.store(), &ann.ticket, &sweeper).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_of_a_killed_orchestrator_are_adopted_and_matched() -> Result<()> {
    let mut processes = Processes::start(Counts { orchestrators: 2, ..Counts::ONE_EACH }).await?;
    let mut ann = processes.player("ann", 1500.0)?.enqueues("duel").await?;
    let (killed, sweeper) = (processes.take(Role::Orchestrator, 0)?, processes.of(Role::Sweeper, 0)?.id.clone());
    assert_eq!(stored(processes.store(), &ann.ticket.id).await?.holder, killed.id);

    killed.dies().await?;
    is_held_by(processes.store(), &ann.ticket, &[sweeper]).await?;
    let mut ben = processes.player("ben", 1505.0)?.enqueues("duel").await?;
    ann.is_matched_with(&mut ben).await?;
    Ok(())
}

use crate::fixture::{Fixture, On, on_both_stores};
use anyhow::{Context, Result};
use api::v1::{EnqueueRequest, EnqueueResponse};
use domain::Role;
use sandbox::{Actor, Counts};

const KEY: &str = "once";

async fn retries(actor: &Actor) -> Result<EnqueueResponse> {
    let request = EnqueueRequest { client_key: KEY.to_owned(), ..actor.request("duel") };
    Ok(actor.queue.clone().enqueue(request).await?.into_inner())
}

/// Both were stored by the first orchestrator, as if it had then lost the answer: it holds tickets that it does not know of. They ask
/// again at number `at`.
async fn both_retry_and_meet(on: On, at: usize) -> Result<()> {
    let fixture = Fixture::open(on, Counts { orchestrators: 2, ..Counts::ONE_EACH }).await?;
    let (ann, ben) = (fixture.player_at("ann", 1500.0, at, 0)?, fixture.player_at("ben", 1500.0, at, 0)?);
    for actor in [&ann, &ben] {
        fixture.writes(actor, KEY, fixture.first(Role::Orchestrator)?).await?;
    }
    let (of_ann, of_ben) = (retries(&ann).await?, retries(&ben).await?);
    assert!(of_ann.repeated && of_ben.repeated, "the tickets were there");
    let mut ann = ann.watches(of_ann.ticket.context("ticket")?).await?;
    let mut ben = ben.watches(of_ben.ticket.context("ticket")?).await?;
    ann.is_matched_with(&mut ben).await?;
    Ok(())
}

on_both_stores! {
    async fn a_ticket_whose_answer_was_lost_is_looked_for_once_its_owner_asks_again(on: On) -> Result<()> {
        both_retry_and_meet(on, 0).await
    }

    async fn a_ticket_whose_answer_was_lost_is_looked_for_wherever_its_owner_asks_again(on: On) -> Result<()> {
        both_retry_and_meet(on, 1).await
    }
}

use crate::fixture::{Fixture, On, stored};
use crate::health_and_reflection::is_in_state;
use anyhow::{Context, Result};
use api::v1::EnqueueRequest;
use domain::{Role, TicketState};
use sandbox::{Counts, wait_until};
use std::time::{Duration, Instant};
use store::testing::RedisServer;
use tokio::task::block_in_place;
use tonic::Code;
use tonic_health::pb::health_check_response::ServingStatus;

/// What the product promises.
const REFUSED_WITHIN: Duration = Duration::from_secs(1);
/// What a busy machine may take on top before the test's own clock is read.
const SLACK: Duration = Duration::from_millis(500);

fn redis(fixture: &mut Fixture) -> Result<&mut RedisServer> {
    fixture.redis.as_mut().context("a fixture on Redis")
}

async fn all_are(fixture: &Fixture, state: ServingStatus) -> Result<()> {
    for role in Role::ALL {
        is_in_state(&fixture.address(role, 0)?, "", state).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_away_requests_are_refused_within_a_second_and_nobody_is_ready() -> Result<()> {
    let mut fixture = Fixture::open(On::Redis, Counts::ONE_EACH).await?;
    // Connected before, so that only the store is waited for.
    fixture.player("ann", 1500.0)?.queues("duel").await?;
    let ben = fixture.player("ben", 1505.0)?;
    ben.is_refused(ben.request("chess")).await?;
    block_in_place(|| redis(&mut fixture).map(RedisServer::kill))?;

    let asked = Instant::now();
    let status = ben.is_refused(ben.request("duel")).await?;
    let took = asked.elapsed();
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    assert!(took < REFUSED_WITHIN + SLACK, "it took {took:?}: {status}");
    all_are(&fixture, ServingStatus::NotServing).await
}

#[tokio::test(flavor = "multi_thread")]
async fn when_redis_comes_back_all_go_on_by_themselves_and_who_waited_is_matched() -> Result<()> {
    let mut fixture = Fixture::open(On::Redis, Counts::ONE_EACH).await?;
    let mut ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
    ann.hears().await?;
    block_in_place(|| redis(&mut fixture).map(RedisServer::kill))?;
    all_are(&fixture, ServingStatus::NotServing).await?;
    block_in_place(|| redis(&mut fixture)?.restart().context("redis-server comes back"))?;

    all_are(&fixture, ServingStatus::Serving).await?;
    assert_eq!(stored(fixture.store(), &ann.ticket.id).await?.state, TicketState::Queued);
    let mut ben = fixture.player("ben", 1505.0)?.enqueues("duel").await?;
    ann.is_matched_with(&mut ben).await?;
    Ok(())
}

/// Nothing may be left behind that only an outage of the right length shows: here one shorter than any lease.
#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_restarts_at_once_is_hardly_noticed() -> Result<()> {
    let mut fixture = Fixture::open(On::Redis, Counts::ONE_EACH).await?;
    let mut ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
    ann.hears().await?;
    block_in_place(|| redis(&mut fixture)?.restart().context("redis-server comes back"))?;

    let ben = fixture.player("ben", 1505.0)?;
    let request = EnqueueRequest { client_key: "once".into(), ..ben.request("duel") };
    // A call that fails may have been done all the same, so it has a key.
    let ticket = wait_until("ben to be queued", || async {
        let response = ben.queue.clone().enqueue(request.clone()).await.map_err(|status| status.to_string())?;
        response.into_inner().ticket.ok_or_else(|| "no ticket".to_owned())
    })
    .await?;
    let mut ben = ben.watches(ticket).await?;
    ann.is_matched_with(&mut ben).await?;
    Ok(())
}

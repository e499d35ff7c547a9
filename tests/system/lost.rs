//! What a power cut takes from a Redis that had not synced it.

use crate::fixture::{Fixture, On};
use anyhow::{Context, Result};
use api::v1::TicketState;
use api::v1::watch_request::Subject;
use sandbox::{Counts, Watcher};
use tonic::Code;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_watches_what_the_store_lost_is_told_that_it_is_not_there() -> Result<()> {
    let mut fixture = Fixture::open(On::Redis, Counts::ONE_EACH).await?;
    let redis = fixture.redis.as_mut().context("a Redis")?;
    let synced = redis.written()?;
    let [mut by_ticket, mut by_player] = lonely(&fixture, "ann").await?;

    let redis = fixture.redis.as_mut().context("a Redis")?;
    redis.cut_power(&synced)?;
    redis.restart()?;

    assert_eq!(by_ticket.is_cut_off().await.code(), Code::NotFound);
    let update = by_player.hears().await?;
    assert!(update.snapshot && update.ticket_id.is_empty() && update.player_ids == ["ann"], "{update:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_that_goes_on_from_a_history_that_the_store_lost_begins_anew() -> Result<()> {
    let fixture = Fixture::open(On::Memory, Counts::ONE_EACH).await?;
    let ann = fixture.player("ann", 1500.0)?;
    let from_beyond = Some(api::v1::Cursor { epoch: u64::MAX, seq: u64::MAX });
    let mut watcher = ann.watches_from(Subject::PlayerId("ann".to_owned()), from_beyond).await?;
    assert_eq!(watcher.hears().await?.ticket_id, "");
    let ticket = ann.queues("duel").await?;
    assert_eq!(watcher.reaches(TicketState::Queued).await?.ticket_id, ticket.id);
    Ok(())
}

/// Somebody whom nobody matches, watched by his ticket and by his name; both have heard that he is queued.
async fn lonely(fixture: &Fixture, name: &str) -> Result<[Watcher; 2]> {
    let player = fixture.player(name, 1500.0)?;
    let ticket = player.queues("duel").await?;
    let mut watchers = [
        player.watches_from(Subject::TicketId(ticket.id), None).await?,
        player.watches_from(Subject::PlayerId(name.to_owned()), None).await?,
    ];
    for watcher in &mut watchers {
        watcher.reaches(TicketState::Queued).await?;
    }
    Ok(watchers)
}

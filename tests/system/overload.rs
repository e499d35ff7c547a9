//! More comes than can be taken.

use crate::house::{House, On};
use anyhow::{Context, Result, ensure};
use api::v1::queue_client::QueueClient;
use domain::Role;
use futures::future::join_all;
use orchestrator::ENQUEUES_IN_WORK_MAX;
use sandbox::{Actor, Counts, wait_until};
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};
use tonic::{Code, Status};

const TOO_MANY: usize = 100;
/// Shorter than an Enqueue waits for the store.
const PAUSE: Duration = Duration::from_millis(700);
/// At once, on a busy machine.
const SOON: Duration = Duration::from_millis(500);

/// The store answers nothing for a while.
fn pause(house: &House) -> Result<()> {
    let redis = house.redis.as_ref().context("a house on Redis")?;
    let mut socket = UnixStream::connect(redis.url().trim_start_matches("redis+unix://"))?;
    write!(socket, "CLIENT PAUSE {} ALL\r\n", PAUSE.as_millis())?;
    std::io::Read::read(&mut socket, &mut [0; 5])?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn more_enqueues_than_the_store_can_take_are_refused_at_once_and_the_others_are_taken() -> Result<()> {
    let house = House::open(On::Redis, Counts::ONE_EACH).await?;
    let client = QueueClient::new(chassis::channel(&house.address(Role::Orchestrator, 0)?)?);
    let players: Vec<Actor> = (0..ENQUEUES_IN_WORK_MAX + TOO_MANY)
        .map(|n| house.player(&format!("player-{n}"), 1500.0))
        .collect::<Result<_>>()?;
    pause(&house)?;
    let asking = players.iter().map(|player| {
        let (mut client, request) = (client.clone(), player.request("duel"));
        async move {
            let asked = Instant::now();
            (client.enqueue(request).await.map(drop), asked.elapsed())
        }
    });
    let answers: Vec<(Result<(), Status>, Duration)> = join_all(asking).await;
    let refused: Vec<_> = answers.iter().filter_map(|(answer, took)| Some((answer.as_ref().err()?, took))).collect();
    ensure!(refused.len() == TOO_MANY, "{} were refused", refused.len());
    for (status, took) in refused {
        ensure!(status.code() == Code::ResourceExhausted && *took < SOON, "after {took:?}: {status}");
    }

    let late = house.player("late", 1500.0)?;
    wait_until("there to be room again", || async {
        late.queues("duel").await.map(drop).map_err(|error| error.to_string())
    })
    .await
}

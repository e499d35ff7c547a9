//! More comes than can be taken.

use crate::fixture::{Fixture, On};
use anyhow::{Context, Result, ensure};
use api::v1::queue_client::QueueClient;
use domain::Role;
use futures::future::join_all;
use orchestrator::ARRIVALS_TAKEN_MAX;
use sandbox::{Actor, Counts, wait_until};
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};
use tonic::{Code, Status};

const TOO_MANY: usize = 400;
/// A machine that is busy with other tests may not get as many asked in time.
const FLOODS_MAX: usize = 5;
/// Shorter than an Enqueue waits for the store.
const PAUSE: Duration = Duration::from_millis(700);
/// At once, on a busy machine.
const SOON: Duration = Duration::from_secs(2);

/// The store answers nothing for a while.
fn pause(fixture: &Fixture) -> Result<()> {
    let redis = fixture.redis.as_ref().context("a fixture on Redis")?;
    let mut socket = UnixStream::connect(redis.url().trim_start_matches("redis+unix://"))?;
    write!(socket, "CLIENT PAUSE {} ALL\r\n", PAUSE.as_millis())?;
    std::io::Read::read(&mut socket, &mut [0; 5])?;
    Ok(())
}

/// What came of asking for all of them at once while the store answers nothing.
async fn flood(fixture: &Fixture, players: &[Actor]) -> Result<Vec<(Status, Duration)>> {
    let client = QueueClient::new(chassis::channel(&fixture.address(Role::Orchestrator, 0)?)?);
    pause(fixture)?;
    let asking = players.iter().map(|player| {
        let (mut client, request) = (client.clone(), player.request("duel"));
        async move {
            let asked = Instant::now();
            (client.enqueue(request).await, asked.elapsed())
        }
    });
    let answers = join_all(asking).await;
    Ok(answers.into_iter().filter_map(|(answer, took)| Some((answer.err()?, took))).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn more_enqueues_than_the_store_can_take_are_refused_at_once_and_the_others_are_taken() -> Result<()> {
    let fixture = Fixture::open(On::Redis, Counts::ONE_EACH).await?;
    let numbers = 0..ARRIVALS_TAKEN_MAX + TOO_MANY;
    let players: Vec<Actor> =
        numbers.map(|number| fixture.player(&format!("player-{number}"), 1500.0)).collect::<Result<_>>()?;
    let mut refused = Vec::new();
    for _ in 0..FLOODS_MAX {
        refused.extend(flood(&fixture, &players).await?);
        // In a later flood some play already, and are told so.
        refused.retain(|(status, _)| status.code() == Code::ResourceExhausted);
        if !refused.is_empty() {
            break;
        }
    }
    ensure!(!refused.is_empty(), "all were taken");
    for (status, took) in refused {
        ensure!(took < SOON, "after {took:?}: {status}");
    }

    let late = fixture.player("late", 1500.0)?;
    wait_until("there to be room again", || async {
        late.queues("duel").await.map(drop).map_err(|error| error.to_string())
    })
    .await
}

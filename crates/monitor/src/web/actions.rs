//! What the page's buttons do.

use super::{Refusal, unwatched};
use crate::spawn::Wish;
use crate::watch::{Monitor, Watched};
use api::v1::DrainRequest;
use api::v1::inspect_client::InspectClient;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use tonic::Status;

/// Parties that come by themselves.
#[derive(Deserialize)]
pub struct Stream {
    #[serde(flatten)]
    wish: Wish,
    per_s: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drain {
    instance: String,
}

pub async fn spawn(State(monitor): State<Monitor>, Json(wish): Json<Wish>) -> Result<Json<Value>, Refusal> {
    let ticket = spawning(&monitor)?.spawner.spawn(&wish, true).await?;
    Ok(Json(json!({ "ticket": ticket })))
}

pub async fn stream(State(monitor): State<Monitor>, Json(stream): Json<Stream>) -> Result<Json<Value>, Refusal> {
    spawning(&monitor)?.spawner.stream(stream.wish, stream.per_s)?;
    Ok(Json(json!({})))
}

pub async fn stop(State(monitor): State<Monitor>) -> Result<Json<Value>, Refusal> {
    spawning(&monitor)?.spawner.stop();
    Ok(Json(json!({})))
}

/// The instance itself says whether it may be drained.
pub async fn drain(State(monitor): State<Monitor>, Json(drain): Json<Drain>) -> Result<Json<Value>, Refusal> {
    let watched = monitor.watched().ok_or_else(unwatched)?;
    // By its lease, and not by what it says of itself.
    let mut alive = watched.peers.iter().flat_map(|peers| peers.alive().to_vec());
    let instance = alive.find(|instance| instance.id.as_str() == drain.instance);
    let instance = instance.ok_or_else(|| Status::not_found(format!("no instance {}", drain.instance)))?;
    let channel = monitor.deps.network.channel_to(&instance.address, instance.role.into());
    let channel = channel.map_err(|error| Status::unavailable(error.to_string()))?;
    InspectClient::new(channel).drain(DrainRequest {}).await?;
    Ok(Json(json!({})))
}

fn spawning(monitor: &Monitor) -> Result<Watched, Status> {
    if !monitor.config.may_spawn {
        return Err(Status::permission_denied("this monitor was not started with --spawn"));
    }
    monitor.watched().ok_or_else(unwatched)
}

//! Every gRPC server of the system, with all of its limits.

mod health;
mod incoming;

use crate::{Entrance, Listener, Readiness, Shutdown};
use doors::{Doors, Guard};
use std::future::Future;
use std::time::Duration;
use tonic::service::Routes;
use tonic::transport::Server;

/// Longest time a unary call may take, in ms; of a stream, the time to its headers. A longer one ends as CANCELLED (tonic's
/// choice): it is a last bound, and services answer for themselves long before it.
const UNARY_MS_MAX: u64 = 5_000;
/// Longest time open calls and connections may take to end at shutdown, in ms. The rest of the ten seconds in which a
/// process ends is for what it holds and for telemetry.
pub const DRAIN_MS_MAX: u64 = 5_000;

/// A client that hangs is noticed after one interval and one timeout, in ms.
const KEEPALIVE_INTERVAL_MS: u64 = 10_000;
const KEEPALIVE_TIMEOUT_MS: u64 = 10_000;
/// Calls open at once on one connection: a proxy carries many watchers over one.
const STREAMS_PER_CONNECTION_MAX: u32 = 10_000;
/// Bytes that one stream, and all streams of the connection together, may send before they are read.
const STREAM_WINDOW_BYTES: u32 = 1024 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 4 * 1024 * 1024;
const HEADERS_BYTES_MAX: u32 = 16 * 1024;
/// Streams a client may open and reset at once before its connection is closed (the "rapid reset" attack).
const RESET_STREAMS_MAX: usize = 200;

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("the server failed: {0}")]
    Transport(#[from] tonic::transport::Error),
    #[error("the services cannot be described: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// Serves `routes` at `entrance` until `shutdown`, together with health (of "" and of each full service name in `names`)
/// and, where it is asked for, reflection. Sizes of messages are set on the generated services.
///
/// At shutdown: not ready, no new connections, open calls go on to their end. Streams end when their service ends them,
/// on the same token. What is open after [`DRAIN_MS_MAX`] is cut.
pub async fn serve(
    entrance: Entrance<impl Listener>,
    routes: Routes,
    names: &[&str],
    readiness: Readiness,
    shutdown: Shutdown,
) -> Result<(), ServeError> {
    let Entrance { listener, doors, reflection, health: probed } = entrance;
    let health = |may_watch| health::service(names, readiness.clone(), shutdown.clone(), may_watch);
    let routes = routes.add_service(health(true));
    let routes = if reflection { describe(routes)? } else { routes };
    let cut = Shutdown::new();
    // However this future ends, also when it is dropped, no connection outlives it.
    let _guard = cut.clone().drop_guard();
    if let Some(probed) = probed {
        let incoming = incoming::connections(probed, Doors::open(), cut.clone());
        let probed = bounded().add_service(health(false)).serve_with_incoming(incoming);
        tokio::spawn(cut.clone().run_until_cancelled_owned(probed));
    }
    let incoming = incoming::connections(listener, doors.clone(), cut);
    let begin_drain = {
        let shutdown = shutdown.clone();
        async move {
            shutdown.cancelled().await;
            readiness.close();
        }
    };
    // Whoever is turned away leaves no trace.
    let serving = bounded().layer(Guard(doors)).layer(telemetry::server_layer()).add_routes(routes);
    let serving = serving.serve_with_incoming_shutdown(incoming, begin_drain);
    Ok(until_drained(serving, shutdown).await.unwrap_or(Ok(()))?)
}

fn bounded() -> Server {
    Server::builder()
        .timeout(Duration::from_millis(UNARY_MS_MAX))
        .http2_keepalive_interval(Some(Duration::from_millis(KEEPALIVE_INTERVAL_MS)))
        .http2_keepalive_timeout(Some(Duration::from_millis(KEEPALIVE_TIMEOUT_MS)))
        .max_concurrent_streams(STREAMS_PER_CONNECTION_MAX)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .http2_max_header_list_size(HEADERS_BYTES_MAX)
        .http2_max_pending_accept_reset_streams(Some(RESET_STREAMS_MAX))
}

/// Both reflection services, each with every descriptor: clients differ in which one they ask.
fn describe(routes: Routes) -> Result<Routes, ServeError> {
    let descriptors = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(api::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET)
            .include_reflection_service(false)
    };
    Ok(routes.add_service(descriptors().build_v1()?).add_service(descriptors().build_v1alpha()?))
}

/// `None` when `serving` was still at it [`DRAIN_MS_MAX`] after `shutdown`.
async fn until_drained<F: Future>(serving: F, shutdown: Shutdown) -> Option<F::Output> {
    let overdue = async {
        shutdown.cancelled().await;
        tokio::time::sleep(Duration::from_millis(DRAIN_MS_MAX)).await;
    };
    tokio::select! {
        served = serving => Some(served),
        () = overdue => {
            tracing::warn!(drain_ms = DRAIN_MS_MAX, "connections still open at the end of the drain are cut");
            None
        }
    }
}

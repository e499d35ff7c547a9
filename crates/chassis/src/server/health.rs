//! `grpc.health.v1` over [`Readiness`]. Its watches end at shutdown, which those of tonic-health's own service do not.

use crate::{Readiness, Shutdown};
use futures::stream::{BoxStream, StreamExt, unfold};
use tonic::{Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

struct ReadinessHealth {
    names: Vec<String>,
    readiness: Readiness,
    shutdown: Shutdown,
    /// Whether it may be watched: that stays, and costs memory.
    may_watch: bool,
}

/// Answers for the whole process ("") and for each of `names`.
pub(super) fn service(
    names: &[&str],
    readiness: Readiness,
    shutdown: Shutdown,
    may_watch: bool,
) -> HealthServer<impl Health + use<>> {
    let names = names.iter().map(ToString::to_string).chain([String::new()]).collect();
    HealthServer::new(ReadinessHealth { names, readiness, shutdown, may_watch })
}

fn response(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse { status: status.into() }
}

fn serving(ready: bool) -> HealthCheckResponse {
    response(if ready { ServingStatus::Serving } else { ServingStatus::NotServing })
}

#[tonic::async_trait]
impl Health for ReadinessHealth {
    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        if !self.names.contains(&request.get_ref().service) {
            return Err(Status::not_found("no such service here"));
        }
        Ok(Response::new(serving(self.readiness.is_ready())))
    }

    type WatchStream = BoxStream<'static, Result<HealthCheckResponse, Status>>;

    async fn watch(&self, request: Request<HealthCheckRequest>) -> Result<Response<Self::WatchStream>, Status> {
        if !self.may_watch {
            return Err(Status::unimplemented("no Watch here, where anyone may ask: Check, again and again"));
        }
        let known = self.names.contains(&request.get_ref().service);
        let states = if known { states(self.readiness.clone()) } else { unknown() };
        // The last state is sent before the stream ends: shutdown closes readiness, and a watcher should learn of it.
        let last = futures::stream::once(async move { serving(false) });
        let watch = states.take_until(self.shutdown.clone().cancelled_owned()).chain(last).map(Ok);
        Ok(Response::new(watch.boxed()))
    }
}

/// The present state, then each other one.
fn states(readiness: Readiness) -> BoxStream<'static, HealthCheckResponse> {
    unfold((readiness, None::<bool>), |(readiness, told)| async move {
        if let Some(told) = told {
            readiness.wait_until(!told).await;
        }
        let ready = told.map_or_else(|| readiness.is_ready(), |told| !told);
        Some((serving(ready), (readiness, Some(ready))))
    })
    .boxed()
}

/// The protocol keeps the watch of an unknown service open, for it may appear.
fn unknown() -> BoxStream<'static, HealthCheckResponse> {
    let told = futures::stream::once(async { response(ServingStatus::ServiceUnknown) });
    told.chain(futures::stream::pending()).boxed()
}

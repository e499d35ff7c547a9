//! The page and what it asks for, over HTTP.

mod actions;
mod assets;
mod events;
mod guard;

use crate::config::{BODY_BYTES_MAX, PAGE, REQUEST_WAIT_MAX, REQUESTS_MAX};
use crate::watch::Monitor;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chassis::{Shutdown, status};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tonic::{Code, Status};
use tower::ServiceExt;

/// Until `shutdown`; open streams end with it.
pub async fn serve(monitor: Monitor, listener: TcpListener, shutdown: Shutdown) {
    let router = router(monitor);
    let respond = move |request: Request<_>| router.clone().oneshot(request.map(Body::new));
    chassis::serve_http(listener, PAGE, respond, shutdown).await;
}

fn router(monitor: Monitor) -> Router {
    let room = Arc::new(Semaphore::new(REQUESTS_MAX));
    let changing = Router::new()
        .route("/spawn", post(actions::spawn))
        .route("/stream", post(actions::stream))
        .route("/stop", post(actions::stop))
        .route("/drain", post(actions::drain))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .route_layer(from_fn(guard::same_origin));
    let asking = Router::new().route("/ticket/{id}", get(ticket)).merge(changing).layer(from_fn(in_time));
    Router::new()
        .merge(assets::routes())
        .merge(asking)
        .route("/events", get(events::events))
        .layer(from_fn(guard::headers))
        .layer(from_fn_with_state(monitor.clone(), guard::known_host))
        .layer(from_fn_with_state(room, in_room))
        .with_state(monitor)
}

async fn ticket(State(monitor): State<Monitor>, Path(id): Path<String>) -> Result<Response, Refusal> {
    let watched = monitor.watched().ok_or_else(unwatched)?;
    Ok(Json(watched.gateway.ticket(&id).await?).into_response())
}

/// An answer's place is kept for as long as its body is read, also where it is a stream.
async fn in_room(State(room): State<Arc<Semaphore>>, request: Request, next: Next) -> Response {
    let Ok(permit) = room.try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many requests at once").into_response();
    };
    next.run(request).await.map(|body| events::held(body, permit))
}

async fn in_time(request: Request, next: Next) -> Response {
    let answer = tokio::time::timeout(REQUEST_WAIT_MAX, next.run(request)).await;
    answer.unwrap_or_else(|_| (StatusCode::GATEWAY_TIMEOUT, "it took too long").into_response())
}

/// Why something is not done: the code and what the service said.
pub struct Refusal(Status);

impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        Self(status)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let code = match self.0.code() {
            Code::InvalidArgument | Code::OutOfRange => StatusCode::BAD_REQUEST,
            Code::NotFound => StatusCode::NOT_FOUND,
            Code::PermissionDenied => StatusCode::FORBIDDEN,
            Code::FailedPrecondition | Code::AlreadyExists => StatusCode::CONFLICT,
            Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        (code, Json(status::failure(&self.0).message)).into_response()
    }
}

pub fn unwatched() -> Status {
    Status::unavailable("nobody looks at the page: nothing is known")
}

//! This process's metrics over HTTP, for Prometheus, on a listener of its own.

use crate::http::{HttpLimits, serve_http};
use crate::{Shutdown, compute};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use std::convert::Infallible;
use std::time::Duration;
use tokio::net::TcpListener;

/// Where the metrics are.
pub const SCRAPE_PATH: &str = "/metrics";

/// What is asked for every 15 s needs no open connection; Prometheus gives up after 10 s.
const SCRAPES: HttpLimits = HttpLimits {
    connections_max: 8,
    head_wait_max: Duration::from_secs(5),
    open_max: Duration::from_secs(10),
    keep_alive: false,
};

/// Answers `GET /metrics` until `shutdown`, one request on each connection.
pub async fn serve_metrics(listener: TcpListener, shutdown: Shutdown) {
    serve_http(listener, SCRAPES, respond, shutdown).await;
}

async fn respond(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let is_read = request.method() == Method::GET || request.method() == Method::HEAD;
    Ok(match (is_read, request.uri().path()) {
        (true, SCRAPE_PATH) => told().await,
        (false, SCRAPE_PATH) => with(StatusCode::METHOD_NOT_ALLOWED, ALLOW, "GET, HEAD", Bytes::new()),
        _ => with(StatusCode::NOT_FOUND, CONTENT_TYPE, "text/plain", "metrics are at /metrics\n".into()),
    })
}

/// With many series that is some milliseconds of writing: not on a thread that serves sockets.
async fn told() -> Response<Full<Bytes>> {
    match compute(|| telemetry::metrics().text()).await {
        Ok(text) => with(StatusCode::OK, CONTENT_TYPE, telemetry::TEXT_TYPE, text.into()),
        Err(_) => with(StatusCode::INTERNAL_SERVER_ERROR, CONTENT_TYPE, "text/plain", Bytes::new()),
    }
}

fn with(
    status: StatusCode,
    header: hyper::header::HeaderName,
    value: &'static str,
    body: Bytes,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header, HeaderValue::from_static(value));
    response
}

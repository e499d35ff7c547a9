//! The one thing that is not gRPC: this process's metrics over HTTP, for Prometheus, on a listener of its own.

use crate::{Shutdown, compute};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

/// Where the metrics are.
pub const SCRAPE_PATH: &str = "/metrics";

/// Connections open at once; further ones are closed at once.
const SCRAPES_MAX: usize = 8;
/// Longest time one of them may take in all, in ms: Prometheus gives up after 10 s.
const SCRAPE_MS_MAX: u64 = 10_000;
/// Longest time its request may take to come, in ms.
const REQUEST_MS_MAX: u64 = 5_000;
const REQUEST_BYTES_MAX: usize = 16 * 1024;
/// Wait after a failed accept, in ms: out of file handles, the next one fails as well.
const ACCEPT_RETRY_MS: u64 = 50;

/// Answers `GET /metrics` until `shutdown`, one request on each connection: what is asked for every 15 s needs no open one.
pub async fn serve_metrics(listener: TcpListener, shutdown: Shutdown) {
    let room = Arc::new(Semaphore::new(SCRAPES_MAX));
    let accepting = async {
        loop {
            let Ok((connection, _)) = listener.accept().await else {
                sleep(Duration::from_millis(ACCEPT_RETRY_MS)).await;
                continue;
            };
            let Ok(place) = room.clone().try_acquire_owned() else { continue };
            let answering = shutdown.clone().run_until_cancelled_owned(answer(connection));
            tokio::spawn(async move {
                answering.await;
                drop(place);
            });
        }
    };
    shutdown.run_until_cancelled(accepting).await;
}

async fn answer(connection: TcpStream) {
    let mut http = http1::Builder::new();
    http.keep_alive(false).timer(TokioTimer::new()).max_buf_size(REQUEST_BYTES_MAX);
    http.header_read_timeout(Duration::from_millis(REQUEST_MS_MAX));
    let serving = http.serve_connection(TokioIo::new(connection), service_fn(respond));
    // Whoever does not read to the end asks again.
    if let Ok(Err(error)) = timeout(Duration::from_millis(SCRAPE_MS_MAX), serving).await {
        tracing::debug!(%error, "metrics were not read to the end");
    }
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

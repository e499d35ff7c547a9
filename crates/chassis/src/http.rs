//! The door of what is not gRPC: HTTP/1 for Prometheus and for browsers.

use crate::Shutdown;
use crate::network::accept;
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::error::Error;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

/// Largest head of a request.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// How long answers may take to end at shutdown.
const FINISH_WAIT_MAX: Duration = Duration::from_secs(2);

/// What may come in by HTTP.
#[derive(Debug, Clone, Copy)]
pub struct HttpLimits {
    /// Connections open at once; further ones are closed at once.
    pub connections_max: usize,
    /// How long a request's head may take to come, the first one's or another's.
    pub head_wait_max: Duration,
    /// How long a connection may be open in all.
    pub open_max: Duration,
    /// Whether a connection may bring more than one request.
    pub keep_alive: bool,
}

/// Has `respond` answer every request until `shutdown`; what is being answered then may end within [`FINISH_WAIT_MAX`].
pub async fn serve_http<R, F, B>(listener: TcpListener, limits: HttpLimits, respond: R, shutdown: Shutdown)
where
    R: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Result<Response<B>, Infallible>> + Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let room = Arc::new(Semaphore::new(limits.connections_max));
    let open = TaskTracker::new();
    let accepting = async {
        loop {
            let connection = accept(&listener).await;
            let Ok(place) = room.clone().try_acquire_owned() else { continue };
            let answering = answer(connection, limits, respond.clone(), shutdown.clone());
            open.spawn(async move {
                answering.await;
                drop(place);
            });
        }
    };
    shutdown.run_until_cancelled(accepting).await;
    open.close();
    open.wait().await;
}

async fn answer<R, F, B>(connection: TcpStream, limits: HttpLimits, respond: R, shutdown: Shutdown)
where
    R: Fn(Request<Incoming>) -> F,
    F: Future<Output = Result<Response<B>, Infallible>>,
    B: Body<Error: Into<Box<dyn Error + Send + Sync>>> + 'static,
{
    let mut http = http1::Builder::new();
    http.keep_alive(limits.keep_alive).max_buf_size(HEAD_BYTES_MAX);
    http.timer(TokioTimer::new()).header_read_timeout(limits.head_wait_max);
    let mut serving = pin!(http.serve_connection(TokioIo::new(connection), service_fn(respond)));
    let ended = tokio::select! {
        ended = timeout(limits.open_max, serving.as_mut()) => ended,
        () = shutdown.cancelled() => {
            serving.as_mut().graceful_shutdown();
            timeout(FINISH_WAIT_MAX, serving).await
        }
    };
    // Whoever did not read to the end asks again.
    if let Ok(Err(error)) = ended {
        tracing::debug!(%error, "an HTTP connection broke");
    }
}

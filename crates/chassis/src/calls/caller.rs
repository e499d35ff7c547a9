use super::Requests;
use super::keeper::Keeper;
use super::link::{Expected, Link};
use super::service_and_method;
use crate::Shutdown;
use api::{Call, CallRequest};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use telemetry::Under;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Semaphore, SemaphorePermit, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tonic::{Status, Streaming};
use tracing::field::Empty;
use tracing::{Instrument, Span};

/// Why a call has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The peer has all the calls it may have. Nothing was sent: try another.
    #[error("the peer has all the calls it may have")]
    Busy,
    /// The peer cannot be reached. Nothing was sent: try another.
    #[error("the peer cannot be reached")]
    Away,
    /// The stream broke. The peer may or may not have done what was asked.
    #[error("lost: {0}")]
    Lost(String),
    /// The deadline passed. The peer may or may not have done what was asked.
    #[error("no answer in time")]
    Late,
}

/// Client side of a stream of calls to one peer: opened at once, reopened with backoff whenever it breaks, closed at
/// shutdown or with the last clone. Cheap to clone.
pub struct Caller<Req, Resp> {
    name: &'static str,
    peer: Arc<str>,
    in_flight_max: usize,
    room: Arc<Semaphore>,
    link: watch::Receiver<Option<Arc<Link<Req, Resp>>>>,
}

impl<Req, Resp> Clone for Caller<Req, Resp> {
    fn clone(&self) -> Self {
        Self {
            name: self.name,
            peer: self.peer.clone(),
            in_flight_max: self.in_flight_max,
            room: self.room.clone(),
            link: self.link.clone(),
        }
    }
}

impl<Req, Resp> Caller<Req, Resp>
where
    Req: CallRequest + Send + 'static,
    Resp: Call + Send + 'static,
{
    /// Keeps a stream open by means of `open`, with at most `in_flight_max` (at least 1) calls on it. `name` is the rpc's,
    /// as `muster.v1.Mover/Propose`, and `peer` who is called, both for the trace. Must be called inside a tokio runtime.
    ///
    /// When `shutdown` fires no new call is taken, and those in flight have some seconds to be answered: pass a
    /// token that fires after the work that makes the calls.
    pub fn start<O, F>(name: &'static str, peer: &str, open: O, in_flight_max: usize, shutdown: Shutdown) -> Self
    where
        O: Fn(Requests<Req>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Streaming<Resp>, Status>> + Send + 'static,
    {
        let in_flight_max = in_flight_max.clamp(1, Semaphore::MAX_PERMITS);
        let (links, link) = watch::channel(None);
        tokio::spawn(Keeper { name, open, in_flight_max, links, shutdown }.run());
        Self { name, peer: peer.into(), in_flight_max, room: Arc::new(Semaphore::new(in_flight_max)), link }
    }

    /// Calls the peer; waits for a connection and for room, all within `deadline`. A dropped call frees its place at once.
    ///
    /// The call number is set here, and the trace context too: that of the call's own span, which is a child of what the
    /// request names, or, where it names none, of the present span.
    pub async fn call(&self, mut request: Req, deadline: Duration) -> Result<Resp, CallError> {
        let span = span(self.name, &self.peer, &mut request);
        let calling = async {
            let (_room, link) = self.turn().await?;
            let mut expected = expect(&link, &mut request)?;
            link.outbound.send(request).await.map_err(|_| closing())?;
            expected.answer().await.map_err(CallError::Lost)
        };
        in_time(calling, deadline, span).await
    }

    /// Calls the peer as [`Caller::call`] does, but answers `Busy` or `Away` where that would wait for room or for a connection.
    pub async fn try_call(&self, mut request: Req, deadline: Duration) -> Result<Resp, CallError> {
        let span = span(self.name, &self.peer, &mut request);
        let calling = async {
            let _room = self.room.try_acquire().map_err(|_| CallError::Busy)?;
            let link = self.link.borrow().clone().ok_or(CallError::Away)?;
            let mut expected = expect(&link, &mut request)?;
            link.outbound.try_send(request).map_err(|error| match error {
                TrySendError::Full(_) => CallError::Busy,
                TrySendError::Closed(_) => closing(),
            })?;
            expected.answer().await.map_err(CallError::Lost)
        };
        in_time(calling, deadline, span).await
    }

    /// Waits until the peer has owed answers, and given none to any call, for as long as this from now on.
    pub async fn silent(&self, lasts: Duration) {
        let mut since = Instant::now();
        while since.elapsed() < lasts {
            sleep_until(since + lasts).await;
            since = since.max(self.owing().unwrap_or_else(Instant::now));
        }
    }

    /// Whether calls wait for their answer and none was answered for longer than this.
    pub fn is_overdue(&self, after: Duration) -> bool {
        self.owing().is_some_and(|owing| owing.elapsed() > after)
    }

    /// The longest time in which some call waited and none was answered, of the last few seconds, or, where few are asked, the last few calls;
    /// none where the peer has not answered yet.
    pub fn longest_silence(&self) -> Option<Duration> {
        self.link.borrow().as_ref()?.longest()
    }

    /// Since when the peer owes answers and has given none; none where it owes none.
    fn owing(&self) -> Option<Instant> {
        self.link.borrow().as_ref()?.owing()
    }

    /// Calls that have not come to their end, those among them whose answer is here and whose task is yet to run.
    pub fn in_flight(&self) -> usize {
        self.in_flight_max - self.room.available_permits()
    }

    /// Whether the stream is open.
    pub fn is_connected(&self) -> bool {
        self.link.borrow().is_some()
    }

    async fn turn(&self) -> Result<(SemaphorePermit<'_>, Arc<Link<Req, Resp>>), CallError> {
        let ended = || CallError::Lost("calls have ended here".to_owned());
        let room = self.room.acquire().await.map_err(|_| ended())?;
        let mut links = self.link.clone();
        let link = links.wait_for(Option::is_some).await.map_err(|_| ended())?.clone();
        Ok((room, link.ok_or_else(ended)?))
    }
}

fn expect<Req: CallRequest, Resp: Call>(
    link: &Arc<Link<Req, Resp>>,
    request: &mut Req,
) -> Result<Expected<Req, Resp>, CallError> {
    let expected = link.expect().map_err(CallError::Lost)?;
    request.set_call(expected.call);
    Ok(expected)
}

fn closing() -> CallError {
    CallError::Lost("the stream is closing".to_owned())
}

async fn in_time<Resp>(
    calling: impl Future<Output = Result<Resp, CallError>>,
    deadline: Duration,
    span: Span,
) -> Result<Resp, CallError> {
    let until_answered = GivenUp(span.clone());
    let result = timeout(deadline, calling).instrument(span.clone()).await.unwrap_or(Err(CallError::Late));
    until_answered.disarm();
    if let Err(error) = &result {
        span.record("otel.status_description", tracing::field::display(error));
    }
    result
}

/// Says in the call's span that nobody waits for its answer any more, when that is so.
struct GivenUp(Span);

impl GivenUp {
    fn disarm(mut self) {
        self.0 = Span::none();
    }
}

impl Drop for GivenUp {
    fn drop(&mut self) {
        self.0.record("otel.status_description", "given up before it was answered");
    }
}

/// The call's span, whose context `request` carries from here on; none where the call is in no trace that is kept.
fn span<Req: CallRequest>(name: &'static str, peer: &str, request: &mut Req) -> Span {
    let (service, method) = service_and_method(name);
    let under = if request.traceparent().is_empty() { Under::Here } else { Under::Named(request.traceparent()) };
    let span = telemetry::span!(
        under,
        "call",
        otel.name = %format_args!("{name} call"), otel.kind = "client",
        otel.status_description = Empty,
        rpc.system = "grpc", rpc.service = service, rpc.method = method,
        muster.peer = peer,
    );
    if !span.is_disabled() {
        request.set_traceparent(telemetry::traceparent(&span));
    }
    span
}

use super::service_and_method;
use crate::{Gather, Shutdown};
use api::{Call, CallRequest};
use futures::stream::{self, BoxStream, StreamExt};
use std::future::{Future, ready};
use std::sync::Arc;
use telemetry::Under;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};
use tracing::{Instrument, Span};

/// Answers ready to be read; further ones wait inside their call's place.
const ANSWERS_READY_MAX: usize = 64;

/// What a call does to traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Traces {
    /// One that names no trace begins one.
    Begin,
    /// It is told in the trace that it names, where that is kept, and nowhere else.
    Continue,
}

/// Server side of a stream of calls: runs `handler` on each message of `inbound` and answers it under its number, in
/// whatever order they finish. `name` is the rpc's, as `muster.v1.Mover/Propose`, for the trace.
///
/// At most `in_work_max` calls are in work at once, counting those whose answer waits to be read; with that many, nothing
/// more is read: a slow reader slows its own calls and grows nothing. `handler` is called in the order of arrival; the
/// futures it makes run as tasks, so that neither a slow reader nor a long call keeps another from going on.
///
/// On shutdown, or when the client is done, reading stops; the stream ends after the calls in work are answered. A message
/// that cannot be read, or is too long, is the last that is: the stream then ends with what is wrong with it. A client that
/// vanishes does not stop what it began.
pub fn answer<Req, Resp, H, F>(
    name: &'static str,
    traces: Traces,
    inbound: Streaming<Req>,
    in_work_max: usize,
    shutdown: Shutdown,
    handler: H,
) -> BoxStream<'static, Result<Resp, Status>>
where
    Req: CallRequest + Send + 'static,
    Resp: Call + Send + 'static,
    H: Fn(Req) -> F + Send + 'static,
    F: Future<Output = Resp> + Send + 'static,
{
    let (answers, read) = mpsc::channel(ANSWERS_READY_MAX);
    let reader = answers.clone();
    let dispatcher = Dispatcher { name, traces, room: Arc::new(Semaphore::new(in_work_max)), answers, handler };
    let (fault, ended_by) = oneshot::channel();
    tokio::spawn(async move {
        tokio::select! {
            ended = dispatcher.take_calls(inbound) => if let Err(status) = ended {
                // An error means that nobody reads any more.
                let _ = fault.send(Err(status));
            },
            () = reader.closed() => (),
            () = shutdown.cancelled() => (),
        }
    });
    let fault = stream::once(ended_by).filter_map(|ended| ready(ended.ok()));
    Gather::of(ReceiverStream::new(read)).map(Ok).chain(fault).boxed()
}

struct Dispatcher<Resp, H> {
    name: &'static str,
    traces: Traces,
    room: Arc<Semaphore>,
    answers: mpsc::Sender<Resp>,
    handler: H,
}

impl<Resp: Call + Send + 'static, H> Dispatcher<Resp, H> {
    /// Until the client is done, or fails.
    async fn take_calls<Req, F>(self, mut inbound: Streaming<Req>) -> Result<(), Status>
    where
        Req: CallRequest,
        H: Fn(Req) -> F,
        F: Future<Output = Resp> + Send + 'static,
    {
        // The semaphore is never closed.
        while let Ok(room) = self.room.clone().acquire_owned().await {
            let Some(request) = inbound.message().await? else { break };
            self.begin(request, room);
        }
        Ok(())
    }

    fn begin<Req, F>(&self, request: Req, room: OwnedSemaphorePermit)
    where
        Req: CallRequest,
        H: Fn(Req) -> F,
        F: Future<Output = Resp> + Send + 'static,
    {
        let (call, answers) = (request.call(), self.answers.clone());
        let span = self.span(request.traceparent());
        let handling = span.in_scope(|| (self.handler)(request)).instrument(span);
        tokio::spawn(async move {
            let mut response = handling.await;
            response.set_call(call);
            // An error means that nobody reads any more.
            let _ = answers.send(response).await;
            drop(room);
        });
    }

    /// A child of the call's sender. Not of what goes on here: the stream's own span is over, and of no ticket.
    fn span(&self, traceparent: &str) -> Span {
        let (service, method) = service_and_method(self.name);
        let begins = self.traces == Traces::Begin && !telemetry::is_sampled(traceparent);
        let span = telemetry::span!(
            if begins { Under::Nothing } else { Under::Named(traceparent) },
            "call",
            otel.name = %format_args!("{} call", self.name), otel.kind = "server",
            rpc.system = "grpc", rpc.service = service, rpc.method = method,
        );
        if begins {
            // Of a trace that is not kept too, so that what fails of the ticket can be told in it.
            telemetry::continue_from(&span, traceparent);
        }
        span
    }
}

//! One trace across a unary call and a call on a stream.

use crate::support::{Bench, PATIENCE, Running, proposal, wait_until};
use api::v1::queue_client::QueueClient;
use api::v1::queue_server::{Queue, QueueServer};
use api::v1::*;
use futures::stream::BoxStream;
use opentelemetry::trace::SpanKind;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use parking_lot::Mutex;
use std::sync::Arc;
use tonic::service::Routes;
use tonic::{Request, Response, Status, Streaming};
use tracing::{Instrument, Span};
use tracing_subscriber::layer::SubscriberExt;

/// The stream's own spans are named after the rpc alone.
const PROPOSE_CALL: &str = "muster.v1.Mover/Propose call";

struct Recorder {
    exporter: InMemorySpanExporter,
    _subscriber: tracing::subscriber::DefaultGuard,
}

impl Recorder {
    /// For this thread, and so for this test's runtime.
    fn new() -> Self {
        telemetry::propagate();
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
        let subscriber = tracing_subscriber::registry().with(telemetry::export_layer(&provider));
        // The layer keeps the tracer, which keeps the provider.
        Self { exporter, _subscriber: tracing::subscriber::set_default(subscriber) }
    }

    async fn finished(&self, name: &str, kind: SpanKind) -> SpanData {
        let look = || self.exporter.get_finished_spans().unwrap();
        let is_it = |span: &SpanData| span.name == name && span.span_kind == kind;
        wait_until(look, |spans| spans.iter().any(is_it)).await.into_iter().find(is_it).unwrap()
    }
}

fn root() -> Span {
    tracing::info_span!(target: telemetry::SPANS, "root")
}

#[derive(Default)]
struct Echo {
    traceparent: Arc<Mutex<String>>,
}

#[tonic::async_trait]
impl Queue for Echo {
    type SessionStream = BoxStream<'static, Result<SessionResponse, Status>>;

    async fn enqueue(&self, _: Request<EnqueueRequest>) -> Result<Response<EnqueueResponse>, Status> {
        Err(Status::unimplemented("enqueue"))
    }
    async fn cancel(&self, _: Request<CancelRequest>) -> Result<Response<CancelResponse>, Status> {
        Err(Status::unimplemented("cancel"))
    }
    async fn get_ticket(&self, _: Request<GetTicketRequest>) -> Result<Response<GetTicketResponse>, Status> {
        *self.traceparent.lock() = telemetry::traceparent(&Span::current());
        Ok(Response::new(GetTicketResponse::default()))
    }
    async fn explain(&self, _: Request<ExplainRequest>) -> Result<Response<ExplainResponse>, Status> {
        Err(Status::unimplemented("explain"))
    }
    async fn session(&self, _: Request<Streaming<SessionRequest>>) -> Result<Response<Self::SessionStream>, Status> {
        Err(Status::unimplemented("session"))
    }
}

#[tokio::test]
async fn a_unary_call_continues_the_trace() {
    let recorder = Recorder::new();
    let echo = Echo::default();
    let seen = echo.traceparent.clone();
    let running = Running::with(Routes::new(QueueServer::new(echo)), chassis::Shutdown::new()).await;
    let root = root();
    let mut client = QueueClient::new(running.channel());
    client.get_ticket(GetTicketRequest::default()).instrument(root.clone()).await.unwrap();

    let here = telemetry::traceparent(&root);
    assert_eq!(here.split('-').nth(1), seen.lock().split('-').nth(1), "same trace");
    let sent = recorder.finished("muster.v1.Queue/GetTicket", SpanKind::Client).await;
    let taken = recorder.finished("muster.v1.Queue/GetTicket", SpanKind::Server).await;
    assert_eq!(taken.parent_span_id, sent.span_context.span_id());
}

#[tokio::test]
async fn a_call_on_a_stream_continues_its_own_trace_and_not_the_streams() {
    let recorder = Recorder::new();
    let bench = Bench::new(8);
    let caller = Running::mover(&bench).await.connected_caller(8).await;
    for number in ["one", "two"] {
        let root = root();
        caller.proposes(number, PATIENCE).instrument(root.clone()).await.unwrap();
        let here = telemetry::traceparent(&root);
        drop(root);
        let arrived = bench.state.borrow().traceparents.last().cloned().unwrap();
        assert_eq!(here.split('-').nth(1), arrived.split('-').nth(1), "same trace");

        let sent = recorder.finished(PROPOSE_CALL, SpanKind::Client).await;
        recorder.exporter.reset();
        assert_eq!(arrived.split('-').nth(2), Some(&*sent.span_context.span_id().to_string()));
    }
}

#[tokio::test]
async fn a_call_that_names_its_trace_is_made_within_it() {
    const TICKET: &str = "00-b2611246a58fd7ea623d2264c5a1e226-b2c9b811f2f424af-01";
    let recorder = Recorder::new();
    let bench = Bench::new(8);
    let caller = Running::mover(&bench).await.connected_caller(8).await;
    let mut request = proposal("stored");
    request.traceparent = TICKET.to_owned();
    caller.0.call(request, PATIENCE).instrument(root()).await.unwrap();

    let sent = recorder.finished(PROPOSE_CALL, SpanKind::Client).await;
    let taken = recorder.finished(PROPOSE_CALL, SpanKind::Server).await;
    assert_eq!(sent.span_context.trace_id().to_string(), TICKET.split('-').nth(1).unwrap());
    assert_eq!(sent.parent_span_id.to_string(), TICKET.split('-').nth(2).unwrap());
    assert_eq!(taken.parent_span_id, sent.span_context.span_id());
}

#[tokio::test]
async fn links_and_broken_contexts_are_taken_as_they_come() {
    let recorder = Recorder::new();
    let (first, second) = (root(), root());
    telemetry::continue_from(&first, "not a traceparent");
    telemetry::link(&first, "");
    telemetry::link(&first, &telemetry::traceparent(&second));
    let linked = telemetry::traceparent(&second);
    drop((first, second));
    let spans = recorder.exporter.get_finished_spans().unwrap();
    let first = spans.iter().find(|span| !span.links.is_empty()).unwrap();
    assert_eq!(first.links[0].span_context.span_id().to_string(), linked.split('-').nth(2).unwrap());
    assert_eq!(first.links.len(), 1);
}

#[tokio::test]
async fn what_is_done_for_several_traces_is_told_in_the_first_and_linked_from_the_others() {
    let recorder = Recorder::new();
    let (first, second, third) = (root(), root(), root());
    let here = telemetry::traceparent(&first);
    let shared = telemetry::linked_to_first(&[Span::none(), first.clone(), second, third]);
    assert_eq!(telemetry::traceparent(&shared), here);
    assert!(
        telemetry::is_in_trace(&shared, &here) && !telemetry::is_in_trace(&shared, &telemetry::traceparent(&root()))
    );
    assert!(telemetry::linked_to_first(&[Span::none()]).is_none());
    drop((shared, first));

    let spans = recorder.exporter.get_finished_spans().unwrap();
    let linked = spans
        .iter()
        .filter(|span| span.links.iter().any(|link| here.contains(&link.span_context.span_id().to_string())));
    assert_eq!(linked.count(), 2);
}

#[test]
fn without_an_exporter_there_is_no_context() {
    assert_eq!(telemetry::traceparent(&root()), "");
}

//! An OTLP receiver over real gRPC.

use super::tree::{Link, Span, Tree};
use anyhow::Result;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1 as otlp;
use sandbox::wait_until;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

/// Keeps all that it is sent.
pub struct Receiver {
    pub endpoint: String,
    spans: Spans,
}

type Spans = Arc<Mutex<Vec<Span>>>;

impl Receiver {
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let spans = Spans::default();
        let service = TraceServiceServer::new(Desk(spans.clone()));
        let server = tonic::transport::Server::builder().add_service(service);
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        Ok(Self { endpoint, spans })
    }

    /// What has come of a trace.
    pub fn tree(&self, trace: &str) -> Tree {
        let spans = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        Tree::new(spans.iter().filter(|span| span.trace == trace).cloned().collect())
    }

    /// Waits until `wrong` finds nothing wrong with what has come of a trace; the tree is printed when it keeps doing so.
    pub async fn holds(&self, trace: &str, wrong: impl Fn(&Tree) -> Option<String>) -> Result<()> {
        wait_until("a trace", || async {
            let tree = self.tree(trace);
            wrong(&tree).map_or(Ok(()), |wrong| Err(format!("{wrong}\n{tree}")))
        })
        .await
    }
}

struct Desk(Spans);

#[tonic::async_trait]
impl TraceService for Desk {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let received = request.into_inner().resource_spans.into_iter().flat_map(|of_process| {
            let service = service_name(&of_process);
            let spans = of_process.scope_spans.into_iter().flat_map(|scope| scope.spans);
            spans.map(move |span| read(&service, span))
        });
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(received);
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

fn service_name(spans: &otlp::ResourceSpans) -> String {
    let attributes = spans.resource.iter().flat_map(|resource| &resource.attributes);
    attributes.filter(|attribute| attribute.key == "service.name").map(text).collect()
}

fn read(service: &str, span: otlp::Span) -> Span {
    let kind = match span.kind() {
        otlp::span::SpanKind::Server => "server",
        otlp::span::SpanKind::Client => "client",
        _ => "internal",
    };
    let link = |link: &otlp::span::Link| Link { trace: hex(&link.trace_id), span: hex(&link.span_id) };
    Span {
        service: service.to_owned(),
        kind,
        trace: hex(&span.trace_id),
        id: hex(&span.span_id),
        parent: hex(&span.parent_span_id),
        links: span.links.iter().map(link).collect(),
        attributes: span.attributes.iter().map(|attribute| (attribute.key.clone(), text(attribute))).collect(),
        error: span
            .status
            .filter(|status| status.code() == otlp::status::StatusCode::Error)
            .map(|status| status.message),
        begun_ns: span.start_time_unix_nano,
        ended_ns: span.end_time_unix_nano,
        name: span.name,
    }
}

fn text(attribute: &KeyValue) -> String {
    match &attribute.value {
        Some(AnyValue { value: Some(Value::StringValue(text)) }) => text.clone(),
        Some(AnyValue { value: Some(Value::IntValue(number)) }) => number.to_string(),
        Some(AnyValue { value: Some(Value::DoubleValue(number)) }) => number.to_string(),
        Some(AnyValue { value: Some(Value::BoolValue(flag)) }) => flag.to_string(),
        _ => String::new(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

//! An OTLP receiver over real gRPC.

use super::tree::{Link, Span, Tree};
use anyhow::Result;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::{Metric, ResourceMetrics};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1 as otlp;
use parking_lot::Mutex;
use sandbox::wait_until;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

/// Keeps all that it is sent.
pub struct Receiver {
    pub endpoint: String,
    spans: Spans,
    metrics: Metrics,
}

type Metrics = Arc<Mutex<Vec<ResourceMetrics>>>;
type Spans = Arc<Mutex<Vec<Span>>>;

impl Receiver {
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let (spans, metrics) = (Spans::default(), Metrics::default());
        let service = TraceServiceServer::new(SpanReceiver(spans.clone()));
        let counting = MetricsServiceServer::new(Counter(metrics.clone()));
        let server = tonic::transport::Server::builder().add_service(service).add_service(counting);
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        Ok(Self { endpoint, spans, metrics })
    }

    /// A metric as a service told it last, and who tells it; none while nothing of it has come.
    pub fn metric(&self, service: &str, name: &str) -> Option<(Resource, Metric)> {
        let told = self.metrics.lock();
        let of_service = told.iter().rev().filter(|all| name_of(all.resource.as_ref()) == service);
        let mut named = of_service.flat_map(|all| {
            let metrics = all.scope_metrics.iter().flat_map(|scope| &scope.metrics);
            metrics.filter(|metric| metric.name == name).map(|metric| (all.resource.clone(), metric.clone()))
        });
        named.next().map(|(resource, metric)| (resource.unwrap_or_default(), metric))
    }

    /// What has come of a trace.
    pub fn tree(&self, trace: &str) -> Tree {
        let spans = self.spans.lock();
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

struct Counter(Metrics);

#[tonic::async_trait]
impl MetricsService for Counter {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        self.0.lock().extend(request.into_inner().resource_metrics);
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

struct SpanReceiver(Spans);

#[tonic::async_trait]
impl TraceService for SpanReceiver {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let received = request.into_inner().resource_spans.into_iter().flat_map(|of_process| {
            let resource = of_process.resource.as_ref();
            let (service, instance) = (name_of(resource), told_of(resource, "service.instance.id"));
            let spans = of_process.scope_spans.into_iter().flat_map(|scope| scope.spans);
            spans.map(move |span| read(&service, &instance, span))
        });
        self.0.lock().extend(received);
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

fn name_of(resource: Option<&Resource>) -> String {
    told_of(resource, "service.name")
}

fn told_of(resource: Option<&Resource>, key: &str) -> String {
    let attributes = resource.into_iter().flat_map(|resource| &resource.attributes);
    attributes.filter(|attribute| attribute.key == key).map(text).collect()
}

fn read(service: &str, instance: &str, span: otlp::Span) -> Span {
    let kind = match span.kind() {
        otlp::span::SpanKind::Server => "server",
        otlp::span::SpanKind::Client => "client",
        _ => "internal",
    };
    let link = |link: &otlp::span::Link| Link { trace: hex(&link.trace_id), span: hex(&link.span_id) };
    Span {
        service: service.to_owned(),
        instance: instance.to_owned(),
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

pub fn text(attribute: &KeyValue) -> String {
    match &attribute.value {
        Some(AnyValue { value: Some(Value::StringValue(text)) }) => text.clone(),
        Some(AnyValue { value: Some(Value::IntValue(number)) }) => number.to_string(),
        Some(AnyValue { value: Some(Value::DoubleValue(number)) }) => number.to_string(),
        Some(AnyValue { value: Some(Value::BoolValue(flag)) }) => flag.to_string(),
        _ => String::new(),
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

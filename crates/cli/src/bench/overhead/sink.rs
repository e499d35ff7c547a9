//! Where traces go that nobody looks at: they are counted.

use anyhow::Result;
use chassis::{Entrance, Readiness, Shutdown};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use parking_lot::Mutex;
use serde::Serialize;
use std::collections::HashSet;
use std::net::Ipv4Addr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::DropGuard;
use tonic::service::Routes;
use tonic::{Request, Response, Status};

/// Traces that are told apart, and counted no further.
const TRACES_MAX: usize = 1_000_000;

/// An OTLP receiver.
pub struct Sink {
    pub endpoint: String,
    receiver: Receiver,
    /// It listens as long as this is.
    _serving: DropGuard,
}

/// What was received.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Traces {
    pub spans: usize,
    pub traces: usize,
}

#[derive(Clone, Default)]
struct Receiver(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    spans: usize,
    traces: HashSet<Vec<u8>>,
}

impl Sink {
    pub async fn open() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let (receiver, shutdown) = (Receiver::default(), Shutdown::new());
        let routes = Routes::new(TraceServiceServer::new(receiver.clone()));
        let routes = routes.add_service(MetricsServiceServer::new(receiver.clone()));
        let serving = shutdown.clone().drop_guard();
        tokio::spawn(chassis::serve(Entrance::open(listener), routes, &[], Readiness::new(), shutdown));
        Ok(Self { endpoint, receiver, _serving: serving })
    }

    /// What was received since this was asked before. A trace of which more comes later is counted then too.
    pub fn take(&self) -> Traces {
        let seen = std::mem::take(&mut *self.receiver.0.lock());
        Traces { spans: seen.spans, traces: seen.traces.len() }
    }
}

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let scopes = request.into_inner().resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
        let mut seen = self.0.lock();
        for span in scopes.flat_map(|scope| scope.spans) {
            seen.spans += 1;
            if seen.traces.len() < TRACES_MAX {
                seen.traces.insert(span.trace_id);
            }
        }
        Ok(Response::new(Default::default()))
    }
}

/// They go where traces go, and are not what is measured here.
#[tonic::async_trait]
impl MetricsService for Receiver {
    async fn export(
        &self,
        _: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        Ok(Response::new(Default::default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};

    #[tokio::test]
    async fn spans_are_counted_and_traces_told_apart() {
        let sink = Sink::open().await.unwrap();
        let mut client = TraceServiceClient::new(chassis::channel(&sink.endpoint).unwrap());
        let span = |trace: u8| Span { trace_id: vec![trace; 16], ..Default::default() };
        let spans = ScopeSpans { spans: vec![span(1), span(2), span(1)], ..Default::default() };
        let resource_spans = vec![ResourceSpans { scope_spans: vec![spans], ..Default::default() }];
        client.export(ExportTraceServiceRequest { resource_spans }).await.unwrap();
        assert_eq!(sink.take(), Traces { spans: 3, traces: 2 });
        assert_eq!(sink.take(), Traces::default());
    }
}

//! Context propagation at the edges: no handler mentions it.

use tonic_tracing_opentelemetry::middleware::{client, server};

/// Gives each incoming rpc a span that continues the caller's trace.
pub type ServerLayer = server::OtelGrpcLayer;
/// Gives each outgoing rpc a span, and sends its context along.
pub type ClientLayer = client::OtelGrpcLayer;
/// A service under [`ClientLayer`].
pub type Traced<S> = client::OtelGrpcService<S>;

/// Streams whose opening says nothing of anybody: what happens on them belongs to the trace of each message.
const STREAMS: [&str; 2] = ["/muster.v1.Queue/Session", "/muster.v1.Play/Follow"];

/// For servers: the calls of clients have a span. The span of a Watch lasts until its headers are answered.
pub fn server_layer() -> ServerLayer {
    ServerLayer::default().filter(is_traced)
}

fn is_traced(path: &str) -> bool {
    (path.starts_with("/muster.v1.Queue/") || path.starts_with("/muster.v1.Play/")) && !STREAMS.contains(&path)
}

/// For channels.
pub fn client_layer() -> ClientLayer {
    ClientLayer::default()
}

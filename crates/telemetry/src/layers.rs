//! Context propagation at the edges: no handler mentions it.

use tonic_tracing_opentelemetry::middleware::{client, filters, server};

/// Gives each incoming rpc a span that continues the caller's trace.
pub type ServerLayer = server::OtelGrpcLayer;
/// Gives each outgoing rpc a span, and sends its context along.
pub type ClientLayer = client::OtelGrpcLayer;
/// A service under [`ClientLayer`].
pub type Traced<S> = client::OtelGrpcService<S>;

/// For servers. The span of a stream lasts until its headers are answered: what happens on it later belongs to the
/// trace of each message. Health checks have none.
pub fn server_layer() -> ServerLayer {
    ServerLayer::default().filter(filters::reject_healthcheck)
}

/// For channels.
pub fn client_layer() -> ClientLayer {
    ClientLayer::default()
}

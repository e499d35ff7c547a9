//! Logs, traces, metrics and the context that ties them together across processes.
//!
//! Logs go to stderr. Traces are exported by OTLP where `OTEL_EXPORTER_OTLP_ENDPOINT` is set; where it is not, no span is
//! built for export at all. Each has a filter of its own, so `RUST_LOG=warn` quiets the log and not the traces. Metrics are always
//! counted; they go where traces go, and to whoever reads [`Metrics::text`].
//!
//! Architecture invariant: telemetry never stands in the way. An exporter that is down costs what it was to send and one log
//! line a minute.

mod context;
mod error;
mod export;
mod failure;
mod filters;
mod init;
mod layers;
mod log;
mod metrics;
mod rate_limit;
mod sampling;
mod span_queue;
mod streak;

pub use context::{
    Parent, Under, continue_from, is_in_trace, is_sampled, link, linked_to_first, named_by_call, traceparent, within,
};
pub use error::TelemetryError;
pub use failure::{Failed, Failure, keep};
pub use filters::SPANS;
pub use init::{LogFormat, Options, SHUTDOWN_MS_MAX, Telemetry, destination, export_layer, init, propagate};
pub use layers::{ClientLayer, ServerLayer, Traced, client_layer, server_layer};
pub use metrics::{Described, Kind, Metrics, QUEUES_MAX, REGIONS_MAX, Share, TEXT_TYPE, metrics};
pub use sampling::{TRACED_SHARE, kept_as_asked};
pub use streak::Streak;

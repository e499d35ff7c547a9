//! Logs, traces and the context that ties them together across processes.
//!
//! Logs go to stderr. Traces are exported by OTLP where `OTEL_EXPORTER_OTLP_ENDPOINT` is set; where it is not, no span is
//! built for export at all. Each has a filter of its own, so `RUST_LOG=warn` quiets the log and not the traces.
//!
//! Architecture invariant: telemetry never stands in the way. An exporter that is down costs its spans and one log line
//! a minute.

mod context;
mod error;
mod export;
mod filters;
mod init;
mod layers;

pub use context::{continue_from, is_in_trace, link, shared, traceparent};
pub use error::TelemetryError;
pub use filters::SPANS;
pub use init::{LogFormat, Options, SHUTDOWN_MS_MAX, Telemetry, export_layer, init, propagate};
pub use layers::{ClientLayer, ServerLayer, Traced, client_layer, server_layer};

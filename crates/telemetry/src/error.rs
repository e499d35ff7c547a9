use crate::metrics::{INTERVAL_MS_MAX, INTERVAL_MS_MIN, INTERVAL_VARIABLE};
use crate::span_queue::{SPANS_WAITING_MAX, WAITING_VARIABLE};

/// Why telemetry could not be set up. Each text says what to change.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("RUST_LOG is not a log filter: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    #[error(
        "OTEL_EXPORTER_OTLP_ENDPOINT, or the one for traces, does not name an OTLP receiver as http://localhost:4317 does, with http:// before it and without TLS: {0}"
    )]
    Endpoint(#[from] opentelemetry_otlp::ExporterBuildError),
    #[error("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT does not name an OTLP receiver, as http://localhost:4317 does: {0}")]
    MetricsEndpoint(String),
    #[error("{INTERVAL_VARIABLE} must be {INTERVAL_MS_MIN} to {INTERVAL_MS_MAX} ms")]
    Interval,
    #[error(
        "OTEL_TRACES_SAMPLER must be always_on, always_off, traceidratio or one of them after parentbased_, is {0}"
    )]
    Sampler(String),
    #[error("{WAITING_VARIABLE} must be 1 to {SPANS_WAITING_MAX} spans")]
    SpanQueue,
    #[error("OTEL_TRACES_SAMPLER_ARG must be a share of traces: 0 to 1")]
    Share,
    #[error("telemetry must be started inside a tokio runtime")]
    NoRuntime,
    #[error("telemetry was started before in this process")]
    Started,
}

/// Why telemetry could not be set up. Each text says what to change.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("RUST_LOG is not a log filter: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    #[error("OTEL_EXPORTER_OTLP_ENDPOINT does not name an OTLP receiver, as http://localhost:4317 does: {0}")]
    Endpoint(#[from] opentelemetry_otlp::ExporterBuildError),
    #[error("telemetry must be started inside a tokio runtime")]
    NoRuntime,
    #[error("telemetry was started before in this process")]
    Started,
}

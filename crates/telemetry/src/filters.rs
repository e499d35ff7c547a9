//! Which spans and events reach the log, and which the exporter.

use crate::TelemetryError;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{LevelFilter, Targets};

/// Target of spans. They exist for the trace alone: they are exported and never logged, so they cost nothing where nothing is exported.
/// The rpc layers use it too; a library's other spans in a ticket's trace would be noise.
pub const SPANS: &str = "otel::tracing";

/// What a plain `RUST_LOG=debug` leaves out; naming a target in `RUST_LOG` brings it back. The exporter's own
/// complaints are left out because [`crate::export`] makes them, at a bounded rate.
const LOG_QUIET: &str = "h2=error,hyper=error,opentelemetry=off,otel=off";

/// `RUST_LOG`, or `default` where it is unset or empty.
pub(crate) fn log(default: &str) -> Result<EnvFilter, TelemetryError> {
    let asked = std::env::var(EnvFilter::DEFAULT_ENV).ok().filter(|asked| !asked.trim().is_empty());
    log_filter(asked.as_deref().unwrap_or(default))
}

fn log_filter(asked: &str) -> Result<EnvFilter, TelemetryError> {
    Ok(EnvFilter::builder().parse(format!("{LOG_QUIET},{asked}"))?)
}

pub(crate) fn export() -> Targets {
    Targets::new().with_target(SPANS, LevelFilter::INFO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_is_none_is_refused_with_the_variable_to_change() {
        let error = log_filter("info,=[").unwrap_err();
        assert!(error.to_string().starts_with("RUST_LOG"), "{error}");
    }

    #[test]
    fn debug_leaves_the_libraries_out_until_they_are_named() {
        assert!(log_filter("debug").unwrap().to_string().contains("h2=error"));
        let named = log_filter("debug,h2=debug").unwrap().to_string();
        assert!(named.contains("h2=debug") && !named.contains("h2=error"), "{named}");
    }

    #[test]
    fn only_our_spans_are_exported() {
        let filter = export();
        assert!(filter.would_enable(SPANS, &tracing::Level::INFO));
        assert!(!filter.would_enable("h2::codec", &tracing::Level::ERROR));
        assert!(!filter.would_enable("matchmaker::search", &tracing::Level::ERROR));
    }
}

//! The way out for spans: OTLP over gRPC, which complains at a bounded rate when it is blocked.

use crate::TelemetryError;
use opentelemetry_otlp::{SpanExporter as OtlpExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Longest time one batch may take to export, in ms. Below the shutdown's bound, so that the last batch fits into it.
const EXPORT_MS_MAX: u64 = 2_500;
/// At most one complaint in this time, in ms.
const COMPLAINT_MS_MIN: u64 = 60_000;

/// The standard variables `OTEL_TRACES_SAMPLER` and `OTEL_BSP_*` are honoured by the SDK's own defaults; without them
/// every trace is sampled unless its parent was not.
pub(crate) fn provider(resource: Resource) -> Result<SdkTracerProvider, TelemetryError> {
    // The exporter's channel lives on the runtime it is built in, and building it elsewhere panics.
    tokio::runtime::Handle::try_current().map_err(|_| TelemetryError::NoRuntime)?;
    let otlp = OtlpExporter::builder().with_tonic().with_timeout(Duration::from_millis(EXPORT_MS_MAX)).build()?;
    Ok(SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(Quiet::new(otlp)).build())
}

/// An exporter whose failures are told, but seldom.
#[derive(Debug)]
struct Quiet<E> {
    inner: E,
    failures: Mutex<Failures>,
}

#[derive(Debug, Default)]
struct Failures {
    spans_lost: usize,
    told: Option<Instant>,
}

impl<E> Quiet<E> {
    fn new(inner: E) -> Self {
        Self { inner, failures: Mutex::default() }
    }

    /// Counts the loss; the number of spans to complain of when it is time to.
    fn lost(&self, spans: usize, now: Instant) -> Option<usize> {
        let mut failures = self.failures.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        failures.spans_lost += spans;
        let pause = Duration::from_millis(COMPLAINT_MS_MIN);
        if failures.told.is_some_and(|told| now.duration_since(told) < pause) {
            return None;
        }
        failures.told = Some(now);
        Some(std::mem::take(&mut failures.spans_lost))
    }
}

impl<E: SpanExporter> SpanExporter for Quiet<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let result = self.inner.export(batch).await;
        if let Err(error) = &result
            && let Some(spans_lost) = self.lost(spans, Instant::now())
        {
            tracing::warn!(spans_lost, %error, "traces cannot be exported");
        }
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_told_once_a_minute_and_none_is_forgotten() {
        let (quiet, start) = (Quiet::new(()), Instant::now());
        assert_eq!(quiet.lost(5, start), Some(5));
        assert_eq!(quiet.lost(7, start + Duration::from_secs(59)), None);
        assert_eq!(quiet.lost(1, start + Duration::from_secs(60)), Some(8));
    }
}

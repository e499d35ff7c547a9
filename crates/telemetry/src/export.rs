//! The way out for spans: OTLP over gRPC, which complains at a bounded rate when it is blocked.

use crate::TelemetryError;
use crate::sampling::KeepingSampler;
use crate::span_queue::SpanQueue;
use opentelemetry_otlp::{SpanExporter as OtlpExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use std::time::Duration;

/// Longest time one batch may take to export, in ms. Below [`crate::SHUTDOWN_MS_MAX`], so that the last batch fits into it.
const EXPORT_MS_MAX: u64 = 1_500;

/// `OTEL_TRACES_SAMPLER` is honoured by [`KeepingSampler`].
pub(crate) fn provider(resource: Resource, sampler: KeepingSampler) -> Result<SdkTracerProvider, TelemetryError> {
    // The exporter's channel lives on the runtime it is built in, and building it elsewhere panics.
    tokio::runtime::Handle::try_current().map_err(|_| TelemetryError::NoRuntime)?;
    let otlp = OtlpExporter::builder().with_tonic().with_timeout(Duration::from_millis(EXPORT_MS_MAX)).build()?;
    let queue = SpanQueue::from_env()?;
    let processor = queue.processor(QuietExporter { inner: otlp, queue: queue.clone() });
    Ok(SdkTracerProvider::builder()
        .with_resource(resource)
        .with_sampler(sampler)
        .with_span_processor(processor)
        .build())
}

/// An exporter whose failures are told, but seldom.
#[derive(Debug)]
struct QuietExporter<E> {
    inner: E,
    queue: SpanQueue,
}

impl<E: SpanExporter> SpanExporter for QuietExporter<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        self.queue.leave(spans);
        let result = self.inner.export(batch).await;
        match &result {
            Ok(()) => {
                if let Some(spans_lost) = self.queue.restored() {
                    tracing::info!(spans_lost, "traces are exported again");
                }
            }
            Err(error) => {
                if let Some(spans_lost) = self.queue.lost(spans) {
                    tracing::warn!(spans_lost, %error, "traces cannot be exported");
                }
            }
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

//! SpanQueue for spans on their way out. What finds none is lost, and told.

use crate::TelemetryError;
use crate::rate_limit::RateLimit;
use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, Span, SpanData, SpanExporter, SpanProcessor};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Spans that wait to be exported where `OTEL_BSP_MAX_QUEUE_SIZE` is unset: a burst of some hundred tickets, in some 20 MB.
const SPANS_WAITING: usize = 16_384;
/// The most that the variable may say: more would take gigabytes.
pub const SPANS_WAITING_MAX: usize = 1_000_000;
pub const WAITING_VARIABLE: &str = "OTEL_BSP_MAX_QUEUE_SIZE";

#[derive(Debug, Clone)]
pub struct SpanQueue(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    most: usize,
    waiting: AtomicUsize,
    complaints: Mutex<RateLimit>,
}

impl SpanQueue {
    pub fn from_env() -> Result<Self, TelemetryError> {
        let asked = std::env::var(WAITING_VARIABLE).ok().filter(|asked| !asked.trim().is_empty());
        let most = match asked.as_deref().map(str::parse) {
            None => SPANS_WAITING,
            Some(Ok(most)) if (1..=SPANS_WAITING_MAX).contains(&most) => most,
            Some(_) => return Err(TelemetryError::SpanQueue),
        };
        Ok(Self::new(most))
    }

    fn new(most: usize) -> Self {
        let complaints = Mutex::new(RateLimit::of_complaints());
        Self(Arc::new(Shared { most, waiting: AtomicUsize::new(0), complaints }))
    }

    /// Batches of what there is room for; the other standard variables `OTEL_BSP_*` are honoured by the SDK.
    pub fn processor<E: SpanExporter + 'static>(&self, exporter: E) -> impl SpanProcessor + use<E> {
        let batches = BatchConfigBuilder::default().with_max_queue_size(self.0.most).build();
        Processor { inner: BatchSpanProcessor::new(exporter, batches), queue: self.clone() }
    }

    fn enter(&self) -> bool {
        let is_room = self.0.waiting.fetch_add(1, Ordering::Relaxed) < self.0.most;
        if !is_room {
            self.leave(1);
        }
        is_room
    }

    /// They are on their way out.
    pub fn leave(&self, spans: usize) {
        self.0.waiting.fetch_sub(spans, Ordering::Relaxed);
    }

    /// Where spans were told to be lost: how many were lost since, now that they leave again.
    pub fn restored(&self) -> Option<usize> {
        self.0.complaints.lock().rest()
    }

    /// How many are to be told to be lost, when it is time to.
    pub fn lost(&self, spans: usize) -> Option<usize> {
        self.0.complaints.lock().spend(spans, Instant::now())
    }
}

#[derive(Debug)]
struct Processor<P> {
    inner: P,
    queue: SpanQueue,
}

impl<P: SpanProcessor> SpanProcessor for Processor<P> {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.inner.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        if self.queue.enter() {
            self.inner.on_end(span);
        } else if let Some(spans_lost) = self.queue.lost(1) {
            tracing::warn!(spans_lost, "more is traced than can be exported");
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry::trace::{Tracer, TracerProvider};
    use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};

    #[test]
    fn spans_beyond_the_room_are_lost_and_counted() {
        let (queue, exporter) = (SpanQueue::new(3), InMemorySpanExporter::default());
        let provider = SdkTracerProvider::builder().with_span_processor(queue.processor(exporter.clone())).build();
        let tracer = provider.tracer("test");
        for _ in 0..5 {
            drop(tracer.start("a span"));
        }
        provider.force_flush().unwrap();
        assert_eq!(exporter.get_finished_spans().unwrap().len(), 3);
        assert_eq!(queue.lost(0), None, "one complaint was made");
        queue.leave(3);
        drop(tracer.start("another"));
        provider.force_flush().unwrap();
        assert_eq!(exporter.get_finished_spans().unwrap().len(), 4);
    }
}

//! Room for spans on their way out. What finds none is lost, and told.

use crate::budget::Budget;
use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, Span, SpanData, SpanExporter, SpanProcessor};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Spans that wait to be exported where `OTEL_BSP_MAX_QUEUE_SIZE` is unset: a burst of some hundred tickets, in some 20 MB.
const SPANS_WAITING_MAX: usize = 16_384;
const WAITING_VARIABLE: &str = "OTEL_BSP_MAX_QUEUE_SIZE";

#[derive(Debug, Clone)]
pub struct Room(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    most: usize,
    waiting: AtomicUsize,
    complaints: Mutex<Budget>,
}

impl Room {
    pub fn from_env() -> Self {
        let asked = std::env::var(WAITING_VARIABLE).ok().and_then(|asked| asked.parse().ok());
        Self::new(asked.unwrap_or(SPANS_WAITING_MAX))
    }

    fn new(most: usize) -> Self {
        let complaints = Mutex::new(Budget::of_complaints());
        Self(Arc::new(Shared { most, waiting: AtomicUsize::new(0), complaints }))
    }

    /// Batches of what there is room for; the other standard variables `OTEL_BSP_*` are honoured by the SDK.
    pub fn processor<E: SpanExporter + 'static>(&self, exporter: E) -> impl SpanProcessor + use<E> {
        let batches = BatchConfigBuilder::default().with_max_queue_size(self.0.most).build();
        Processor { inner: BatchSpanProcessor::new(exporter, batches), room: self.clone() }
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

    /// How many are to be told to be lost, when it is time to.
    pub fn lost(&self, spans: usize) -> Option<usize> {
        self.0.complaints.lock().unwrap_or_else(PoisonError::into_inner).spend(spans, Instant::now())
    }
}

#[derive(Debug)]
struct Processor<P> {
    inner: P,
    room: Room,
}

impl<P: SpanProcessor> SpanProcessor for Processor<P> {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.inner.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        if self.room.enter() {
            self.inner.on_end(span);
        } else if let Some(spans_lost) = self.room.lost(1) {
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
        let (room, exporter) = (Room::new(3), InMemorySpanExporter::default());
        let provider = SdkTracerProvider::builder().with_span_processor(room.processor(exporter.clone())).build();
        let tracer = provider.tracer("test");
        for _ in 0..5 {
            drop(tracer.start("a span"));
        }
        provider.force_flush().unwrap();
        assert_eq!(exporter.get_finished_spans().unwrap().len(), 3);
        assert_eq!(room.lost(0), None, "one complaint was made");
        room.leave(3);
        drop(tracer.start("another"));
        provider.force_flush().unwrap();
        assert_eq!(exporter.get_finished_spans().unwrap().len(), 4);
    }
}

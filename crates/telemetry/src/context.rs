//! W3C trace context as text, for whatever carries it outside of headers: a message on a stream, a stored ticket.

use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use std::collections::HashMap;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

const TRACEPARENT: &str = "traceparent";

/// The span's context as a W3C `traceparent`; empty when it has none, as where nothing is exported.
/// The span is begun by this: its parent can no longer be set.
pub fn traceparent(span: &Span) -> String {
    let mut carrier = HashMap::with_capacity(2);
    TraceContextPropagator::new().inject_context(&span.context(), &mut carrier);
    carrier.remove(TRACEPARENT).unwrap_or_default()
}

/// Makes `span` a child of the span that `traceparent` names. It must not have been entered yet.
/// An empty or malformed `traceparent` changes nothing.
pub fn continue_from(span: &Span, traceparent: &str) {
    let Some(parent) = parse(traceparent) else { return };
    // It fails only where nothing is exported, or the span is filtered out: then there is nothing to continue.
    let _ = span.set_parent(opentelemetry::Context::new().with_remote_span_context(parent));
}

/// Links `span` to the span that `traceparent` names. An empty or malformed `traceparent` changes nothing.
pub fn link(span: &Span, traceparent: &str) {
    if let Some(linked) = parse(traceparent) {
        span.add_link(linked);
    }
}

/// The span under which to do what is done once for several traces: the first that is traced. The others are linked to it.
pub fn shared(spans: &[Span]) -> Span {
    let mut traced = spans.iter().filter(|span| !span.is_disabled());
    let Some(first) = traced.next() else { return Span::none() };
    let here = traceparent(first);
    traced.for_each(|other| link(other, &here));
    first.clone()
}

/// Whether `span` is in the trace that `traceparent` names.
pub fn is_in_trace(span: &Span, traceparent: &str) -> bool {
    let own = span.context().span().span_context().trace_id();
    parse(traceparent).is_some_and(|named| named.trace_id() == own)
}

fn parse(traceparent: &str) -> Option<SpanContext> {
    if traceparent.is_empty() {
        return None;
    }
    let carrier = HashMap::from([(TRACEPARENT.to_owned(), traceparent.to_owned())]);
    let context = TraceContextPropagator::new().extract_with_context(&opentelemetry::Context::new(), &carrier);
    let named = context.span().span_context().clone();
    named.is_valid().then_some(named)
}

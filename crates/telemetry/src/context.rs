//! W3C trace context as text, for whatever carries it outside of headers: a message on a stream, a stored ticket.

use opentelemetry::TraceId;
use opentelemetry::context::FutureExt;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use std::collections::HashMap;
use tracing::{Instrument, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

const TRACEPARENT: &str = "traceparent";
const FLAG_SAMPLED: u8 = 1;

/// A span of what happens to one ticket, in the trace that its `traceparent` names: a child of the span named there. No span
/// where it names none, or one that is not kept.
///
/// `ticket_span!(traceparent, "name", field = value, ...)`, the fields as those of [`tracing::info_span`].
#[macro_export]
macro_rules! ticket_span {
    ($traceparent:expr, $name:literal $(, $($fields:tt)*)?) => {{
        let traceparent: &str = $traceparent;
        if $crate::is_sampled(traceparent) {
            let span = ::tracing::info_span!(target: $crate::SPANS, parent: None, $name $(, $($fields)*)?);
            $crate::continue_from(&span, traceparent);
            span
        } else {
            ::tracing::Span::none()
        }
    }};
}

/// A span of what is done just here, where that belongs to a trace that is kept; elsewhere none. `child_span!("name", field = value, ...)`.
#[macro_export]
macro_rules! child_span {
    ($name:literal $(, $($fields:tt)*)?) => {
        if $crate::is_traced() {
            ::tracing::info_span!(target: $crate::SPANS, $name $(, $($fields)*)?)
        } else {
            ::tracing::Span::none()
        }
    };
}

/// The trace context that a call carries which is made for whoever is in the trace that `traceparent` names: none where what is done
/// just here is traced, for then the call's own span is named.
pub fn carried(traceparent: &str) -> String {
    if is_traced() { String::new() } else { traceparent.to_owned() }
}

/// The trace that a W3C `traceparent` names, if it is kept whole.
pub fn sampled(traceparent: &str) -> Option<TraceId> {
    let mut parts = traceparent.split('-');
    let (_version, trace, _span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_sampled = u8::from_str_radix(flags, 16).ok()? & FLAG_SAMPLED != 0;
    let id = TraceId::from_hex(trace).ok()?;
    (is_sampled && id != TraceId::INVALID).then_some(id)
}

/// Whether the trace that a W3C `traceparent` names is kept whole; of others only failures are.
pub fn is_sampled(traceparent: &str) -> bool {
    sampled(traceparent).is_some()
}

/// Whether what is done just here belongs to a trace that is kept.
pub fn is_traced() -> bool {
    opentelemetry::Context::map_current(|context| context.span().span_context().is_sampled())
}

/// The id of the trace that a W3C `traceparent` names, in hexadecimal; empty where it names none.
pub fn trace_id(traceparent: &str) -> &str {
    traceparent.split('-').nth(1).unwrap_or_default()
}

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

/// Does it in the span; where that is none, in no trace at all, whatever goes on around it.
pub async fn within<F: Future>(span: Span, doing: F) -> F::Output {
    if span.is_disabled() {
        doing.with_context(opentelemetry::Context::new()).await
    } else {
        doing.instrument(span).await
    }
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

//! W3C trace context as text, for whatever carries it outside of headers: a message on a stream, a stored ticket; and spans that
//! exist only in traces that are kept.

use domain::Traceparent;
use opentelemetry::context::FutureExt;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceState};
use opentelemetry::{Context, TraceId};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use std::collections::HashMap;
use tracing::{Instrument, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

const TRACEPARENT: &str = "traceparent";

/// What a span stands under.
#[derive(Debug, Clone, Copy)]
pub enum Under<'a> {
    /// What is done just here, where that belongs to a trace that is kept.
    Here,
    /// The span that a `traceparent` names, where its trace is kept.
    Named(&'a str),
    /// It begins a trace, if the sampler keeps that.
    Nothing,
}

/// A span for the trace alone; none where what it stands under is in no trace that is kept.
///
/// `span!(under, "name", field = value, ...)`, `under` an [`Under`], the fields as those of [`tracing::info_span`].
#[macro_export]
macro_rules! span {
    ($under:expr, $name:literal $(, $($fields:tt)*)?) => {
        match $under.parent() {
            Some(parent) => {
                let span = ::tracing::info_span!(target: $crate::SPANS, parent: None, $name $(, $($fields)*)?);
                parent.adopt(&span);
                span
            }
            None => ::tracing::Span::none(),
        }
    };
}

/// What a span is placed under.
pub struct Parent(Context);

impl Under<'_> {
    /// None where no span is to be made.
    pub fn parent(self) -> Option<Parent> {
        match self {
            Self::Here => is_traced().then(|| Parent(Context::current())),
            Self::Named(traceparent) => {
                let named = parse(traceparent).filter(SpanContext::is_sampled)?;
                Some(Parent(Context::new().with_remote_span_context(named)))
            }
            Self::Nothing => Some(Parent(Context::new())),
        }
    }
}

impl Parent {
    /// `span` must not have been entered yet.
    pub fn adopt(self, span: &Span) {
        // It fails only where nothing is exported: then there is nothing to continue.
        let _ = span.set_parent(self.0);
    }
}

/// The span's context as a W3C `traceparent`; empty when it has none, as where nothing is exported.
/// The span is begun by this: its parent can no longer be set.
pub fn traceparent(span: &Span) -> String {
    if span.is_disabled() {
        return String::new();
    }
    let mut carrier = HashMap::with_capacity(2);
    TraceContextPropagator::new().inject_context(&span.context(), &mut carrier);
    carrier.remove(TRACEPARENT).unwrap_or_default()
}

/// Makes `span` a child of the span that `traceparent` names, kept or not. It must not have been entered yet.
/// An empty or malformed `traceparent` changes nothing.
pub fn continue_from(span: &Span, traceparent: &str) {
    if let Some(parent) = parse(traceparent) {
        Parent(Context::new().with_remote_span_context(parent)).adopt(span);
    }
}

/// Links `span` to the span that `traceparent` names. An empty or malformed `traceparent` changes nothing.
pub fn link(span: &Span, traceparent: &str) {
    if let Some(linked) = parse(traceparent) {
        span.add_link(linked);
    }
}

/// The span under which to do what is done once for several traces: the first that is traced. The others are linked to it.
pub fn linked_to_first(spans: &[Span]) -> Span {
    let mut traced = spans.iter().filter(|span| !span.is_disabled());
    let Some(first) = traced.next() else { return Span::none() };
    let here = traceparent(first);
    traced.for_each(|other| link(other, &here));
    first.clone()
}

/// Does it in the span; where that is none, in no trace at all, whatever goes on around it.
pub async fn within<F: Future>(span: Span, doing: F) -> F::Output {
    if span.is_disabled() { doing.with_context(Context::new()).await } else { doing.instrument(span).await }
}

/// What a call names that is made for whoever is in the trace `traceparent`: nothing where what is done just here is traced, for then the
/// call's own span is named.
pub fn named_by_call(traceparent: &str) -> String {
    if is_traced() { String::new() } else { traceparent.to_owned() }
}

/// Whether `span` is in the trace that `traceparent` names.
pub fn is_in_trace(span: &Span, traceparent: &str) -> bool {
    let own = span.context().span().span_context().trace_id();
    parse(traceparent).is_some_and(|named| named.trace_id() == own)
}

/// Whether the trace that a W3C `traceparent` names is kept whole; of others only failures are.
pub fn is_sampled(traceparent: &str) -> bool {
    Traceparent::parse(traceparent).is_some_and(|named| named.is_sampled())
}

/// Whether what is done just here belongs to a trace that is kept.
pub fn is_traced() -> bool {
    Context::map_current(|context| context.span().span_context().is_sampled())
}

pub(crate) fn parse(traceparent: &str) -> Option<SpanContext> {
    let named = Traceparent::parse(traceparent)?;
    let (trace, span) = (TraceId::from_hex(named.trace_id).ok()?, SpanId::from_hex(named.span_id).ok()?);
    Some(SpanContext::new(trace, span, TraceFlags::new(named.flags), true, TraceState::default()))
}

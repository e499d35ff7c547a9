//! How log lines look: each with the instance that tells it, and with the id of the trace that it belongs to, where there is one.

use crate::LogFormat;
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use std::fmt::{self, Display};
use std::io::IsTerminal;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::format::{self, Format, Json, JsonFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

const TRACE_ID: &str = "trace_id";
const INSTANCE: &str = "instance";

/// Lines on stderr.
pub(crate) fn layer<S>(format: LogFormat, instance: String) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match format {
        LogFormat::Human => {
            let ansi = std::io::stderr().is_terminal();
            layer.with_ansi(ansi).event_format(Signed::human(format::format().with_ansi(ansi), instance)).boxed()
        }
        LogFormat::Json => {
            let json = format::json().flatten_event(true).with_current_span(false).with_span_list(false);
            layer.fmt_fields(JsonFields::new()).event_format(Signed::json(json, instance)).boxed()
        }
    }
}

/// Lines as another writes them, with more added at their end, unless the event tells it itself.
struct Signed<F> {
    inner: F,
    instance: String,
    /// What a line ends with, before which more is put.
    end: &'static str,
    write: fn(&mut String, name: &str, value: &dyn Display),
}

impl Signed<Format> {
    fn human(inner: Format, instance: String) -> Self {
        let write = |line: &mut String, name: &str, value: &dyn Display| line.push_str(&format!(" {name}={value}"));
        Self { inner, instance, end: "\n", write }
    }
}

impl Signed<Format<Json>> {
    fn json(inner: Format<Json>, instance: String) -> Self {
        // A name and an id need no escape.
        let write =
            |line: &mut String, name: &str, value: &dyn Display| line.push_str(&format!(r#","{name}":"{value}""#));
        Self { inner, instance, end: "}\n", write }
    }
}

impl<S, N, F> FormatEvent<S, N> for Signed<F>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut line = String::new();
        // Colours are the inner format's own to know.
        self.inner.format_event(context, Writer::new(&mut line), event)?;
        let told = line.trim_end_matches(self.end).len();
        line.truncate(told);
        let tells = |name: &str| event.metadata().fields().field(name).is_some();
        if !tells(INSTANCE) {
            (self.write)(&mut line, INSTANCE, &self.instance);
        }
        let trace = Context::map_current(|context| context.span().span_context().trace_id());
        if !tells(TRACE_ID) && trace != opentelemetry::TraceId::INVALID {
            (self.write)(&mut line, TRACE_ID, &trace);
        }
        write!(writer, "{line}{}", self.end)
    }
}

//! How log lines look: each with the id of the trace that it belongs to, where there is one.

use crate::LogFormat;
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use std::fmt;
use std::io::IsTerminal;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::format::{self, Format, Json, JsonFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

const TRACE_ID: &str = "trace_id";

/// Lines on stderr.
pub(crate) fn layer<S>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match format {
        LogFormat::Human => {
            let ansi = std::io::stderr().is_terminal();
            layer.with_ansi(ansi).event_format(InTrace::human(format::format().with_ansi(ansi))).boxed()
        }
        LogFormat::Json => {
            let json = format::json().flatten_event(true).with_current_span(false).with_span_list(false);
            layer.fmt_fields(JsonFields::new()).event_format(InTrace::json(json)).boxed()
        }
    }
}

/// Lines as another writes them, with the trace added at their end.
struct InTrace<F> {
    inner: F,
    /// What a line ends with, before which the trace is put.
    end: &'static str,
    before: &'static str,
    after: &'static str,
}

impl InTrace<Format> {
    fn human(inner: Format) -> Self {
        Self { inner, end: "\n", before: " trace_id=", after: "" }
    }
}

impl InTrace<Format<Json>> {
    fn json(inner: Format<Json>) -> Self {
        Self { inner, end: "}\n", before: r#","trace_id":""#, after: r#"""# }
    }
}

impl<S, N, F> FormatEvent<S, N> for InTrace<F>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let trace = Context::map_current(|context| context.span().span_context().trace_id());
        let tells_itself = event.metadata().fields().field(TRACE_ID).is_some();
        if tells_itself || trace == opentelemetry::TraceId::INVALID {
            return self.inner.format_event(context, writer, event);
        }
        let mut line = String::new();
        self.inner.format_event(context, Writer::new(&mut line), event)?;
        let told = line.strip_suffix(self.end).unwrap_or(&line);
        write!(writer, "{told}{}{trace}{}{}", self.before, self.after, self.end)
    }
}

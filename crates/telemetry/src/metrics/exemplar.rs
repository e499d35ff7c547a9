//! One observation's trace, so that a point of a graph leads to a ticket.

use crate::context;
use opentelemetry::TraceId;
use opentelemetry::trace::SpanContext;
use prometheus_client::encoding::{EncodeLabel, EncodeLabelSet, LabelSetEncoder};
use std::fmt;

/// The label of an exemplar.
pub const TRACE_ID: &str = "trace_id";

/// A trace that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace(TraceId);

impl Trace {
    /// The trace that a W3C `traceparent` names; none where it is empty, malformed or not sampled: then there is nothing to look up.
    pub fn sampled(traceparent: &str) -> Option<Self> {
        context::parse(traceparent).filter(SpanContext::is_sampled).map(|named| Self(named.trace_id()))
    }
}

impl EncodeLabelSet for Trace {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        (TRACE_ID, self.0.to_string()).encode(encoder.encode_label())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

    fn traceparent(flags: &str) -> String {
        format!("00-{TRACE}-b7ad6b7169203331-{flags}")
    }

    #[test]
    fn only_a_trace_that_is_kept_is_shown() {
        let shown = Trace::sampled(&traceparent("01")).map(|trace| trace.0.to_string());
        assert_eq!(shown.as_deref(), Some(TRACE));
        assert_eq!(Trace::sampled(&traceparent("03")), Trace::sampled(&traceparent("01")), "other flags do not matter");
        assert_eq!(Trace::sampled(&traceparent("00")), None);
    }

    #[test]
    fn what_names_no_trace_shows_none() {
        for none in ["", "00", "00-x-y-01", "00-00000000000000000000000000000000-b7ad6b7169203331-01", "é-é-é-é"] {
            assert_eq!(Trace::sampled(none), None, "{none}");
        }
    }
}

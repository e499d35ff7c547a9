//! What is told of the times that Redis is asked: in the metrics, and in the trace of whomever it is asked for.

use store::{Asked, Observer, RoundTrip};
use tracing::Span;
use tracing::field::Empty;

pub const OBSERVER: Observer = Observer { span, ended };

/// By the semantic conventions for database clients: <https://opentelemetry.io/docs/specs/semconv/database/redis/>.
fn span(asked: Asked<'_>) -> Span {
    let Asked { verb, operation, is_script } = asked;
    telemetry::child_span!(
        "redis",
        otel.name = %format_args!("{operation} {verb}"), otel.kind = "client",
        otel.status_code = Empty, otel.status_description = Empty,
        db.system.name = "redis", db.operation.name = operation, db.stored_procedure.name = is_script.then_some(verb),
    )
}

fn ended(trip: RoundTrip) {
    telemetry::metrics().store_call(trip.verb, trip.end.as_str(), trip.took);
}

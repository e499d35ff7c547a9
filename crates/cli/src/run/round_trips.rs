//! What is told of the times that Redis is asked: in the metrics, and in the trace of whomever it is asked for.

use store::{Observer, Operation, RoundTrip};
use telemetry::Under;
use tracing::Span;
use tracing::field::Empty;

pub const OBSERVER: Observer = Observer { span, ended };

/// By the semantic conventions for database clients: <https://opentelemetry.io/docs/specs/semconv/database/redis/>.
fn span(what: Operation<'_>) -> Span {
    let Operation { verb, command, is_script } = what;
    telemetry::span!(
        Under::Here,
        "redis",
        otel.name = %format_args!("{command} {verb}"), otel.kind = "client",
        otel.status_description = Empty, error.type = Empty,
        db.system.name = "redis", db.operation.name = command, db.operation.batch.size = Empty, db.stored_procedure.name = is_script.then_some(verb),
    )
}

fn ended(trip: RoundTrip) {
    telemetry::metrics().store_call(trip.verb, trip.end.as_str(), trip.took);
}

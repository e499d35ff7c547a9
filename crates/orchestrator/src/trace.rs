//! A request to be matched, in the trace that its ticket's whole life is told in.

use crate::arrival::Arrival;
use crate::outcome::outcome;
use api::v1::EnqueueResponse;
use domain::{PlayerId, TicketId};
use std::fmt::Display;
use telemetry::{Failed, Failure, Under};
use tonic::{Code, Status};
use tracing::Span;
use tracing::field::Empty;

/// A request that is admitted, until it is answered.
pub struct Enqueuing {
    ticket: TicketId,
    pub span: Span,
    /// W3C `traceparent` that the ticket is stored with; empty where nothing is exported.
    pub trace: String,
}

impl Enqueuing {
    /// In the trace of the rpc. One that asks to be `traced` begins a trace of its own where the rpc's is not kept.
    pub fn new(arrival: &Arrival, traced: bool) -> Self {
        let here = telemetry::traceparent(&Span::current());
        let kept = if traced && !telemetry::is_sampled(&here) { telemetry::kept_as_asked() } else { None };
        let span = telemetry::span!(
            if kept.is_some() { Under::Nothing } else { Under::Here },
            "muster.enqueue",
            muster.kept = kept,
            muster.ticket_id = %arrival.enqueue.id,
            muster.player_ids = joined(arrival.enqueue.players.iter().map(PlayerId::as_str)),
            muster.queues = joined(arrival.enqueue.places.iter().map(|place| place.queue.as_str())),
            muster.outcome = Empty,
            otel.status_description = Empty,
        );
        let trace = if span.is_disabled() { here } else { telemetry::traceparent(&span) };
        Self { ticket: arrival.enqueue.id, span, trace }
    }

    pub fn came_to(&self, answer: Result<&EnqueueResponse, &Status>) {
        self.span.record("muster.outcome", outcome(answer));
        let Err(status) = answer else { return };
        self.span.record("otel.status_description", status.message());
        if matches!(status.code(), Code::Unavailable | Code::Internal) {
            let (ticket, why) = (Some(&self.ticket as &dyn Display), status.message());
            Failed { failure: Failure::Enqueue, ticket, matched: None, trace: &self.trace, why: &why }.tell();
        }
    }
}

fn joined<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(" ")
}

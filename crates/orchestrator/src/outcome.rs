//! What came of a request to be matched, as it is counted and told in the trace of its ticket.

use api::v1::{EnqueueRequest, EnqueueResponse, Ticket};
use domain::RuleSet;
use domain::limits::TICKET_QUEUES_MAX;
use telemetry::{Failure, Whose};
use tonic::{Code, Status};
use tracing::Span;
use tracing::field::Empty;

/// A request while it is worked on.
pub struct Asked {
    queues: Vec<String>,
    pub span: Span,
    /// W3C `traceparent` of the trace that its ticket's life is told in; empty where nothing is exported.
    pub trace: String,
}

impl Asked {
    /// In the trace of the rpc. One that asks to be traced begins a trace of its own where the rpc's is not kept.
    pub fn new(request: &EnqueueRequest) -> Self {
        let span = span(request);
        let trace = if span.is_disabled() { Span::current() } else { span.clone() };
        Self { queues: request.queues.clone(), span, trace: telemetry::traceparent(&trace) }
    }

    pub fn came_to(&self, rules: &RuleSet, answer: Result<&EnqueueResponse, &Status>) {
        self.count(rules, outcome(answer));
        self.span.record("muster.outcome", outcome(answer));
        match answer {
            Ok(response) => self.tell(response.ticket.as_ref()),
            Err(status) if matches!(outcome(answer), "unavailable" | "failed") => {
                self.span.record("otel.status_code", "ERROR");
                telemetry::failed(Failure::Enqueue, Whose::Nobody, &self.trace, &status.message());
            }
            Err(_) => {}
        }
    }

    /// Once for each queue that it names; of names that the rules do not know, a client may have any number.
    fn count(&self, rules: &RuleSet, outcome: &'static str) {
        let known = |name: &String| rules.iter().map(|rules| rules.queue().as_str()).find(|queue| queue == name);
        let named = self.queues.iter().take(TICKET_QUEUES_MAX).map(known);
        // One that names none is one request all the same.
        let nameless = self.queues.is_empty().then_some(None);
        for queue in named.chain(nameless) {
            telemetry::metrics().enqueue(queue, outcome);
        }
    }

    fn tell(&self, ticket: Option<&Ticket>) {
        if let Some(ticket) = ticket.filter(|_| !self.span.is_disabled()) {
            self.span.record("muster.ticket_id", ticket.id.as_str());
            self.span.record("muster.queues", ticket.queues.join(" "));
        }
    }
}

fn span(request: &EnqueueRequest) -> Span {
    macro_rules! enqueue_span {
        ($($first:tt)*) => {
            tracing::info_span!(
                target: telemetry::SPANS, $($first)*
                muster.players = request.players.len(), muster.ticket_id = Empty, muster.queues = Empty, muster.outcome = Empty,
                otel.status_code = Empty,
            )
        };
    }
    match telemetry::is_traced() {
        true => enqueue_span!("muster.enqueue",),
        false if request.traced => {
            enqueue_span!(parent: None, "muster.enqueue", muster.kept = telemetry::kept_as_asked(),)
        }
        false => Span::none(),
    }
}

fn outcome(answer: Result<&EnqueueResponse, &Status>) -> &'static str {
    match answer.map_err(Status::code) {
        Ok(response) if response.repeated => "repeated",
        Ok(_) => "queued",
        Err(Code::InvalidArgument) => "invalid",
        Err(Code::AlreadyExists) => "busy",
        Err(Code::ResourceExhausted) => "overloaded",
        Err(Code::Unavailable) => "unavailable",
        Err(_) => "failed",
    }
}

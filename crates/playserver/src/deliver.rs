use crate::config::DELIVERIES_IN_WORK_MAX;
use crate::host::Host;
use crate::hub::Hub;
use crate::presence::Presence;
use api::v1::deliver_request::What;
use api::v1::playserver_server::Playserver;
use api::v1::{self, DeliverRequest, DeliverResponse};
use chassis::{Clock, Shutdown};
use futures::stream::BoxStream;
use std::sync::Arc;
use telemetry::Under;
use tonic::{Request, Response, Status, Streaming};

/// Takes the mover's events.
#[derive(Clone)]
pub struct Delivery {
    hub: Hub,
    presence: Presence,
    host: Arc<Host>,
    clock: Clock,
    shutdown: Shutdown,
}

impl Delivery {
    pub fn new(hub: Hub, presence: Presence, host: Arc<Host>, clock: Clock, shutdown: Shutdown) -> Self {
        Self { hub, presence, host, clock, shutdown }
    }

    fn take(&self, request: DeliverRequest) -> DeliverResponse {
        let taken = match request.what {
            Some(What::Events(told)) => {
                told.events.iter().for_each(|event| self.take_event(event));
                Ok(())
            }
            Some(What::Resync(_)) => {
                self.presence.resync();
                Ok(())
            }
            None => Err(Status::invalid_argument("what: must be events or a resync")),
        };
        DeliverResponse { failure: taken.err().map(|status| chassis::status::failure(&status)), ..Default::default() }
    }

    fn take_event(&self, event: &v1::Event) {
        let lag_ms = self.clock.now_ms().saturating_sub(event.at_ms);
        let _spans = spans(event, lag_ms);
        self.hub.tell_event(event);
        self.host.take(event);
        let trace = event.tickets.first().map_or("", |ticket| ticket.traceparent.as_str());
        telemetry::metrics().delivered(change(event), lag_ms, trace);
    }
}

#[tonic::async_trait]
impl Playserver for Delivery {
    type DeliverStream = BoxStream<'static, Result<DeliverResponse, Status>>;

    async fn deliver(
        &self,
        request: Request<Streaming<DeliverRequest>>,
    ) -> Result<Response<Self::DeliverStream>, Status> {
        let delivery = self.clone();
        // Taken when it is called, not when its future runs: events are told in the order in which they came.
        let handler = move |request| std::future::ready(delivery.take(request));
        let answers = chassis::answer(
            "muster.v1.Playserver/Deliver",
            chassis::Traces::Continue,
            request.into_inner(),
            DELIVERIES_IN_WORK_MAX,
            self.shutdown.clone(),
            handler,
        );
        Ok(Response::new(answers))
    }
}

fn change(event: &v1::Event) -> &'static str {
    event.change().as_str_name().trim_start_matches("CHANGE_")
}

/// The taking of an event, in the trace of each of its tickets.
fn spans(event: &v1::Event, lag_ms: u64) -> Vec<tracing::Span> {
    let in_trace_of = |ticket: &v1::EventTicket| {
        let change = change(event);
        telemetry::span!(
            Under::Named(&ticket.traceparent),
            "muster.tell",
            muster.change = change,
            muster.lag_s = lag_ms as f64 / 1_000.0,
            muster.ticket_id = ticket.id
        )
    };
    event.tickets.iter().map(in_trace_of).collect()
}

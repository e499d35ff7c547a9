use crate::arrival::{self, Arrival};
use crate::config::SESSION_CALLS_MAX;
use crate::explain::Explainer;
use crate::intake::{Intake, Room};
use crate::looker::Looker;
use crate::outcome;
use crate::trace::Enqueuing;
use crate::waiting::Waiting;
use api::v1::queue_server::Queue;
use api::v1::session_request::Op;
use api::v1::session_response::Result as Answer;
use api::v1::{self, SessionRequest, SessionResponse};
use chassis::status::{self, no_ticket};
use chassis::{Clock, LiveRules, Shutdown, check_ticket_is_of};
use domain::{InstanceId, Invalid, PlayerId, RealmId, RuleSet, Ticket, TicketId, TicketState};
use doors::{Principal, principal};
use futures::stream::BoxStream;
use std::sync::Arc;
use store::{EnqueueOutcome, Leave, LeaveOutcome, Store, Subject};
use tonic::{Request, Response, Status, Streaming};
use tracing::Instrument;

/// The public face.
#[derive(Clone)]
pub struct Service {
    pub realm: RealmId,
    pub store: Arc<dyn Store>,
    pub rules: LiveRules,
    pub looker: Arc<Looker>,
    pub explainer: Arc<Explainer>,
    pub clock: Clock,
    pub here: InstanceId,
    pub shutdown: Shutdown,
    pub intake: Arc<Intake>,
}

impl Service {
    async fn enqueue_party(
        &self,
        principal: &Principal,
        mut request: v1::EnqueueRequest,
    ) -> Result<v1::EnqueueResponse, Status> {
        principal.vouch_for(&mut request.players)?;
        let (queues, traced, rules) = (request.queues.clone(), request.traced, self.rules.current());
        let admitted = self.admit(request, &rules);
        let (mut arrival, room) = admitted.inspect_err(|status| outcome::count(&queues, &rules, Err(status)))?;
        let enqueuing = Enqueuing::new(&arrival, traced);
        arrival.enqueue.trace.clone_from(&enqueuing.trace);
        // A task of its own: a caller who gives up must not come between the storing and the looking.
        let (service, span) = (self.clone(), enqueuing.span.clone());
        let storing = async move {
            let answer = service.store(arrival, &rules, room).await;
            outcome::count(&queues, &rules, answer.as_ref());
            enqueuing.came_to(answer.as_ref());
            answer
        };
        let storing = tokio::spawn(storing.instrument(span));
        storing.await.map_err(|error| Status::internal(error.to_string()))?
    }

    /// Everything that can be refused before anything is asked of the store.
    fn admit(&self, request: v1::EnqueueRequest, rules: &RuleSet) -> Result<(Arrival, Room), Status> {
        self.check_open()?;
        let room = self.intake.room()?;
        let arrival = arrival::read(request, &self.realm, rules, &self.here, self.clock.now_ms());
        Ok((arrival.map_err(status::invalid)?, room))
    }

    async fn store(&self, arrival: Arrival, rules: &RuleSet, room: Room) -> Result<v1::EnqueueResponse, Status> {
        let Arrival { party, enqueue, .. } = self.with_whom_they_met(arrival).await?;
        let party = Arc::new(party);
        let waiting = Waiting::before_stored(&enqueue, &party, rules);
        let turn = self.intake.turn().await?;
        let stored = self.store.enqueue(enqueue).await;
        drop(turn);
        match stored {
            Ok(EnqueueOutcome::Queued(ticket)) => {
                for waiting in waiting {
                    self.looker.arrive(Waiting { tries: ticket.tries, room: Some(room.clone()), ..waiting });
                }
                Ok(v1::EnqueueResponse { ticket: Some((&ticket).into()), repeated: false })
            }
            Ok(EnqueueOutcome::Repeated(ticket)) => {
                self.look_for_again(&ticket, rules);
                Ok(v1::EnqueueResponse { ticket: Some((&ticket).into()), repeated: true })
            }
            Ok(EnqueueOutcome::Busy { player, ticket }) => Err(busy(&player, ticket)),
            Ok(EnqueueOutcome::Full { bound }) => {
                Err(Status::resource_exhausted(format!("the realm is full: {bound}")))
            }
            Err(error) => {
                // It may have been stored all the same. The first look finds out.
                waiting.into_iter().for_each(|waiting| self.looker.look_at(self.clock.now_ms(), waiting));
                Err(status::of_store(error))
            }
        }
    }

    /// Nothing was written yet, so a store that does not answer refuses the request as it would at the next step, in the same time.
    async fn with_whom_they_met(&self, arrival: Arrival) -> Result<Arrival, Status> {
        if !arrival.asks_whom_they_met {
            return Ok(arrival);
        }
        let met = self.store.recent(&arrival.enqueue.players).await.map_err(status::of_store)?;
        Ok(arrival.having_met(&met))
    }

    /// The first try's answer may have been lost on its way, before the ticket came into anyone's schedule. Being looked for by two
    /// does no harm.
    fn look_for_again(&self, ticket: &Ticket, rules: &RuleSet) {
        if ticket.state == TicketState::Queued {
            let now_ms = self.clock.now_ms();
            // As it was stored, whatever is said of the party this time.
            let waiting = Waiting::in_queues_if_any(ticket, rules);
            waiting.into_iter().for_each(|waiting| self.looker.look_at(now_ms, waiting));
        }
    }

    async fn cancel_ticket(
        &self,
        principal: &Principal,
        request: v1::CancelRequest,
    ) -> Result<v1::CancelResponse, Status> {
        api::check_realm(&request.realm, &self.realm).map_err(status::invalid)?;
        let id = api::parse_id::<TicketId>("ticket_id", &request.ticket_id).map_err(status::invalid)?;
        api::check_reason(&request.reason).map_err(status::invalid)?;
        check_ticket_is_of(principal, id, &*self.store).await?;
        let left = self.store.leave(id, Leave::Cancelled, &request.reason, self.clock.now_ms()).await;
        match left.map_err(status::unavailable)? {
            LeaveOutcome::Left(ticket) => Ok(v1::CancelResponse { ticket: Some((&ticket).into()) }),
            LeaveOutcome::Refused(ticket) => Err(status::in_state("ticket", id, ticket.state.as_str())),
            LeaveOutcome::NotFound => Err(no_ticket(id)),
        }
    }

    /// A leaving orchestrator takes nothing more, and one that holds all it can says so at once.
    fn check_open(&self) -> Result<(), Status> {
        if self.shutdown.is_cancelled() {
            return Err(Status::unavailable("this orchestrator is leaving: ask again"));
        }
        if !self.looker.has_room() {
            return Err(Status::resource_exhausted(
                "this orchestrator holds as many tickets as it can: ask again later",
            ));
        }
        Ok(())
    }

    async fn do_for(&self, principal: &Principal, request: SessionRequest) -> Result<Answer, Status> {
        principal.take_turn()?;
        match request.op {
            Some(Op::Enqueue(enqueue)) => self.enqueue_party(principal, enqueue).await.map(Answer::Enqueued),
            Some(Op::Cancel(cancel)) => self.cancel_ticket(principal, cancel).await.map(Answer::Cancelled),
            None => Err(Status::invalid_argument("op: must be enqueue or cancel")),
        }
    }

    async fn answer(&self, principal: &Principal, request: SessionRequest) -> SessionResponse {
        let result =
            self.do_for(principal, request).await.unwrap_or_else(|status| Answer::Failure(status::failure(&status)));
        SessionResponse { call: 0, result: Some(result) }
    }
}

#[tonic::async_trait]
impl Queue for Service {
    type SessionStream = BoxStream<'static, Result<SessionResponse, Status>>;

    async fn enqueue(&self, request: Request<v1::EnqueueRequest>) -> Result<Response<v1::EnqueueResponse>, Status> {
        let principal = principal(request.extensions());
        self.enqueue_party(&principal, request.into_inner()).await.map(Response::new)
    }

    async fn cancel(&self, request: Request<v1::CancelRequest>) -> Result<Response<v1::CancelResponse>, Status> {
        let principal = principal(request.extensions());
        self.cancel_ticket(&principal, request.into_inner()).await.map(Response::new)
    }

    async fn get_ticket(
        &self,
        request: Request<v1::GetTicketRequest>,
    ) -> Result<Response<v1::GetTicketResponse>, Status> {
        let principal = principal(request.extensions());
        let request = request.into_inner();
        api::check_realm(&request.realm, &self.realm).map_err(status::invalid)?;
        let subject = subject(&request).map_err(status::invalid)?;
        if let Subject::Player(player) = &subject {
            principal.may_be(player.as_str())?;
        }
        let snapshot = self.store.snapshot(&subject).await.map_err(status::unavailable)?;
        let his = snapshot.ticket.filter(|ticket| principal.is_among(&ticket.players));
        let ticket = his.ok_or_else(|| match subject {
            Subject::Ticket(id) => no_ticket(id),
            Subject::Player(player) => Status::not_found(format!("player {player} has no ticket")),
        })?;
        let matched = snapshot.matched.as_ref().map(v1::Match::from);
        Ok(Response::new(v1::GetTicketResponse { ticket: Some((&ticket).into()), r#match: matched }))
    }

    async fn explain(&self, request: Request<v1::ExplainRequest>) -> Result<Response<v1::ExplainResponse>, Status> {
        let principal = principal(request.extensions());
        let request = request.into_inner();
        api::check_realm(&request.realm, &self.realm).map_err(status::invalid)?;
        let id = api::parse_id::<TicketId>("ticket_id", &request.ticket_id).map_err(status::invalid)?;
        check_ticket_is_of(&principal, id, &*self.store).await?;
        self.explainer.explain(id).await?.map(Response::new).ok_or_else(|| no_ticket(id))
    }

    async fn session(
        &self,
        request: Request<Streaming<SessionRequest>>,
    ) -> Result<Response<Self::SessionStream>, Status> {
        let (service, principal) = (self.clone(), principal(request.extensions()));
        let handler = move |request| {
            let (service, principal) = (service.clone(), principal.clone());
            async move { service.answer(&principal, request).await }
        };
        let answers = chassis::answer(
            "muster.v1.Queue/Session",
            chassis::Traces::Begin,
            request.into_inner(),
            SESSION_CALLS_MAX,
            self.shutdown.clone(),
            handler,
        );
        Ok(Response::new(answers))
    }
}

fn busy(player: &PlayerId, ticket: TicketId) -> Status {
    let mut status = Status::already_exists(format!("player {player} is in live ticket {ticket}"));
    status::describe(&mut status, api::TICKET_ID_METADATA, &ticket.to_string());
    status
}

/// Whose ticket is asked for.
fn subject(request: &v1::GetTicketRequest) -> Result<Subject, Invalid> {
    match (request.ticket_id.is_empty(), request.player_id.is_empty()) {
        (_, true) => api::parse_id("ticket_id", &request.ticket_id).map(Subject::Ticket),
        (true, false) => PlayerId::parse("player_id", &request.player_id).map(Subject::Player),
        (false, false) => Err(Invalid::new("player_id", "must be empty where a ticket_id is given")),
    }
}

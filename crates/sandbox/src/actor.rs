//! Players for the tests: they do what a client does, over the public contract alone, and read as sentences.

use crate::Watcher;
use anyhow::{Context, Result, bail};
use api::v1::play_client::PlayClient;
use api::v1::queue_client::QueueClient;
use api::v1::watch_request::Subject;
use api::v1::{self, Change, Cursor, EnqueueRequest, TicketState, Update, WatchRequest};
use chassis::{Channel, channel};
use tonic::Status;

/// A party and its leader's connections to an orchestrator and a playserver.
#[derive(Clone)]
pub struct Actor {
    players: Vec<v1::Player>,
    pub queue: QueueClient<Channel>,
    pub play: PlayClient<Channel>,
}

/// An actor with a ticket, and what he hears of it.
pub struct Queued {
    pub actor: Actor,
    pub ticket: v1::Ticket,
    pub watcher: Watcher,
}

impl Actor {
    /// `orchestrator` and `playserver` are addresses, `http://host:port`.
    pub fn new(id: &str, rating: f64, orchestrator: &str, playserver: &str) -> Result<Self> {
        let player = v1::Player { id: id.to_owned(), rating, ..Default::default() };
        Ok(Self {
            players: vec![player],
            queue: QueueClient::new(channel(orchestrator)?),
            play: PlayClient::new(channel(playserver)?),
        })
    }

    /// Takes another player into the party.
    #[must_use]
    pub fn with(mut self, id: &str, rating: f64) -> Self {
        self.players.push(v1::Player { id: id.to_owned(), rating, ..Default::default() });
        self
    }

    pub fn id(&self) -> &str {
        &self.players[0].id
    }

    pub fn request(&self, queue: &str) -> EnqueueRequest {
        EnqueueRequest { queues: vec![queue.to_owned()], players: self.players.clone(), ..Default::default() }
    }

    /// From now on at another playserver.
    pub fn at(mut self, playserver: &str) -> Result<Self> {
        self.play = PlayClient::new(channel(playserver)?);
        Ok(self)
    }

    /// Queues and watches the ticket.
    pub async fn enqueues(&self, queue: &str) -> Result<Queued> {
        self.clone().watches(self.queues(queue).await?).await
    }

    /// Queues without watching.
    pub async fn queues(&self, queue: &str) -> Result<v1::Ticket> {
        let response = self.queue.clone().enqueue(self.request(queue)).await?.into_inner();
        response.ticket.context("an Enqueue answers a ticket")
    }

    /// Queues and expects to be refused.
    pub async fn is_refused(&self, request: EnqueueRequest) -> Result<Status> {
        match self.queue.clone().enqueue(request).await {
            Err(status) => Ok(status),
            Ok(response) => bail!("not refused: {:?}", response.into_inner()),
        }
    }

    pub async fn watches(self, ticket: v1::Ticket) -> Result<Queued> {
        let watcher = self.watches_from(Subject::TicketId(ticket.id.clone()), None).await?;
        Ok(Queued { actor: self, ticket, watcher })
    }

    /// Watches whatever ticket he is in, now and later.
    pub async fn watches_himself(&self) -> Result<Watcher> {
        self.watches_from(Subject::PlayerId(self.id().to_owned()), None).await
    }

    /// Watches from where another watch ended.
    pub async fn watches_from(&self, subject: Subject, resume: Option<Cursor>) -> Result<Watcher> {
        let request = WatchRequest { subject: Some(subject), resume, ..Default::default() };
        Ok(Watcher::open(self.id(), self.play.clone(), request).await?)
    }

    /// His ticket, found by his name.
    pub async fn finds_his_ticket(&self) -> Result<v1::Ticket, Status> {
        let request = v1::GetTicketRequest { player_id: self.id().to_owned(), ..Default::default() };
        Ok(self.queue.clone().get_ticket(request).await?.into_inner().ticket.unwrap_or_default())
    }

    pub async fn ticket(&self, id: &str) -> Result<v1::GetTicketResponse> {
        let request = v1::GetTicketRequest { ticket_id: id.to_owned(), ..Default::default() };
        Ok(self.queue.clone().get_ticket(request).await?.into_inner())
    }
}

impl Queued {
    /// The next thing he hears.
    pub async fn hears(&mut self) -> Result<Update, Status> {
        self.watcher.hears().await
    }

    /// Listens until the ticket reaches `state`.
    pub async fn reaches(&mut self, state: TicketState) -> Result<Update> {
        self.watcher.reaches(state).await
    }

    /// Listens until `change` happens.
    pub async fn sees(&mut self, change: Change) -> Result<Update> {
        self.watcher.sees(change).await
    }

    /// Goes on at another playserver, from what he heard last.
    pub async fn resumes_at(self, playserver: &str) -> Result<Self> {
        let actor = self.actor.at(playserver)?;
        let subject = Subject::TicketId(self.ticket.id.clone());
        let watcher = actor.watches_from(subject, self.watcher.last.cursor).await?;
        Ok(Self { actor, watcher, ..self })
    }

    /// Listens until he is told where to play, and acknowledges.
    pub async fn is_assigned(&mut self) -> Result<v1::Match> {
        let matched = self.reaches(TicketState::Assigned).await?.r#match.context("an assigned ticket has a match")?;
        for player in &self.actor.players {
            let request = v1::AcknowledgeRequest {
                match_id: matched.id.clone(),
                player_id: player.id.clone(),
                ..Default::default()
            };
            self.actor.play.acknowledge(request).await?;
        }
        Ok(matched)
    }

    /// Both are assigned, in the same match.
    pub async fn is_matched_with(&mut self, other: &mut Self) -> Result<v1::Match> {
        let (mine, theirs) = (self.is_assigned().await?, other.is_assigned().await?);
        if mine.id != theirs.id || mine.sheet != theirs.sheet {
            bail!("{} is in {mine:?}, {} in {theirs:?}", self.actor.id(), other.actor.id());
        }
        Ok(mine)
    }

    /// Asks why he still waits: one explanation for each of his queues.
    pub async fn asks_why(&self) -> Result<Vec<v1::Explanation>, Status> {
        Ok(self.is_explained().await?.explanations)
    }

    /// As [`Queued::asks_why`], with what a match lacks.
    pub async fn is_explained(&self) -> Result<v1::ExplainResponse, Status> {
        let request = v1::ExplainRequest { ticket_id: self.ticket.id.clone(), ..Default::default() };
        Ok(self.actor.queue.clone().explain(request).await?.into_inner())
    }

    pub async fn cancels(&mut self) -> Result<v1::Ticket, Status> {
        let request = v1::CancelRequest { ticket_id: self.ticket.id.clone(), ..Default::default() };
        let response = self.actor.queue.cancel(request).await?.into_inner();
        response.ticket.ok_or_else(|| Status::internal("a Cancel answers a ticket"))
    }

    pub async fn ends(&mut self, matched: &v1::Match) -> Result<v1::Match> {
        let request = v1::EndMatchRequest { match_id: matched.id.clone(), ..Default::default() };
        self.actor.play.end_match(request).await?.into_inner().r#match.context("an EndMatch answers a match")
    }
}

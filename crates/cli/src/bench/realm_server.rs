//! One title's game server, as far as Muster sees it: it queues its players on one stream, and follows them and ends their matches on
//! another.

use super::book::Book;
use anyhow::{Context, Result};
use api::v1::follow_request::Op;
use api::v1::follow_response::Result as Answer;
use api::v1::play_client::PlayClient;
use api::v1::queue_client::QueueClient;
use api::v1::{self, TicketState, session_request, session_response, watch_request};
use chassis::channel;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Streaming};

/// Requests that may wait to be read by the other side.
const UNREAD_MAX: usize = 8_192;

/// A player who is due.
pub struct Player {
    pub id: String,
    pub rating: f64,
    pub due: Instant,
}

pub struct RealmServer {
    desk: Arc<Desk>,
    asks: mpsc::Sender<v1::SessionRequest>,
    /// Ends with it.
    _readers: JoinSet<()>,
}

struct Desk {
    queue: String,
    book: Arc<Book>,
    follows: mpsc::Sender<v1::FollowRequest>,
    open: Mutex<Open>,
}

/// Players by the number of their Enqueue, and by their ticket.
#[derive(Default)]
struct Open {
    calls: u64,
    asked: HashMap<u64, Instant>,
    tickets: HashMap<String, Ticket>,
}

struct Ticket {
    due: Instant,
    is_matched: bool,
}

impl RealmServer {
    pub async fn open(orchestrator: &str, playserver: &str, queue: &str, book: Arc<Book>) -> Result<Self> {
        let (asks, asked) = mpsc::channel(UNREAD_MAX);
        let (follows, followed) = mpsc::channel(UNREAD_MAX);
        let mut queueing = QueueClient::new(channel(orchestrator)?);
        let mut playing = PlayClient::new(channel(playserver)?);
        let answers = queueing.session(ReceiverStream::new(asked)).await.context("no Session")?.into_inner();
        let news = playing.follow(ReceiverStream::new(followed)).await.context("no Follow")?.into_inner();
        let desk = Arc::new(Desk { queue: queue.to_owned(), book, follows, open: Mutex::default() });
        let mut readers = JoinSet::new();
        readers.spawn(desk.clone().read_answers(answers));
        readers.spawn(desk.clone().read_news(news));
        Ok(Self { desk, asks, _readers: readers })
    }

    /// Queues a player; without waiting, whatever becomes of it.
    pub fn enqueue(&self, player: Player) {
        self.desk.book.due(player.due);
        let call = self.desk.expect(player.due);
        let request = self.desk.request(player, call);
        if self.asks.try_send(request).is_err() {
            self.desk.hold_back(call);
        }
    }
}

impl Desk {
    fn expect(&self, due: Instant) -> u64 {
        let mut open = self.open();
        open.calls += 1;
        let call = open.calls;
        open.asked.insert(call, due);
        call
    }

    fn hold_back(&self, call: u64) {
        if let Some(due) = self.open().asked.remove(&call) {
            self.book.held_back(due);
        }
    }

    fn request(&self, player: Player, call: u64) -> v1::SessionRequest {
        let player = v1::Player { id: player.id, rating: player.rating, ..Default::default() };
        let enqueue =
            v1::EnqueueRequest { queues: vec![self.queue.clone()], players: vec![player], ..Default::default() };
        v1::SessionRequest { call, op: Some(session_request::Op::Enqueue(enqueue)), ..Default::default() }
    }

    async fn read_answers(self: Arc<Self>, mut answers: Streaming<v1::SessionResponse>) {
        while let Ok(Some(answer)) = answers.message().await {
            let Some(due) = self.open().asked.remove(&answer.call) else { continue };
            match answer.result {
                Some(session_response::Result::Enqueued(enqueued)) => {
                    self.book.taken(due);
                    let ticket_id = enqueued.ticket.unwrap_or_default().id;
                    self.open().tickets.insert(ticket_id.clone(), Ticket { due, is_matched: false });
                    self.say(Op::Follow(v1::WatchRequest {
                        subject: Some(watch_request::Subject::TicketId(ticket_id)),
                        ..Default::default()
                    }))
                    .await;
                }
                Some(session_response::Result::Failure(failure)) => {
                    self.book.refused(due, Code::from_i32(failure.code));
                }
                _ => {}
            }
        }
    }

    async fn read_news(self: Arc<Self>, mut news: Streaming<v1::FollowResponse>) {
        while let Ok(Some(answer)) = news.message().await {
            if let Some(Answer::Update(update)) = answer.result {
                self.hear(update).await;
            }
        }
    }

    async fn hear(&self, update: v1::Update) {
        match update.state() {
            TicketState::Matched | TicketState::Assigned => {
                self.note_matched(&update.ticket_id);
                let matched = update.r#match.unwrap_or_default();
                if update.state == TicketState::Assigned as i32 && is_first(&matched, &update.ticket_id) {
                    self.say(Op::EndMatch(v1::EndMatchRequest { match_id: matched.id, ..Default::default() })).await;
                }
            }
            TicketState::Ended | TicketState::Cancelled | TicketState::Expired => {
                // A ticket whose end is the first that is heard of it was matched too.
                if update.state() == TicketState::Ended {
                    self.note_matched(&update.ticket_id);
                }
                if self.open().tickets.remove(&update.ticket_id).is_some() {
                    let subject = Some(v1::unfollow_request::Subject::TicketId(update.ticket_id));
                    self.say(Op::Unfollow(v1::UnfollowRequest { subject })).await;
                }
            }
            _ => {}
        }
    }

    fn note_matched(&self, ticket_id: &str) {
        let mut open = self.open();
        if let Some(ticket) = open.tickets.get_mut(ticket_id).filter(|ticket| !ticket.is_matched) {
            ticket.is_matched = true;
            self.book.matched(ticket.due);
        }
    }

    async fn say(&self, op: Op) {
        // An error means that the stream has ended, and with it the measurement.
        let _ = self.follows.send(v1::FollowRequest { call: 1, op: Some(op), ..Default::default() }).await;
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of a match's tickets is the one that ends it.
fn is_first(matched: &v1::Match, ticket_id: &str) -> bool {
    let sheet = matched.sheet.as_ref();
    let first = sheet.and_then(|sheet| sheet.teams.first()).and_then(|team| team.seats.first());
    first.is_some_and(|seat| seat.ticket_id == ticket_id)
}

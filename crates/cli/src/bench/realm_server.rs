//! One title's game server, as far as Muster sees it: it queues its players on one stream, and follows them and ends their matches on
//! another.

use super::desk::{Arrival, Desk};
use crate::client::cause;
use anyhow::{Context, Result};
use api::v1::follow_request::Op;
use api::v1::follow_response::Result as Answer;
use api::v1::play_client::PlayClient;
use api::v1::queue_client::QueueClient;
use api::v1::{self, session_request, session_response, unfollow_request, watch_request};
use chassis::Channel;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Streaming};

/// Requests that may wait to be read by the other side.
const UNREAD_MAX: usize = 8_192;
/// The call of what is asked for no ticket; else its number is that of the ticket.
const NO_TICKET: u64 = u64::MAX;

pub struct RealmServer {
    desk: Desk,
    asks: mpsc::Sender<v1::SessionRequest>,
    /// Ends with it.
    _readers: JoinSet<()>,
}

/// What reads what comes back.
struct Reader {
    desk: Desk,
    follows: mpsc::Sender<v1::FollowRequest>,
}

impl RealmServer {
    /// Over connections that others may share.
    pub async fn open(orchestrator: Channel, playserver: Channel, desk: Desk) -> Result<Self> {
        let (asks, asked) = mpsc::channel(UNREAD_MAX);
        let (follows, followed) = mpsc::channel(UNREAD_MAX);
        let mut queueing = QueueClient::new(orchestrator);
        let mut playing = PlayClient::new(playserver);
        let answers = queueing.session(ReceiverStream::new(asked)).await.context("no Session")?.into_inner();
        let news = playing.follow(ReceiverStream::new(followed)).await.context("no Follow")?.into_inner();
        let mut readers = JoinSet::new();
        readers.spawn(Reader { desk: desk.clone(), follows: follows.clone() }.read_answers(answers));
        readers.spawn(Reader { desk: desk.clone(), follows }.read_news(news));
        Ok(Self { desk, asks, _readers: readers })
    }

    /// Queues a party; without waiting, whatever becomes of it.
    pub fn enqueue(&self, arrival: Arrival) {
        let number = arrival.number;
        let enqueue = self.desk.request(arrival);
        let op = Some(session_request::Op::Enqueue(enqueue));
        // The ticket's number is the call's: what is answered names it.
        let request = v1::SessionRequest { call: number as u64, op, ..Default::default() };
        if self.asks.try_send(request).is_err() {
            self.desk.book.held_back(number);
        }
    }
}

impl Reader {
    async fn read_answers(self, mut answers: Streaming<v1::SessionResponse>) {
        while let Some(answer) = self.next(&mut answers).await {
            let number = answer.call as usize;
            match answer.result {
                Some(session_response::Result::Enqueued(enqueued)) => {
                    self.desk.book.taken(number);
                    let ticket_id = enqueued.ticket.unwrap_or_default().id;
                    let subject = Some(watch_request::Subject::TicketId(ticket_id));
                    self.say(answer.call, Op::Follow(v1::WatchRequest { subject, ..Default::default() })).await;
                }
                Some(session_response::Result::Failure(failure)) => {
                    self.desk.book.refused(number, Code::from_i32(failure.code), &failure.message);
                }
                _ => {}
            }
        }
    }

    async fn read_news(self, mut news: Streaming<v1::FollowResponse>) {
        while let Some(answer) = self.next(&mut news).await {
            let update = match answer.result {
                Some(Answer::Update(update)) => update,
                Some(Answer::Failure(failure)) => {
                    self.desk.book.refused(answer.call as usize, Code::from_i32(failure.code), &failure.message);
                    continue;
                }
                _ => continue,
            };
            let heard = self.desk.hear(&update);
            if let Some(match_id) = heard.over {
                self.say(NO_TICKET, Op::EndMatch(v1::EndMatchRequest { match_id, ..Default::default() })).await;
            }
            if heard.is_last {
                let subject = Some(unfollow_request::Subject::TicketId(update.ticket_id));
                self.say(NO_TICKET, Op::Unfollow(v1::UnfollowRequest { subject })).await;
            }
        }
    }

    /// None where the stream has ended: whoever has no answer then gets none.
    async fn next<T>(&self, stream: &mut Streaming<T>) -> Option<T> {
        match stream.message().await {
            Ok(Some(message)) => return Some(message),
            Ok(None) => self.desk.book.broke("a stream has ended"),
            Err(status) => self.desk.book.broke(&format!("a stream broke: {}", cause(&status))),
        }
        None
    }

    async fn say(&self, call: u64, op: Op) {
        // An error means that the stream has ended, which its reader finds out.
        let _ = self.follows.send(v1::FollowRequest { call, op: Some(op), ..Default::default() }).await;
    }
}

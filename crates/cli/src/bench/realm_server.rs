//! One title's game server, as far as Muster sees it: it queues its players on one stream, and follows them and ends their matches on
//! another.

use super::driver::{Arrival, Driver};
use anyhow::{Context, Result};
use api::v1::follow_request::Op;
use api::v1::follow_response::Result as Answer;
use api::v1::play_client::PlayClient;
use api::v1::queue_client::QueueClient;
use api::v1::{self, session_request, session_response, unfollow_request};
use chassis::Channel;
use std::collections::VecDeque;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Streaming};

/// Requests that may wait to be read by the other side.
const UNREAD_MAX: usize = 8_192;
/// The call of what is asked for no ticket; else its number is that of the ticket.
const NO_TICKET: u64 = u64::MAX;

pub struct RealmServer {
    /// Ends with it, and first: that the streams end then is no news.
    _reader: JoinSet<()>,
    driver: Driver,
    asks: mpsc::Sender<v1::SessionRequest>,
}

/// Reads what comes back, and says what follows from it. It reads on while what it says is not taken: a playserver that waits for it to read
/// takes nothing.
struct Reader {
    driver: Driver,
    follows: mpsc::Sender<v1::FollowRequest>,
    /// Not said yet: a few for each ticket.
    unsaid: VecDeque<v1::FollowRequest>,
}

impl RealmServer {
    /// Over connections that others may share.
    pub async fn open(orchestrator: Channel, playserver: Channel, driver: Driver) -> Result<Self> {
        let (asks, asked) = mpsc::channel(UNREAD_MAX);
        let (follows, followed) = mpsc::channel(UNREAD_MAX);
        let mut queueing = QueueClient::new(orchestrator);
        let mut playing = PlayClient::new(playserver);
        let answers = queueing.session(ReceiverStream::new(asked)).await.context("no Session")?.into_inner();
        let news = playing.follow(ReceiverStream::new(followed)).await.context("no Follow")?.into_inner();
        let mut reading = JoinSet::new();
        let reader = Reader { driver: driver.clone(), follows, unsaid: VecDeque::new() };
        reading.spawn(reader.read(answers, news));
        Ok(Self { driver, asks, _reader: reading })
    }

    /// Queues a party; without waiting, whatever becomes of it.
    pub fn enqueue(&self, arrival: Arrival) {
        let number = arrival.number;
        let enqueue = self.driver.request(arrival);
        let op = Some(session_request::Op::Enqueue(enqueue));
        // The ticket's number is the call's: what is answered names it.
        let request = v1::SessionRequest { call: number as u64, op, ..Default::default() };
        if self.asks.try_send(request).is_err() {
            self.driver.recorder.held_back(number);
        }
    }
}

impl Reader {
    /// Until both have ended: whoever has no answer then gets none.
    async fn read(mut self, mut answers: Streaming<v1::SessionResponse>, mut news: Streaming<v1::FollowResponse>) {
        let (recorder, follows) = (self.driver.recorder.clone(), self.follows.clone());
        let (mut is_answered, mut is_told) = (true, true);
        while is_answered || is_told {
            tokio::select! {
                answer = recorder.next(&mut answers), if is_answered => match answer {
                    Some(answer) => self.answered(answer),
                    None => is_answered = false,
                },
                told = recorder.next(&mut news), if is_told => match told {
                    Some(told) => self.told(told),
                    None => is_told = false,
                },
                // An error means that the stream has ended, which is found out above.
                Ok(room) = follows.reserve(), if !self.unsaid.is_empty() => {
                    if let Some(request) = self.unsaid.pop_front() {
                        room.send(request);
                    }
                }
            }
        }
    }

    fn answered(&mut self, answer: v1::SessionResponse) {
        let number = answer.call as usize;
        match answer.result {
            Some(session_response::Result::Enqueued(enqueued)) => {
                self.driver.recorder.taken(number);
                self.say(answer.call, Op::Follow(self.driver.watch(enqueued)));
            }
            Some(session_response::Result::Failure(failure)) => {
                self.driver.recorder.refused(number, Code::from_i32(failure.code), &failure.message);
            }
            _ => {}
        }
    }

    fn told(&mut self, answer: v1::FollowResponse) {
        let update = match answer.result {
            Some(Answer::Update(update)) => update,
            Some(Answer::Failure(v1::Failure { code, message, .. })) if answer.call != NO_TICKET => {
                return self.driver.recorder.broke(&format!("a Follow failed: {:?} {message}", Code::from_i32(code)));
            }
            // What is not ended now ends at its longest time.
            _ => return,
        };
        let heard = self.driver.hear(&update);
        if let Some(match_id) = heard.over {
            self.say(NO_TICKET, Op::EndMatch(v1::EndMatchRequest { match_id, ..Default::default() }));
        }
        if heard.is_last {
            let subject = Some(unfollow_request::Subject::TicketId(update.ticket_id));
            self.say(NO_TICKET, Op::Unfollow(v1::UnfollowRequest { subject }));
        }
    }

    fn say(&mut self, call: u64, op: Op) {
        self.unsaid.push_back(v1::FollowRequest { call, op: Some(op), ..Default::default() });
    }
}

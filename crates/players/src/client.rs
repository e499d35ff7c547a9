//! A player's side of the contract: a deadline on every call, and asking again where that is safe. Every call of the contract may be repeated, so each attempt may go to another instance.

mod code;
mod pool;
mod pulse;
mod retry;
mod watch;

pub use code::code_name;
pub use pool::Pool;
pub use pulse::Pulse;
pub use retry::{Retry, is_passing};
pub use watch::{Subject, Watch};

use api::CLIENT_MESSAGE_BYTES_MAX;
use api::v1::{self, play_client::PlayClient, queue_client::QueueClient};
use chassis::Channel;
use retry::{ask, timed};
use std::sync::Arc;
use tonic::Status;

/// Calls to the orchestrators and playservers of one realm. Cheap to clone.
///
/// `turn` spreads callers over instances and connections: the same turn starts at the same one, each repetition goes to the next.
#[derive(Clone)]
pub struct Client {
    queue: Arc<Pool>,
    play: Arc<Pool>,
    retry: Retry,
    pub pulse: Arc<Pulse>,
}

impl Client {
    /// Asks orchestrators through `queue` and playservers through `play`.
    pub fn new(queue: Pool, play: Pool, retry: Retry) -> Self {
        Self { queue: Arc::new(queue), play: Arc::new(play), retry, pulse: Arc::default() }
    }

    pub async fn enqueue(&self, turn: usize, request: v1::EnqueueRequest) -> Result<v1::EnqueueResponse, Status> {
        ask(&self.retry, &self.pulse, |attempt| {
            let (mut queue, request) = (self.queue(turn + attempt), timed(request.clone()));
            async move { queue.enqueue(request).await }
        })
        .await
    }

    pub async fn cancel(&self, turn: usize, request: v1::CancelRequest) -> Result<v1::CancelResponse, Status> {
        ask(&self.retry, &self.pulse, |attempt| {
            let (mut queue, request) = (self.queue(turn + attempt), timed(request.clone()));
            async move { queue.cancel(request).await }
        })
        .await
    }

    pub async fn ticket(&self, turn: usize, request: v1::GetTicketRequest) -> Result<v1::GetTicketResponse, Status> {
        ask(&self.retry, &self.pulse, |attempt| {
            let (mut queue, request) = (self.queue(turn + attempt), timed(request.clone()));
            async move { queue.get_ticket(request).await }
        })
        .await
    }

    pub async fn explain(&self, turn: usize, request: v1::ExplainRequest) -> Result<v1::ExplainResponse, Status> {
        ask(&self.retry, &self.pulse, |attempt| {
            let (mut queue, request) = (self.queue(turn + attempt), timed(request.clone()));
            async move { queue.explain(request).await }
        })
        .await
    }

    pub async fn acknowledge(&self, turn: usize, request: v1::AcknowledgeRequest) -> Result<(), Status> {
        ask(&self.retry, &self.pulse, |attempt| {
            let (mut play, request) = (self.play(turn + attempt), timed(request.clone()));
            async move { play.acknowledge(request).await }
        })
        .await
        .map(|_| ())
    }

    pub async fn end_match(&self, turn: usize, request: v1::EndMatchRequest) -> Result<v1::EndMatchResponse, Status> {
        ask(&self.retry, &self.pulse, |attempt| {
            let (mut play, request) = (self.play(turn + attempt), timed(request.clone()));
            async move { play.end_match(request).await }
        })
        .await
    }

    /// Follows a player or a ticket; nothing is asked before the first [`Watch::next`].
    pub fn watch(&self, turn: usize, realm: &str, subject: Subject) -> Watch {
        Watch::new(self.clone(), turn, realm, subject)
    }

    fn queue(&self, turn: usize) -> QueueClient<Channel> {
        QueueClient::new(self.queue.channel(turn)).max_decoding_message_size(CLIENT_MESSAGE_BYTES_MAX)
    }

    fn play(&self, turn: usize) -> PlayClient<Channel> {
        PlayClient::new(self.play.channel(turn)).max_decoding_message_size(CLIENT_MESSAGE_BYTES_MAX)
    }
}

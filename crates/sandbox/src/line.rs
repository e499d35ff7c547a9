//! A realm server for the tests: it holds one stream on which it does things for many players.

use crate::WAIT_MAX;
use anyhow::{Context, Result, bail};
use api::Call;
use api::v1::play_client::PlayClient;
use api::v1::queue_client::QueueClient;
use api::v1::{FollowRequest, FollowResponse, SessionRequest, SessionResponse};
use chassis::channel;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

/// Requests that may be said before anything is read.
const SAID_MAX: usize = 4_096;

/// A stream of numbered calls.
pub struct Line<Req, Resp> {
    requests: mpsc::Sender<Req>,
    responses: Streaming<Resp>,
    said: u64,
}

/// Queues and cancels.
pub type Session = Line<SessionRequest, SessionResponse>;
/// Follows, acknowledges and ends.
pub type Following = Line<FollowRequest, FollowResponse>;

impl Session {
    pub async fn open(orchestrator: &str) -> Result<Self> {
        let (requests, said) = mpsc::channel(SAID_MAX);
        let responses = QueueClient::new(channel(orchestrator)?).session(ReceiverStream::new(said)).await?.into_inner();
        Ok(Self { requests, responses, said: 0 })
    }
}

impl Following {
    pub async fn open(playserver: &str) -> Result<Self> {
        let (requests, said) = mpsc::channel(SAID_MAX);
        let responses = PlayClient::new(channel(playserver)?).follow(ReceiverStream::new(said)).await?.into_inner();
        Ok(Self { requests, responses, said: 0 })
    }
}

impl<Req: Call, Resp: std::fmt::Debug> Line<Req, Resp> {
    /// Sends a request, and answers the number under which it is to be answered.
    pub fn says(&mut self, mut request: Req) -> Result<u64> {
        self.said += 1;
        request.set_call(self.said);
        self.requests.try_send(request).ok().context("the stream takes no more requests")?;
        Ok(self.said)
    }

    /// The next thing that is said back; none when the stream has ended.
    pub async fn hears(&mut self) -> Result<Option<Resp>, Status> {
        let late = |_| Status::deadline_exceeded(format!("nothing was said back for {} s", WAIT_MAX.as_secs()));
        timeout(WAIT_MAX, self.responses.message()).await.map_err(late)?
    }

    /// Closes its side and hears what is still said until the stream ends.
    pub async fn closes(self) -> Result<Vec<Resp>> {
        let Self { requests, mut responses, .. } = self;
        drop(requests);
        let mut rest = Vec::new();
        loop {
            match timeout(WAIT_MAX, responses.message()).await {
                Ok(Ok(Some(response))) => rest.push(response),
                Ok(Ok(None)) => return Ok(rest),
                Ok(Err(status)) => bail!("the stream ended with {status} after {rest:?}"),
                Err(_) => bail!("the stream is still open {} s after it was closed; {rest:?}", WAIT_MAX.as_secs()),
            }
        }
    }
}

//! Brings a proposal to whoever leads, and asks until the verdict is known. Asking again is safe: the match id is a hash of
//! what is proposed, so a second try of a committed proposal answers COMMITTED.

use crate::config::{PROPOSE_PAUSE, PROPOSE_TRY_MAX, PROPOSE_WAIT_MAX};
use api::v1::mover_client::MoverClient;
use api::v1::{ProposeRequest, ProposeResponse, Verdict};
use chassis::{Channel, Fleet, Requests};
use domain::InstanceId;
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::watch;
use tonic::{Status, Streaming};

pub type Movers = Fleet<ProposeRequest, ProposeResponse>;

/// Opens the stream of proposals to one mover.
pub fn open(
    channel: Channel,
    requests: Requests<ProposeRequest>,
) -> BoxFuture<'static, Result<Streaming<ProposeResponse>, Status>> {
    let mut client = MoverClient::new(channel).max_encoding_message_size(api::SERVICE_MESSAGE_BYTES_MAX);
    async move { client.propose(requests).await.map(tonic::Response::into_inner) }.boxed()
}

pub struct Proposer {
    movers: Movers,
    leader: watch::Receiver<Option<InstanceId>>,
}

impl Proposer {
    pub fn new(movers: Movers, leader: watch::Receiver<Option<InstanceId>>) -> Self {
        Self { movers, leader }
    }

    /// The verdict on a proposal, or UNKNOWN where none could be had within [`PROPOSE_WAIT_MAX`]; and how many times a mover was asked.
    pub async fn propose(&self, request: &ProposeRequest) -> (ProposeResponse, u32) {
        let (mut last, mut tries) = (unsettled(Verdict::NotLeading, "no mover leads"), 0);
        let asking = async {
            loop {
                last = self.ask_leader(request, &mut tries).await;
                if !matches!(last.verdict(), Verdict::NotLeading | Verdict::Unknown) {
                    return;
                }
                tokio::time::sleep(PROPOSE_PAUSE).await;
            }
        };
        // Cut short, the last try's outcome is as unknown as if its answer were lost.
        if tokio::time::timeout(PROPOSE_WAIT_MAX, asking).await.is_err() {
            last.set_verdict(Verdict::Unknown);
        }
        (last, tries)
    }

    /// Waits for the answer of whoever leads for as long as he does.
    async fn ask_leader(&self, request: &ProposeRequest, tries: &mut u32) -> ProposeResponse {
        let mut leader = self.leader.clone();
        let asked = leader.borrow_and_update().clone();
        let Some(mover) = asked.as_ref().and_then(|leader| self.movers.get(leader)) else {
            return unsettled(Verdict::NotLeading, "no mover leads");
        };
        *tries += 1;
        // No answer is no proof that nothing was committed.
        tokio::select! {
            answer = mover.call(request.clone(), PROPOSE_TRY_MAX) => match answer {
                Ok(answer) => answer,
                Err(error) => unsettled(Verdict::Unknown, &error.to_string()),
            },
            Ok(_) = leader.wait_for(|leads| leads.is_some() && *leads != asked) => {
                unsettled(Verdict::Unknown, "another mover leads now")
            }
        }
    }
}

fn unsettled(verdict: Verdict, detail: &str) -> ProposeResponse {
    ProposeResponse { verdict: verdict.into(), detail: detail.to_owned(), ..Default::default() }
}

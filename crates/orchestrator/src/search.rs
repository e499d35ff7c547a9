//! Sends a range to a matchmaker: the one with the fewest searches in flight, and never one that is full.

use crate::config::SEARCH_WAIT_MAX;
use api::v1::matchmaker_client::MatchmakerClient;
use api::v1::{self, SearchRequest, SearchResponse, Verdict};
use chassis::{CallError, Channel, Fleet};
use domain::{Outlook, Rules, Sought, TicketId};
use futures::FutureExt;
use futures::future::BoxFuture;
use std::collections::HashSet;
use store::IndexedTicket;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};

pub type Matchmakers = Fleet<SearchRequest, SearchResponse>;

/// Opens the stream of ranges to one matchmaker.
pub fn open(
    channel: Channel,
    requests: ReceiverStream<SearchRequest>,
) -> BoxFuture<'static, Result<Streaming<SearchResponse>, Status>> {
    let mut client = MatchmakerClient::new(channel)
        .max_encoding_message_size(api::SERVICE_MESSAGE_BYTES_MAX)
        .max_decoding_message_size(api::SERVICE_MESSAGE_BYTES_MAX);
    async move { client.search(requests).await.map(tonic::Response::into_inner) }.boxed()
}

/// What came of a range.
#[derive(Debug, Default)]
pub struct Found {
    /// Tickets that are in a committed match now.
    pub matched: HashSet<TicketId>,
    /// Tickets whose proposal met a conflict or an unknown outcome: worth looking for again at once.
    pub unsettled: HashSet<TicketId>,
    /// Candidates kept from matching, by rule.
    pub rejections: Vec<v1::Rejection>,
    /// Cost in seconds of the best match not yet worth making.
    pub nearest_miss_s: Option<f64>,
}

/// Why a range was not searched.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    #[error("no matchmaker has room")]
    NoRoom,
    #[error("{0}")]
    Failed(String),
}

pub struct Searcher {
    matchmakers: Matchmakers,
}

impl Searcher {
    pub fn new(matchmakers: Matchmakers) -> Self {
        Self { matchmakers }
    }

    /// Has one range searched.
    pub async fn search(
        &self,
        rules: &Rules,
        sought: Sought,
        range: Vec<IndexedTicket>,
        outlook: &Outlook,
        now_ms: u64,
    ) -> Result<Found, SearchError> {
        let (anchor, due) = match sought {
            Sought::Anchor(anchor) => (Some(anchor), Vec::new()),
            Sought::Window(due) => (None, due),
        };
        let request = SearchRequest {
            queue: rules.queue().to_string(),
            rules_version: rules.version().to_string(),
            now_ms,
            seed: range.first().map_or(0, |ticket| ticket.id.0 as u64),
            anchor: anchor.map(api::ticket_id_to_bytes).unwrap_or_default(),
            due: due.into_iter().map(api::ticket_id_to_bytes).collect(),
            candidates: range.into_iter().map(candidate).collect(),
            outlook: api::outlook_to_wire(outlook),
            ..Default::default()
        };
        read(self.ask(request).await?)
    }

    /// The answer of the first that has room and knows the rules. Who does not know them yet says so at once, so it is the one with
    /// the fewest searches in flight, and would be asked first each time.
    async fn ask(&self, request: SearchRequest) -> Result<SearchResponse, SearchError> {
        let mut matchmakers = self.matchmakers.alive();
        let mut without_rules = None;
        matchmakers.sort_by_key(|(_, caller)| caller.in_flight());
        for (_, matchmaker) in matchmakers {
            match matchmaker.try_call(request.clone(), SEARCH_WAIT_MAX).await {
                Ok(response) if lacks_rules(&response) => without_rules = Some(response),
                Ok(response) => return Ok(response),
                Err(CallError::Busy) => {}
                Err(error) => return Err(SearchError::Failed(error.to_string())),
            }
        }
        without_rules.ok_or(SearchError::NoRoom)
    }
}

fn lacks_rules(response: &SearchResponse) -> bool {
    response.failure.as_ref().is_some_and(|failure| failure.code == Code::FailedPrecondition as i32)
}

pub fn candidate(ticket: IndexedTicket) -> v1::Candidate {
    v1::Candidate {
        ticket_id: api::ticket_id_to_bytes(ticket.id),
        version: ticket.version,
        queued_ms: ticket.queued_ms,
        tries: ticket.tries,
        party: ticket.party.0,
    }
}

fn read(response: SearchResponse) -> Result<Found, SearchError> {
    if let Some(failure) = response.failure {
        return Err(SearchError::Failed(failure.message));
    }
    let mut found =
        Found { rejections: response.rejections, nearest_miss_s: response.nearest_miss_s, ..Default::default() };
    for proposed in response.proposed {
        let ids = proposed.ticket_ids.iter().filter_map(|id| api::ticket_id_from_bytes("ticket_ids", id).ok());
        match proposed.verdict() {
            Verdict::Committed => found.matched.extend(ids),
            Verdict::Conflict | Verdict::Unknown => found.unsettled.extend(ids),
            verdict => tracing::debug!(verdict = verdict.as_str_name(), "a proposal was not committed"),
        }
    }
    Ok(found)
}

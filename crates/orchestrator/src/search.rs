//! Sends a range to a matchmaker: for each pool to the same, who knows then what it has just proposed of it, as long as that is neither full
//! nor silent. Where it fails or is silent, to another too: of what both propose over the same tickets the mover commits one.

use crate::config::{
    SEARCH_OVERDUE_MAX, SEARCH_SILENCE_MAX, SEARCH_WAIT_MAX, SEARCHERS_MAX, SILENCE_FACTOR, SILENCE_MIN,
    SILENCE_MIN_PER_TICKET, UNMADE_AGAIN_MS,
};
use crate::hash;
use crate::waiting::Waiting;
use api::v1::matchmaker_client::MatchmakerClient;
use api::v1::{self, SearchRequest, SearchResponse, Verdict};
use chassis::{CallError, Caller, Channel, Fleet, Requests};
use domain::{Instance, InstanceId, Outlook, Sought, TicketId};
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use store::IndexedTicket;
use tokio::task::JoinHandle;
use tonic::{Code, Status, Streaming};
use tracing::{Instrument, Span};

pub type Matchmakers = Fleet<SearchRequest, SearchResponse>;
type Matchmaker = Caller<SearchRequest, SearchResponse>;

/// Opens the stream of ranges to one matchmaker.
pub fn open(
    channel: Channel,
    requests: Requests<SearchRequest>,
) -> BoxFuture<'static, Result<Streaming<SearchResponse>, Status>> {
    let mut client = MatchmakerClient::new(channel)
        .max_encoding_message_size(api::SERVICE_MESSAGE_BYTES_MAX)
        .max_decoding_message_size(api::SERVICE_MESSAGE_BYTES_MAX);
    async move { client.search(requests).await.map(tonic::Response::into_inner) }.boxed()
}

/// What came of a range.
#[derive(Debug, Default)]
pub struct Found {
    /// Tickets that are in a committed match now, and what it costs them, in seconds of waiting.
    pub matched: HashMap<TicketId, f64>,
    /// Tickets whose proposal met a conflict or an unknown outcome: worth looking for again at once.
    pub unsettled: HashSet<TicketId>,
    /// Candidates kept from matching, by rule.
    pub rejections: Vec<v1::Rejection>,
    /// Cost in seconds of the best match not yet worth making.
    pub nearest_miss_s: Option<f64>,
    /// In how many ms a match with a ticket may be worth making, if nobody else comes.
    pub ripe_in_ms: HashMap<TicketId, u64>,
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

    /// Has one range searched for `whom`, or for those of a window of which that is one: under the same rules. `attempts` are the
    /// window's whose trace is kept, each with its span.
    pub async fn search(
        &self,
        whom: &Waiting,
        attempts: &[(TicketId, Span)],
        sought: Sought,
        range: Vec<IndexedTicket>,
        outlook: &Outlook,
        now_ms: u64,
    ) -> Result<Found, SearchError> {
        let (anchor, due) = match sought {
            Sought::Anchor(anchor) => (Some(anchor), Vec::new()),
            Sought::Window(due) => (None, due),
        };
        let rules = &whom.rules;
        let request = SearchRequest {
            traceparent: telemetry::named_by_call(&whom.trace),
            traces: attempts.iter().map(trace).collect(),
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
        let pool = hash::stable((rules.queue().as_str(), &whom.place.pool));
        read(self.ask(pool, request).await?)
    }

    /// The answer of the first that has room and knows the rules.
    async fn ask(&self, pool: u64, request: SearchRequest) -> Result<SearchResponse, SearchError> {
        let (mut answers, mut asked, tickets) = (Answers::default(), Vec::new(), request.candidates.len());
        loop {
            let next = if answers.awaited.len() < SEARCHERS_MAX { self.next_for(pool, &asked, tickets) } else { None };
            if let Some((instance, matchmaker)) = &next {
                asked.push(instance.id.clone());
                answers.await_one(matchmaker.clone(), request.clone());
            } else if answers.awaited.is_empty() {
                return answers.otherwise;
            }
            let silence = async {
                match &next {
                    // Two that are silent wait for the mover or the store, and no other would answer sooner.
                    Some((_, matchmaker)) if asked.len() > 1 => matchmaker.silent(SEARCH_SILENCE_MAX).await,
                    Some((_, matchmaker)) => matchmaker.silent(patience(matchmaker, tickets, SEARCH_SILENCE_MAX)).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                found = answers.next() => if let Some(found) = found { return Ok(found) },
                () = silence => {}
            }
        }
    }

    /// The matchmaker to ask next, of those not yet `asked`: one that does not owe an answer for long, if there is any, and of these the one
    /// that is the pool's for everybody, by rendezvous hashing.
    fn next_for(&self, pool: u64, asked: &[InstanceId], tickets: usize) -> Option<(Instance, Matchmaker)> {
        let others = self.matchmakers.alive().into_iter().filter(|(instance, _)| !asked.contains(&instance.id));
        let place = |instance: &Instance, caller: &Matchmaker| {
            let is_overdue = caller.is_overdue(patience(caller, tickets, SEARCH_OVERDUE_MAX));
            (is_overdue, hash::stable((pool, instance.id.as_str())))
        };
        others.min_by_key(|(instance, caller)| place(instance, caller))
    }
}

/// The answers of those who were asked for one range.
struct Answers {
    awaited: FuturesUnordered<JoinHandle<Result<SearchResponse, CallError>>>,
    /// What there is to say where nobody searched.
    otherwise: Result<SearchResponse, SearchError>,
}

impl Default for Answers {
    fn default() -> Self {
        Self { awaited: FuturesUnordered::new(), otherwise: Err(SearchError::NoRoom) }
    }
}

impl Answers {
    /// Goes on although another answers first: whoever hangs keeps his searches in flight, and is asked last.
    fn await_one(&mut self, matchmaker: Matchmaker, request: SearchRequest) {
        let call = async move { matchmaker.try_call(request, SEARCH_WAIT_MAX).await };
        self.awaited.push(tokio::spawn(call.in_current_span()));
    }

    /// What the next one to answer found; none when he did not search.
    async fn next(&mut self) -> Option<SearchResponse> {
        match self.awaited.next().await?.unwrap_or_else(|error| Err(CallError::Lost(error.to_string()))) {
            Ok(response) if lacks_rules(&response) => self.otherwise = Ok(response),
            Ok(response) => return Some(response),
            Err(CallError::Busy | CallError::Away) => {}
            Err(error) => self.otherwise = Err(SearchError::Failed(error.to_string())),
        }
        None
    }
}

/// How long a matchmaker may be silent over a range of so many tickets until it is taken to hang: at most `most`.
fn patience(matchmaker: &Matchmaker, tickets: usize, most: Duration) -> Duration {
    let longest = matchmaker.longest_silence().unwrap_or(most);
    let least = SILENCE_MIN.max(SILENCE_MIN_PER_TICKET * tickets as u32).min(most);
    (longest * SILENCE_FACTOR).clamp(least, most)
}

fn lacks_rules(response: &SearchResponse) -> bool {
    response.failure.as_ref().is_some_and(|failure| failure.code == Code::FailedPrecondition as i32)
}

fn trace((id, span): &(TicketId, Span)) -> v1::TicketTrace {
    v1::TicketTrace { ticket_id: api::ticket_id_to_bytes(*id), traceparent: telemetry::traceparent(span) }
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
    for ripening in response.ripening {
        if let Ok(id) = api::ticket_id_from_bytes("ticket_id", &ripening.ticket_id) {
            found.ripe_in_ms.insert(id, ripening.in_ms);
        }
    }
    for proposed in response.proposed {
        let ids = proposed.ticket_ids.iter().filter_map(|id| api::ticket_id_from_bytes("ticket_ids", id).ok());
        match proposed.verdict() {
            Verdict::Committed => found.matched.extend(ids.map(|id| (id, proposed.cost_s))),
            Verdict::Conflict | Verdict::Unknown => found.unsettled.extend(ids),
            verdict => {
                tracing::debug!(verdict = verdict.as_str_name(), "a proposal was not committed");
                found.ripe_in_ms.extend(ids.map(|id| (id, UNMADE_AGAIN_MS)));
            }
        }
    }
    Ok(found)
}

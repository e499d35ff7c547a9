use crate::claims::Claims;
use crate::config::SEARCHES_IN_WORK_MAX;
use crate::propose::Proposer;
use crate::search;
use api::v1::matchmaker_server::Matchmaker;
use api::v1::{SearchRequest, SearchResponse};
use chassis::{Holdings, LiveRules, Shutdown};
use futures::stream::BoxStream;
use std::sync::Arc;
use tonic::{Request, Response, Status, Streaming};

pub struct Service {
    rules: LiveRules,
    proposer: Arc<Proposer>,
    holdings: Holdings,
    claims: Claims,
    shutdown: Shutdown,
}

impl Service {
    pub fn new(rules: LiveRules, proposer: Proposer, holdings: Holdings, shutdown: Shutdown) -> Self {
        Self { rules, proposer: Arc::new(proposer), holdings, claims: Claims::default(), shutdown }
    }
}

#[tonic::async_trait]
impl Matchmaker for Service {
    type SearchStream = BoxStream<'static, Result<SearchResponse, Status>>;

    async fn search(&self, request: Request<Streaming<SearchRequest>>) -> Result<Response<Self::SearchStream>, Status> {
        let (rules, proposer) = (self.rules.clone(), self.proposer.clone());
        let (holdings, claims) = (self.holdings.clone(), self.claims.clone());
        let handler = move |request| {
            let (rules, proposer) = (rules.clone(), proposer.clone());
            let (holdings, claims) = (holdings.clone(), claims.clone());
            async move {
                let answer = search::answer(&rules.current(), &proposer, &holdings, &claims, request).await;
                answer.unwrap_or_else(failed)
            }
        };
        let answers = chassis::answer(
            "muster.v1.Matchmaker/Search",
            chassis::Traces::Continue,
            request.into_inner(),
            SEARCHES_IN_WORK_MAX,
            self.shutdown.clone(),
            handler,
        );
        Ok(Response::new(answers))
    }
}

fn failed(status: Status) -> SearchResponse {
    SearchResponse { failure: Some(chassis::status::failure(&status)), ..Default::default() }
}

use crate::config::WATCH_QUEUE_MAX;
use crate::follow;
use crate::hub::{Hub, Listener};
use crate::presence::Presence;
use crate::watch::{Place, Seen, Wish, unshared};
use api::v1::play_server::Play;
use api::v1::{self, Update};
use chassis::{Clock, Shutdown};
use domain::{MatchId, PlayerId, RealmId};
use futures::stream::BoxStream;
use futures::{FutureExt, Stream, StreamExt};
use std::sync::Arc;
use store::{MatchOutcome, Store};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

/// The public face.
#[derive(Clone)]
pub struct Service {
    pub realm: RealmId,
    pub store: Arc<dyn Store>,
    pub hub: Hub,
    pub presence: Presence,
    pub clock: Clock,
    pub shutdown: Shutdown,
}

impl Service {
    pub fn new(
        realm: RealmId,
        store: Arc<dyn Store>,
        hub: Hub,
        presence: Presence,
        clock: Clock,
        shutdown: Shutdown,
    ) -> Self {
        Self { realm, store, hub, presence, clock, shutdown }
    }

    pub fn check_realm(&self, named: &str) -> Result<(), Status> {
        api::check_realm(named, &self.realm).map_err(chassis::status::invalid)
    }

    async fn watch_updates(
        &self,
        request: v1::WatchRequest,
    ) -> Result<BoxStream<'static, Result<Update, Status>>, Status> {
        self.check_realm(&request.realm)?;
        let wish = Wish::read(&request)?;
        let (listener, told) = Listener::new(WATCH_QUEUE_MAX);
        let cut = listener.cut.clone();
        let (place, first) = Place::take(&wish, listener, &self.hub, &self.presence).await?;
        let mut seen = Seen::resumed(&wish);
        let first = futures::stream::iter(first.map(Arc::new));
        let updates = first.chain(ReceiverStream::new(told)).filter(move |update| {
            // The place lives as long as the stream, and is given back with it.
            let _held = &place;
            std::future::ready(seen.is_news(update))
        });
        let updates = updates.map(|update| Ok(unshared(update)));
        Ok(until_ended(updates, cut, self.shutdown.clone()).boxed())
    }

    pub async fn acknowledge_match(&self, request: v1::AcknowledgeRequest) -> Result<(), Status> {
        self.check_realm(&request.realm)?;
        let id = api::parse_id::<MatchId>("match_id", &request.match_id).map_err(chassis::status::invalid)?;
        let player = PlayerId::parse("player_id", &request.player_id).map_err(chassis::status::invalid)?;
        match self.store.acknowledge(id, &player).await.map_err(chassis::status::unavailable)? {
            true => Ok(()),
            false => Err(Status::not_found(format!("no match {id} with player {player}"))),
        }
    }

    pub async fn end(&self, request: v1::EndMatchRequest) -> Result<v1::Match, Status> {
        self.check_realm(&request.realm)?;
        let id = api::parse_id::<MatchId>("match_id", &request.match_id).map_err(chassis::status::invalid)?;
        api::check_reason(&request.reason).map_err(chassis::status::invalid)?;
        let ended = self.store.end(id, &request.reason, self.clock.now_ms()).await;
        match ended.map_err(chassis::status::unavailable)? {
            MatchOutcome::Done(matched) => Ok(v1::Match::from(&matched)),
            MatchOutcome::Refused(matched) => Err(chassis::status::in_state("match", id, matched.state.as_str())),
            MatchOutcome::NotFound | MatchOutcome::Fenced => Err(Status::not_found(format!("no match {id}"))),
        }
    }
}

#[tonic::async_trait]
impl Play for Service {
    type WatchStream = BoxStream<'static, Result<Update, Status>>;
    type FollowStream = BoxStream<'static, Result<v1::FollowResponse, Status>>;

    async fn watch(&self, request: Request<v1::WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        self.watch_updates(request.into_inner()).await.map(Response::new)
    }

    async fn follow(
        &self,
        request: Request<Streaming<v1::FollowRequest>>,
    ) -> Result<Response<Self::FollowStream>, Status> {
        Ok(Response::new(follow::serve(self.clone(), request.into_inner())))
    }

    async fn acknowledge(
        &self,
        request: Request<v1::AcknowledgeRequest>,
    ) -> Result<Response<v1::AcknowledgeResponse>, Status> {
        self.acknowledge_match(request.into_inner()).await?;
        Ok(Response::new(v1::AcknowledgeResponse {}))
    }

    async fn end_match(&self, request: Request<v1::EndMatchRequest>) -> Result<Response<v1::EndMatchResponse>, Status> {
        let matched = self.end(request.into_inner()).await?;
        Ok(Response::new(v1::EndMatchResponse { r#match: Some(matched) }))
    }
}

/// The stream as it is, until its reader is cut for not reading, or the service leaves: then it ends with a status after which
/// the client comes back.
pub fn until_ended<T: Send + 'static>(
    updates: impl Stream<Item = Result<T, Status>> + Send + 'static,
    cut: Shutdown,
    leaving: Shutdown,
) -> impl Stream<Item = Result<T, Status>> + Send + 'static {
    let over = async move {
        tokio::select! {
            () = cut.cancelled() => Status::resource_exhausted("updates were not read in time: watch again with the last cursor"),
            () = leaving.cancelled() => Status::unavailable("this playserver is leaving: watch again with the last cursor"),
        }
    };
    let over = over.shared();
    let last = futures::stream::once(over.clone()).map(Err);
    updates.take_until(over).chain(last)
}

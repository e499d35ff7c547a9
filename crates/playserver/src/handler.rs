use crate::config::WATCH_QUEUE_MAX;
use crate::hub::{Hub, Listener};
use crate::presence::Presence;
use crate::watch::{Place, Seen, Wish, unshared};
use api::v1::{self, Update};
use chassis::{Clock, Shutdown};
use domain::{MatchId, PlayerId, RealmId};
use doors::Principal;
use futures::stream::BoxStream;
use futures::{FutureExt, Stream, StreamExt};
use std::sync::Arc;
use store::{AcknowledgeOutcome, MatchOutcome, Store, Subject};
use telemetry::Under;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

/// What clients may do here, one call or one of many on a stream.
#[derive(Clone)]
pub struct Handler {
    pub realm: RealmId,
    pub store: Arc<dyn Store>,
    pub hub: Hub,
    pub presence: Presence,
    pub clock: Clock,
    pub shutdown: Shutdown,
}

impl Handler {
    pub fn check_realm(&self, named: &str) -> Result<(), Status> {
        api::check_realm(named, &self.realm).map_err(chassis::status::invalid)
    }

    /// One subject's updates.
    pub async fn watch(
        &self,
        principal: &Principal,
        request: v1::WatchRequest,
    ) -> Result<BoxStream<'static, Result<Update, Status>>, Status> {
        self.check_realm(&request.realm)?;
        let wish = Wish::read(&request)?;
        match &wish.subject {
            Subject::Player(player) => principal.may_be(player.as_str())?,
            Subject::Ticket(id) => chassis::check_ticket_is_of(principal, *id, &*self.store).await?,
        }
        let (listener, told) = Listener::new(WATCH_QUEUE_MAX);
        let cut = listener.cut.clone();
        let (place, first) = Place::take(&wish, listener, &self.hub, &self.presence).await?;
        let mut seen = Seen::since(&wish, first.as_ref());
        let later = ReceiverStream::new(told).map(|unread| unread.update).filter(move |update| {
            // The place lives as long as the stream, and is given back with it.
            let _held = &place;
            std::future::ready(seen.is_news(update))
        });
        let later = later.map(move |update| wish.told(unshared(update)));
        let updates = futures::stream::iter(first.map(Ok)).chain(later);
        Ok(until_ended(updates, cut, self.shutdown.clone()).boxed())
    }

    pub async fn acknowledge_match(
        &self,
        principal: &Principal,
        request: v1::AcknowledgeRequest,
    ) -> Result<(), Status> {
        self.check_realm(&request.realm)?;
        principal.may_be(&request.player_id)?;
        let id = api::parse_id::<MatchId>("match_id", &request.match_id).map_err(chassis::status::invalid)?;
        let player = PlayerId::parse("player_id", &request.player_id).map_err(chassis::status::invalid)?;
        let acknowledged = self.store.acknowledge(id, &player).await;
        match acknowledged.map_err(chassis::status::unavailable)? {
            AcknowledgeOutcome::Done { trace } => {
                let (under, player_id) = (Under::Named(&trace), player.as_str());
                telemetry::span!(under, "muster.acknowledge", muster.match_id = %id, muster.player_id = player_id);
                Ok(())
            }
            AcknowledgeOutcome::Refused(matched) => Err(chassis::status::in_state("match", id, matched.state.as_str())),
            AcknowledgeOutcome::NotFound => Err(Status::not_found(format!("no match {id} with player {player}"))),
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
    // Not waited for: updates that end by themselves, as when a realm server has closed its side, end the stream without a status.
    let told = over.clone();
    let last = futures::stream::once(async move { told.peek().cloned() }).filter_map(std::future::ready).map(Err);
    updates.take_until(over).chain(last)
}

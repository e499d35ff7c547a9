//! A realm server's stream: it follows many players, acknowledges for them and ends their matches, all on one connection.

use crate::config::{FOLLOW_CALLS_MAX, FOLLOW_FIRSTS_MAX, FOLLOW_QUEUE_MAX, FOLLOWED_MAX};
use crate::followed::Followed;
use crate::handler::{Handler, until_ended};
use crate::hub::{Listener, Unread};
use crate::watch::{Place, Wish, is_nothing, read_subject, unshared};
use api::v1::follow_request::Op;
use api::v1::follow_response::Result as Answer;
use api::v1::{self, FollowRequest, FollowResponse};
use chassis::{Gather, Shutdown};
use domain::Cursor;
use doors::Principal;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use store::Subject;
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

/// Serves one stream, until the realm server closes its side, does not read, or this service leaves.
pub fn serve(
    handler: Handler,
    principal: Principal,
    requests: Streaming<FollowRequest>,
) -> BoxStream<'static, Result<FollowResponse, Status>> {
    let (listener, told) = Listener::new(FOLLOW_QUEUE_MAX);
    let (cut, leaving) = (listener.cut.clone(), handler.shutdown.clone());
    let stream = Arc::new(FollowStream::new(handler, principal, listener));
    let seen = stream.seen.clone();
    let handle = move |request| {
        let stream = stream.clone();
        let begun = stream.begin(request);
        async move { stream.finish(begun).await }
    };
    let answers = chassis::answer(
        "muster.v1.Play/Follow",
        chassis::Traces::Continue,
        requests,
        FOLLOW_CALLS_MAX,
        leaving.clone(),
        handle,
    );
    until_ended(merge(answers, updates(told, seen)), cut, leaving).boxed()
}

/// Answers and updates as they come, for as long as there may be answers.
fn merge(
    answers: impl Stream<Item = Result<FollowResponse, Status>> + Send + 'static,
    updates: impl Stream<Item = FollowResponse> + Send + 'static,
) -> impl Stream<Item = Result<FollowResponse, Status>> + Send + 'static {
    let closed = Shutdown::new();
    let closing = closed.clone().drop_guard();
    let answers = answers.map(Some).chain(futures::stream::once(async move {
        drop(closing);
        None
    }));
    let updates = updates.map(|update| Some(Ok(update))).take_until(closed.cancelled_owned());
    futures::stream::select(answers, updates).filter_map(std::future::ready)
}

/// Updates of everything followed.
fn updates(told: mpsc::Receiver<Unread>, seen: Seen) -> impl Stream<Item = FollowResponse> {
    Gather::of(ReceiverStream::new(told)).filter_map(move |Unread { update, .. }| {
        let news = seen.is_news(&update);
        let response = || FollowResponse { call: 0, result: Some(Answer::Update(unshared(update))) };
        std::future::ready(news.then(response))
    })
}

/// What was told on this stream: a ticket that is followed through several of its players is told once.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    /// The last update of each ticket.
    tickets: HashMap<String, Cursor>,
    /// Who has one, as far as was told.
    players: HashSet<String>,
}

impl Seen {
    fn is_news(&self, update: &v1::Update) -> bool {
        let mut known = self.0.lock();
        if known.tickets.len() > FOLLOWED_MAX {
            // Forgetting only lets a repeated delivery through once more.
            *known = Known::default();
        }
        if is_nothing(update) {
            let had_one = |player: &String| known.players.remove(player);
            return update.player_ids.iter().any(had_one) || known.tickets.remove(&update.ticket_id).is_some();
        }
        let cursor = update.cursor.map(Cursor::from).unwrap_or_default();
        known.players.extend(update.player_ids.iter().cloned());
        let last = known.tickets.entry(update.ticket_id.clone()).or_default();
        let news = cursor > *last;
        *last = cursor.max(*last);
        news
    }

    /// Whoever follows anew is told the present state, seen or not; but not once something newer was told.
    fn forget(&self, present: &v1::Update) {
        let mut known = self.0.lock();
        if is_nothing(present) {
            return known.players.extend(present.player_ids.iter().cloned());
        }
        let cursor = present.cursor.map(Cursor::from).unwrap_or_default();
        if known.tickets.get(&present.ticket_id).is_some_and(|last| *last <= cursor) {
            known.tickets.remove(&present.ticket_id);
        }
    }
}

struct FollowStream {
    handler: Handler,
    principal: Principal,
    listener: Listener,
    followed: Followed,
    seen: Seen,
    /// The part of the queue that first updates may take up.
    firsts: Arc<Semaphore>,
}

/// What is left to do of a request, once it has taken its turn.
enum Begun {
    Done,
    Follow(Wish, u64),
    Acknowledge(v1::AcknowledgeRequest),
    EndMatch(v1::EndMatchRequest),
}

impl FollowStream {
    fn new(handler: Handler, principal: Principal, listener: Listener) -> Self {
        let firsts = Arc::new(Semaphore::new(FOLLOW_FIRSTS_MAX));
        Self { handler, principal, listener, followed: Followed::default(), seen: Seen::default(), firsts }
    }

    /// Called in the order in which requests came.
    fn begin(&self, request: FollowRequest) -> Result<Begun, Status> {
        self.principal.take_turn()?;
        match request.op {
            Some(Op::Follow(watch)) => self.begin_follow(&watch),
            Some(Op::Unfollow(unfollow)) => self.unfollow(&unfollow),
            Some(Op::Acknowledge(acknowledge)) => Ok(Begun::Acknowledge(acknowledge)),
            Some(Op::EndMatch(end)) => Ok(Begun::EndMatch(end)),
            None => Err(Status::invalid_argument("op: must be follow, unfollow, acknowledge or end_match")),
        }
    }

    async fn finish(&self, begun: Result<Begun, Status>) -> FollowResponse {
        let done = match begun {
            Ok(Begun::Done) => Ok(()),
            Ok(Begun::Follow(wish, turn)) => self.follow(wish, turn).await,
            Ok(Begun::Acknowledge(acknowledge)) => self.handler.acknowledge_match(&self.principal, acknowledge).await,
            Ok(Begun::EndMatch(end)) => self.handler.end(end).await.map(drop),
            Err(status) => Err(status),
        };
        let result = match done {
            Ok(()) => Answer::Done(v1::Done {}),
            Err(status) => Answer::Failure(chassis::status::failure(&status)),
        };
        FollowResponse { call: 0, result: Some(result) }
    }

    fn begin_follow(&self, watch: &v1::WatchRequest) -> Result<Begun, Status> {
        self.handler.check_realm(&watch.realm)?;
        let wish = Wish::read(watch)?;
        let full = || Status::resource_exhausted(format!("at most {FOLLOWED_MAX} are followed on one stream"));
        let turn = self.followed.begin(&wish.subject).ok_or_else(full)?;
        Ok(Begun::Follow(wish, turn))
    }

    async fn follow(&self, wish: Wish, turn: u64) -> Result<(), Status> {
        let taking = Place::take(&wish, self.listener.clone(), &self.handler.hub, &self.handler.presence);
        let (place, first) = taking.await.inspect_err(|_| self.followed.fail(&wish.subject, turn))?;
        let told = place.told;
        self.followed.settle(&wish.subject, turn, place);
        let Some(first) = first else { return Ok(()) };
        self.seen.forget(&first);
        self.listener.cut.run_until_cancelled(self.tell_first(&wish.subject, told, first)).await;
        Ok(())
    }

    /// Waits for room in a part of the queue alone. All who wait would have each place that is read free, and the next change, which
    /// cannot wait, would find none.
    async fn tell_first(&self, subject: &Subject, told: u64, first: v1::Update) {
        let Ok(share) = self.firsts.clone().acquire_owned().await else { return };
        // A closed queue means that the stream has ended: nobody is left to tell.
        if let Ok(room) = self.listener.queue.reserve().await {
            self.handler.hub.tell_one(subject, told, Unread::with_share(Arc::new(first), share), room);
        }
    }

    fn unfollow(&self, unfollow: &v1::UnfollowRequest) -> Result<Begun, Status> {
        use v1::unfollow_request::Subject as Wire;
        let (player_id, ticket_id) = match &unfollow.subject {
            Some(Wire::PlayerId(id)) => (Some(id), None),
            Some(Wire::TicketId(id)) => (None, Some(id)),
            None => (None, None),
        };
        self.followed.end(&read_subject(player_id, ticket_id)?);
        Ok(Begun::Done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::{Hub, Told};
    use crate::presence::Presence;
    use chassis::{Clock, Holdings};
    use store::MemoryStore;

    fn of_ann(cursor: Option<Cursor>) -> Told {
        let cursor = cursor.map(v1::Cursor::from);
        Arc::new(v1::Update {
            cursor,
            player_ids: vec!["ann".into()],
            snapshot: cursor.is_none(),
            ..Default::default()
        })
    }

    fn stream(listener: &Listener) -> Arc<FollowStream> {
        let (hub, clock, shutdown) = (Hub::new(Holdings::default()), Clock::simulated(1_000), Shutdown::new());
        let store = Arc::new(MemoryStore::new());
        let presence =
            Presence::start(store.clone(), hub.clone(), "ps-1".parse().unwrap(), clock, None, shutdown.clone());
        let handler = Handler { realm: "realm".parse().unwrap(), store, hub, presence, clock, shutdown };
        Arc::new(FollowStream::new(handler, Principal::Anyone, listener.clone()))
    }

    fn player(id: &str) -> Subject {
        Subject::Player(id.parse().unwrap())
    }

    /// Follows a player as if a realm server had asked for it.
    async fn follow(stream: Arc<FollowStream>, id: String) -> Result<(), Status> {
        let turn = stream.followed.begin(&player(&id)).unwrap();
        let subject = Some(v1::watch_request::Subject::PlayerId(id));
        let watch = v1::WatchRequest { realm: "realm".into(), subject, ..Default::default() };
        stream.follow(Wish::read(&watch).unwrap(), turn).await
    }

    #[tokio::test]
    async fn whoever_queues_while_his_follow_waits_for_room_is_not_told_afterwards_that_he_has_no_ticket() {
        let (listener, mut heard) = Listener::new(2);
        let (stream, ann) = (stream(&listener), player("ann"));
        for _ in 0..2 {
            listener.queue.try_send(Told::default().into()).unwrap();
        }
        let following = tokio::spawn(follow(stream.clone(), "ann".to_owned()));
        while !stream.handler.hub.is_watched(&ann) {
            tokio::task::yield_now().await;
        }
        // The first of these gives the follow room, and the second the change.
        for _ in 0..2 {
            heard.recv().await.unwrap();
        }
        let queued = of_ann(Some(Cursor { epoch: 1, seq: 1 }));
        stream.handler.hub.tell(&ann, &queued);
        following.await.unwrap().unwrap();
        let told: Vec<Told> = std::iter::from_fn(|| heard.try_recv().ok()).map(|unread| unread.update).collect();
        let news: Vec<&Told> = told.iter().filter(|update| stream.seen.is_news(update)).collect();
        assert_eq!(news, [&queued]);

        stream.handler.hub.tell(&ann, &of_ann(None));
        assert!(stream.seen.is_news(&heard.recv().await.unwrap().update), "what the store has lost is told");
    }

    #[tokio::test]
    async fn a_realm_server_that_reads_slowly_while_it_follows_thousands_is_not_cut_and_one_that_does_not_read_is() {
        let (listener, mut heard) = Listener::new(FOLLOW_QUEUE_MAX);
        let (stream, ann, others) = (stream(&listener), player("ann"), FOLLOW_QUEUE_MAX + 1_000);
        follow(stream.clone(), "ann".to_owned()).await.unwrap();
        for number in 0..others {
            tokio::spawn(follow(stream.clone(), format!("p{number}")));
        }
        let (mut changes, mut firsts) = (0, 0);
        while firsts < 1 + others {
            changes += 1;
            stream.handler.hub.tell(&ann, &of_ann(Some(Cursor { epoch: 1, seq: changes })));
            for _ in 0..2 {
                firsts += usize::from(heard.recv().await.unwrap().update.cursor.is_none());
            }
            // Whoever waits for room has it before the next change.
            tokio::task::yield_now().await;
            assert!(!listener.cut.is_cancelled(), "after {firsts} first updates and {changes} changes");
        }
        (0..=FOLLOW_QUEUE_MAX).for_each(|_| stream.handler.hub.tell(&ann, &of_ann(None)));
        assert!(listener.cut.is_cancelled());
    }
}

//! One courier for each playserver: events in order, many in flight, and a resync whenever one was dropped. So a slow or
//! unreachable playserver holds up nobody else and grows no queue: it has no more than its part of the events in flight.

use crate::config::{
    COURIER_EVENTS_MAX, DELIVERIES_IN_FLIGHT_MAX, DELIVERY_PAUSE, DELIVERY_TRY_MAX, EVENTS_TOGETHER_MAX, RESYNC_PAUSE,
};
use crate::progress::InFlight;
use crate::trace::Delivering;
use api::v1::deliver_request::What;
use api::v1::playserver_client::PlayserverClient;
use api::v1::{self, DeliverRequest, DeliverResponse};
use chassis::{Caller, Channel, Fleet, Requests};
use domain::{Change, Event, InstanceId, TicketId};
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use std::collections::HashMap;
use std::fmt::Display;
use std::pin::pin;
use std::sync::Arc;
use telemetry::{Failed, Failure, Streak, Under};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;
use tonic::{Status, Streaming};
use tracing::field::Empty;
use tracing::{Instrument, Span};

pub type Playservers = Fleet<DeliverRequest, DeliverResponse>;

pub const DELIVER: &str = "muster.v1.Playserver/Deliver";

/// Opens the stream of events to one playserver.
pub fn open(
    channel: Channel,
    requests: Requests<DeliverRequest>,
) -> BoxFuture<'static, Result<Streaming<DeliverResponse>, Status>> {
    let mut client = PlayserverClient::new(channel).max_encoding_message_size(api::SERVICE_MESSAGE_BYTES_MAX);
    async move { client.deliver(requests).await.map(tonic::Response::into_inner) }.boxed()
}

/// Everyone this mover delivers to, in one term.
pub struct Couriers {
    fleet: Playservers,
    couriers: HashMap<InstanceId, Courier>,
}

struct Courier {
    address: String,
    parcels: mpsc::Sender<Parcel>,
    /// For events that wait and those in delivery.
    places: Arc<Semaphore>,
    /// Notified when it was not told of something: the present state is yet to be told.
    behind: Arc<Notify>,
    /// What it did not get to is nobody's any more once it is dropped.
    _carrying: AbortOnDropHandle<()>,
}

/// One event for one playserver.
struct Parcel {
    event: v1::Event,
    /// In the traces of its tickets, until the playserver took the event.
    delivering: Delivering,
    /// The first ticket that it is about, and its trace.
    first: Option<(TicketId, String)>,
    _in_flight: Arc<InFlight>,
    _place: OwnedSemaphorePermit,
}

impl Couriers {
    pub fn new(fleet: Playservers) -> Self {
        Self { fleet, couriers: HashMap::new() }
    }

    /// Takes up who has appeared and drops who has gone.
    pub fn meet(&mut self) {
        let alive = self.fleet.alive();
        // One that came back under its name at another address is another one.
        let is_there = |id: &InstanceId, courier: &Courier| {
            alive.iter().any(|(instance, _)| instance.id == *id && instance.address == courier.address)
        };
        self.couriers.retain(|id, courier| is_there(id, courier));
        for (instance, caller) in alive {
            self.couriers.entry(instance.id).or_insert_with(|| Courier::start(instance.address, caller));
        }
    }

    /// Has each of them told the present state: something happened, and it is not known to whom.
    pub fn all_fall_behind(&self) {
        self.couriers.values().for_each(|courier| courier.behind.notify_one());
    }

    /// Hands the event to the courier of each of its watchers. One that is not alive has no clients to tell: they will come back to
    /// another playserver and find the present state there.
    pub fn send(&self, event: &Event, in_flight: &Arc<InFlight>) {
        let there = event.watchers.iter().filter_map(|watcher| Some((watcher, self.couriers.get(watcher)?)));
        let mut is_watched = false;
        for (watcher, courier) in there {
            is_watched = true;
            let mut wire = v1::Event::from(event);
            let delivering = Delivering::new(spans(&mut wire, event.change, Some(watcher)));
            // Dropped without one, the delivery says in the traces that it was not taken.
            let Some(place) = courier.place() else { continue };
            let first = event.tickets.first().map(|ticket| (ticket.id, ticket.trace.clone()));
            courier.send(Parcel { event: wire, delivering, first, _in_flight: in_flight.clone(), _place: place });
        }
        if !is_watched {
            // Its ticket's trace tells of it all the same.
            Delivering::new(spans(&mut v1::Event::from(event), event.change, None)).end();
        }
    }
}

impl Courier {
    /// Begins behind: what an earlier leader dropped is not known.
    fn start(address: String, caller: Caller<DeliverRequest, DeliverResponse>) -> Self {
        let (parcels, queue) = mpsc::channel(COURIER_EVENTS_MAX);
        let places = Arc::new(Semaphore::new(COURIER_EVENTS_MAX));
        let behind = Arc::new(Notify::new());
        behind.notify_one();
        let carrying = AbortOnDropHandle::new(tokio::spawn(carry(caller, queue, behind.clone())));
        Self { address, parcels, places, behind, _carrying: carrying }
    }

    /// A place for one more event; without one it falls behind.
    fn place(&self) -> Option<OwnedSemaphorePermit> {
        let place = self.places.clone().try_acquire_owned().ok();
        if place.is_none() {
            self.behind.notify_one();
        }
        place
    }

    fn send(&self, parcel: Parcel) {
        // The queue is as long as there are places, and of these it has one.
        let _ = self.parcels.try_send(parcel);
    }
}

/// Carries for as long as its courier lives. Whoever is behind and can't be reached gets nothing of what waits: the resync that
/// reaches him tells what all of it led to. So an event is held up no longer than a resync and one try.
async fn carry(
    caller: Caller<DeliverRequest, DeliverResponse>,
    mut queue: mpsc::Receiver<Parcel>,
    behind: Arc<Notify>,
) {
    let (mut parcels, mut delivered) = (Vec::new(), FuturesUnordered::<BoxFuture<'_, bool>>::new());
    let mut streak = Streak::new("have a playserver tell the present state");
    let mut resync_from = Instant::now();
    loop {
        let in_flight = delivered.len();
        tokio::select! {
            biased;
            () = falls(&behind, resync_from) => {
                if resync_meanwhile(&caller, &mut streak, &mut delivered).await {
                    resync_from = Instant::now() + RESYNC_PAUSE;
                } else {
                    behind.notify_one();
                    delivered.clear();
                    while queue.try_recv().is_ok() {}
                    tokio::time::sleep(DELIVERY_PAUSE).await;
                }
            }
            Some(is_taken) = delivered.next() => {
                if !is_taken {
                    behind.notify_one();
                    if !caller.is_connected() {
                        while queue.try_recv().is_ok() {}
                    }
                }
            }
            1.. = next_parcels(&mut queue, &mut parcels, &caller, in_flight) => {
                // What waits for a connection goes out in whatever order, unless it is one.
                let deliveries = match caller.is_connected() {
                    true => together(parcels.drain(..)),
                    false => vec![std::mem::take(&mut parcels)],
                };
                delivered.extend(deliveries.into_iter().map(|parcels| deliver(&caller, parcels).boxed()));
            }
        }
    }
}

/// Takes what is delivered next, while `in_flight` are in delivery; says how many. Those that wait for a connection go out in whatever
/// order: until there is one, no more than one waits for it.
async fn next_parcels(
    queue: &mut mpsc::Receiver<Parcel>,
    parcels: &mut Vec<Parcel>,
    caller: &Caller<DeliverRequest, DeliverResponse>,
    in_flight: usize,
) -> usize {
    match caller.is_connected() {
        true if in_flight + EVENTS_TOGETHER_MAX <= DELIVERIES_IN_FLIGHT_MAX => {
            queue.recv_many(parcels, EVENTS_TOGETHER_MAX).await
        }
        false if in_flight == 0 => queue.recv_many(parcels, 1).await,
        _ => std::future::pending().await,
    }
}

/// Waits until it is `behind`, and at least until `from`.
async fn falls(behind: &Notify, from: Instant) {
    // A sleep that is over already takes a millisecond all the same.
    if from > Instant::now() {
        tokio::time::sleep_until(from).await;
    }
    behind.notified().await;
}

/// Has the present state told while deliveries go on that began before. What comes of those is no matter: a resync that is taken tells what
/// they told of, and after one that is not there is another.
async fn resync_meanwhile(
    caller: &Caller<DeliverRequest, DeliverResponse>,
    streak: &mut Streak,
    delivered: &mut FuturesUnordered<BoxFuture<'_, bool>>,
) -> bool {
    let mut resyncing = pin!(resync(caller, streak));
    loop {
        tokio::select! {
            is_taken = &mut resyncing => return is_taken,
            Some(_) = delivered.next() => {}
        }
    }
}

/// What is delivered at once, in order: one that is told in a trace by itself, so that its trace shows when it was taken.
fn together(parcels: impl Iterator<Item = Parcel>) -> Vec<Vec<Parcel>> {
    let mut deliveries: Vec<Vec<Parcel>> = Vec::new();
    for parcel in parcels {
        match deliveries.last_mut() {
            Some(last) if !parcel.delivering.is_kept() && !last[0].delivering.is_kept() => last.push(parcel),
            _ => deliveries.push(vec![parcel]),
        }
    }
    deliveries
}

async fn deliver(caller: &Caller<DeliverRequest, DeliverResponse>, mut parcels: Vec<Parcel>) -> bool {
    let under = parcels.first().map_or_else(Span::none, |first| first.delivering.span());
    let events = parcels.iter_mut().map(|parcel| std::mem::take(&mut parcel.event)).collect();
    let request = DeliverRequest { what: Some(What::Events(v1::Events { events })), ..Default::default() };
    let why = match caller.call(request, DELIVERY_TRY_MAX).instrument(under).await {
        Ok(DeliverResponse { failure: None, .. }) => {
            parcels.into_iter().for_each(|parcel| parcel.delivering.end());
            return true;
        }
        Ok(DeliverResponse { failure: Some(failure), .. }) => failure.message,
        Err(error) => error.to_string(),
    };
    for Parcel { first, .. } in &parcels {
        let (ticket, trace) = first.as_ref().map_or((None, ""), |(id, trace)| (Some(id as &dyn Display), trace));
        Failed { failure: Failure::Delivery, ticket, matched: None, trace, why: &why }.tell();
    }
    false
}

async fn resync(caller: &Caller<DeliverRequest, DeliverResponse>, streak: &mut Streak) -> bool {
    let request = DeliverRequest { what: Some(What::Resync(v1::Resync {})), ..Default::default() };
    let answer = caller.call(request, DELIVERY_TRY_MAX).await.map_err(|error| error.to_string());
    let taken = answer.and_then(|answer| answer.failure.map_or(Ok(()), |failure| Err(failure.message)));
    streak.saw(&taken);
    taken.is_ok()
}

/// Begins the delivery in the trace of each ticket, and names it there as what the telling comes of.
fn spans(event: &mut v1::Event, change: Change, watcher: Option<&InstanceId>) -> Vec<Span> {
    let match_id = event.r#match.as_ref().map(|matched| matched.id.as_str());
    let in_trace_of = |ticket: &mut v1::EventTicket| {
        let span = telemetry::span!(
            Under::Named(&ticket.traceparent),
            "muster.deliver",
            muster.change = change.as_str(),
            muster.ticket_id = ticket.id,
            muster.match_id = match_id,
            muster.playserver = watcher.map(display),
            otel.status_description = Empty,
        );
        let here = telemetry::traceparent(&span);
        if !here.is_empty() {
            ticket.traceparent = here;
        }
        span
    };
    event.tickets.iter_mut().map(in_trace_of).filter(|span| !span.is_disabled()).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it is sure of")]
mod tests {
    use super::*;
    use crate::playground::{ANSWERED_AFTER, Playground, Standing};
    use crate::progress::Progress;
    use chassis::Shutdown;
    use domain::Cursor;
    use tokio::time::timeout;

    impl Courier {
        /// Hands it an event if there is a place.
        fn is_given(&self, progress: &Progress, seq: u64) -> bool {
            let Some(place) = self.place() else { return false };
            self.send(Parcel {
                event: v1::Event { at_ms: seq, ..Default::default() },
                delivering: Delivering::new(Vec::new()),
                first: None,
                _in_flight: progress.begin(Cursor { epoch: 1, seq }),
                _place: place,
            });
            true
        }
    }

    /// A playserver, and a courier to it that has just begun.
    async fn served(ground: &Playground) -> (Standing, Caller<DeliverRequest, DeliverResponse>, Courier) {
        let playserver = ground.playserver("ps-1").await;
        let (_, caller) = ground.fleet().await.alive().pop().unwrap();
        let courier = Courier::start(String::new(), caller.clone());
        (playserver, caller, courier)
    }

    /// A courier to a playserver that cannot be reached, with as much as it can hold.
    fn loaded(progress: &Progress) -> Courier {
        let nobody = |_| std::future::pending();
        let caller = Caller::start(DELIVER, "nobody", nobody, DELIVERIES_IN_FLIGHT_MAX, Shutdown::new());
        let courier = Courier::start(String::new(), caller);
        let given = (1..).take_while(|seq| courier.is_given(progress, *seq)).count();
        assert_eq!(given, COURIER_EVENTS_MAX);
        courier
    }

    #[tokio::test(start_paused = true)]
    async fn an_unreachable_playserver_holds_an_event_up_for_no_longer_than_a_try() {
        let progress = Progress::default();
        let _courier = loaded(&progress);
        let freed = timeout(DELIVERY_TRY_MAX + DELIVERY_PAUSE, progress.room(1)).await;
        freed.expect("nothing is in flight any more");
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_has_gone_holds_up_nothing() {
        let progress = Progress::default();
        drop(loaded(&progress));
        timeout(DELIVERY_PAUSE, progress.room(1)).await.expect("nothing is in flight any more");
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_whose_delivery_is_given_up_is_not_held_by_a_resync_that_hangs_too() {
        let (ground, progress) = (Playground::open().await, Progress::default());
        let (mut playserver, _, courier) = served(&ground).await;
        playserver.hears_resync().await;
        playserver.hangs();
        assert!(courier.is_given(&progress, 1));
        playserver.hears_events().await;

        tokio::time::sleep(DELIVERY_TRY_MAX / 2).await;
        courier.behind.notify_one();
        let freed = timeout(DELIVERY_TRY_MAX * 3 / 4, progress.room(1)).await;
        freed.expect("its try is over, the resync's is not");
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_has_always_more_to_be_told_than_it_takes_is_told_of_events_all_the_same() {
        let (ground, progress) = (Playground::open().await, Progress::default());
        let (mut playserver, _, courier) = served(&ground).await;
        let overwhelm = async {
            for seq in 1.. {
                if !courier.is_given(&progress, seq) {
                    tokio::time::sleep(ANSWERED_AFTER / 2).await;
                }
            }
        };
        let story = async {
            playserver.hears_resync().await;
            for _ in 0..3 {
                if matches!(playserver.hears().await, What::Events(_)) {
                    return;
                }
            }
            panic!("it is told nothing but the present state, again and again");
        };
        tokio::select! {
            () = overwhelm => {}
            () = story => {}
        }
    }

    /// A courier that was not behind when it lost its playserver.
    async fn cut_off(ground: &Playground) -> Courier {
        let (mut playserver, caller, courier) = served(ground).await;
        playserver.hears_resync().await;
        // Once that is answered it owes nothing, and its end is no reason for another.
        tokio::time::sleep(2 * ANSWERED_AFTER).await;
        drop(playserver);
        while caller.is_connected() {
            tokio::time::sleep(ANSWERED_AFTER).await;
        }
        courier
    }

    #[tokio::test(start_paused = true)]
    async fn a_playserver_that_was_lost_holds_an_event_up_for_no_longer_than_a_try() {
        let (ground, progress) = (Playground::open().await, Progress::default());
        let courier = cut_off(&ground).await;
        assert!((1..=COURIER_EVENTS_MAX as u64).all(|seq| courier.is_given(&progress, seq)));
        let freed = timeout(DELIVERY_TRY_MAX + DELIVERY_PAUSE, progress.room(1)).await;
        freed.expect("nothing is in flight any more");
    }

    #[tokio::test(start_paused = true)]
    async fn events_that_waited_for_a_connection_are_told_in_their_order() {
        let (ground, progress) = (Playground::open().await, Progress::default());
        let courier = cut_off(&ground).await;
        let all = 10 * EVENTS_TOGETHER_MAX as u64;
        assert!((1..=all).all(|seq| courier.is_given(&progress, seq)));
        let mut playserver = ground.playserver("ps-1").await;
        let mut told = Vec::new();
        while told.len() < all as usize {
            told.extend(playserver.hears_events().await.into_iter().map(|event| event.at_ms));
        }
        assert!(told.is_sorted(), "{told:?}");
    }
}

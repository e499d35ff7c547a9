//! The store behind a link that each instance has for itself: a memory store on a host of its own, reached as Redis is, in order,
//! with a delay, and not always with an answer.

use crate::dice::Dice;
use crate::ledger::Ledger;
use crate::plant::Plant;
use async_trait::async_trait;
use domain::{
    Cursor, Event, Instance, InstanceId, Look, Match, MatchId, Placement, PlayerId, QueueName, Role, Ticket, TicketId,
    TicketState,
};
use futures::future::BoxFuture;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::{
    Arrived, CommitOutcome, CommitRequest, Enqueue, EnqueueOutcome, Fence, IndexedTicket, Leadership, Leases, Leave,
    LeaveOutcome, MatchOutcome, Matches, MemoryStore, Outbox, Snapshot, StoreError, Subject, Tickets,
};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

/// How long one answer is waited for, as over a real link.
const ANSWER_MAX: Duration = Duration::from_millis(850);
/// Longest way to the store and back over a link that is well, and over a slow one, in ms.
const DELAY_MS_MAX: u64 = 2;
const SLOW_MS_MAX: u64 = 400;
/// Verbs on one link that the store did not begin with.
const WAITING_MAX: usize = 1_024;

/// How a link fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    Well,
    Slow,
    /// Nothing arrives.
    Cut,
    /// What is sent arrives when the link is well again, long after the sender gave it up.
    Held,
    /// Everything arrives, half of the answers do not.
    Deaf,
}

type Job = Box<dyn FnOnce(Arc<MemoryStore>) -> BoxFuture<'static, ()> + Send>;

/// An instance's way to the store.
#[derive(Clone)]
pub struct Link {
    host: Arc<str>,
    jobs: mpsc::Sender<Job>,
    pub flow: watch::Sender<Flow>,
    dice: Dice,
    ledger: Ledger,
    plant: Option<Plant>,
}

/// The store's own side of a link.
pub struct End {
    jobs: mpsc::Receiver<Job>,
    flow: watch::Receiver<Flow>,
    dice: Dice,
}

impl Link {
    pub fn new(host: &str, dice: Dice, ledger: Ledger, plant: Option<Plant>) -> (Self, End) {
        let (sender, jobs) = mpsc::channel(WAITING_MAX);
        let flow = watch::Sender::new(Flow::Well);
        let end = End { jobs, flow: flow.subscribe(), dice: dice.clone() };
        (Self { host: host.into(), jobs: sender, flow, dice, ledger, plant }, end)
    }

    /// Has `act` done at the store; both what was asked and what came of it are written down in the order in which the store did it.
    async fn ask<T, Done>(
        &self,
        asked: String,
        longest: Duration,
        act: impl FnOnce(Arc<MemoryStore>) -> Done + Send + 'static,
    ) -> Result<T, StoreError>
    where
        T: Debug + Send + 'static,
        Done: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let (ledger, host) = (self.ledger.clone(), self.host.clone());
        let job: Job = Box::new(move |store| {
            Box::pin(async move {
                let done = act(store).await;
                ledger.line(&host, &asked, &done);
                // The asker may have given up.
                let _ = answer.send(done);
            })
        });
        let until = Instant::now() + longest;
        let unavailable = |what: &str| StoreError::Unavailable(what.to_owned());
        self.jobs.try_send(job).map_err(|_| unavailable("too much waits for the store"))?;
        let answered = timeout_at(until, answered).await;
        let lost = *self.flow.borrow() == Flow::Deaf && self.dice.chance(0.5);
        match answered {
            Ok(Ok(done)) if !lost => done,
            _ => {
                sleep_until(until).await;
                Err(unavailable("no answer"))
            }
        }
    }
}

impl Link {
    /// Takes the lead from whoever has it, and he does not hear of it.
    pub fn depose(&self) {
        let (ledger, host) = (self.ledger.clone(), self.host.clone());
        let job: Job = Box::new(move |store| {
            Box::pin(async move {
                let Some(fence) = ledger.fence() else { return };
                let done = store.resign(&fence).await;
                ledger.resigned(&fence);
                ledger.line(&host, &format!("depose({fence:?})"), &done);
            })
        });
        // Where too much waits already, this waits for another time.
        let _ = self.jobs.try_send(job);
    }

    /// Has done what only the leader may have done, under the fence that he shows; `wrote` says of an answer whether it was done.
    async fn ask_as_leader<T, Done>(
        &self,
        asked: String,
        fence: &Fence,
        wrote: fn(&T) -> bool,
        act: impl FnOnce(Arc<MemoryStore>, Fence) -> Done + Send + 'static,
    ) -> Result<T, StoreError>
    where
        T: Debug + Send + 'static,
        Done: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let (shown, ledger, plant) = (fence.clone(), self.ledger.clone(), self.plant.clone());
        let verb = asked.clone();
        self.ask(asked, ANSWER_MAX, move |store| async move {
            let checked = plant.map_or_else(|| shown.clone(), |plant| plant.fence(&shown, &ledger));
            let done = act(store, checked).await?;
            if wrote(&done) {
                ledger.written(&shown, &verb);
            }
            Ok(done)
        })
        .await
    }
}

fn is_done(outcome: &MatchOutcome) -> bool {
    matches!(outcome, MatchOutcome::Done(_))
}

impl End {
    async fn serve(mut self, store: Arc<MemoryStore>) {
        while let Some(job) = self.jobs.recv().await {
            let flow = *self.flow.borrow_and_update();
            let delay_ms_max = if flow == Flow::Slow { SLOW_MS_MAX } else { DELAY_MS_MAX };
            sleep(Duration::from_millis(self.dice.below(delay_ms_max + 1))).await;
            match flow {
                Flow::Cut => continue,
                // The link's other half lives as long as the run.
                Flow::Held => drop(self.flow.wait_for(|flow| *flow != Flow::Held).await),
                Flow::Well | Flow::Slow | Flow::Deaf => {}
            }
            tokio::spawn(job(store.clone()));
        }
    }
}

/// Serves these links for as long as the run lasts.
pub async fn serve(ends: Arc<Mutex<Vec<End>>>) {
    let store = Arc::new(MemoryStore::new());
    for end in std::mem::take(&mut *ends.lock().unwrap_or_else(PoisonError::into_inner)) {
        tokio::spawn(end.serve(store.clone()));
    }
    std::future::pending().await
}

/// Notes that a match is over, and how its tickets stand then.
async fn over(ledger: &Ledger, store: &MemoryStore, outcome: &MatchOutcome) -> Done<()> {
    let MatchOutcome::Done(matched) = outcome else { return Ok(()) };
    for id in &matched.tickets {
        let ticket = store.snapshot(&Subject::Ticket(*id)).await?.ticket;
        ledger.given_back(matched.id, *id, ticket.is_some_and(|ticket| ticket.state == TicketState::Queued));
    }
    Ok(())
}

type Done<T> = Result<T, StoreError>;

/// The verbs that need nothing said about them: each is asked for as it stands.
macro_rules! pass {
    ($self:ident.$verb:ident($($arg:ident),*)) => {{
        let asked = format!(concat!(stringify!($verb), "{:?}"), ($(&$arg,)*));
        $self.ask(asked, ANSWER_MAX, move |store| async move { store.$verb($($arg),*).await }).await
    }};
}

/// A verb's borrowed arguments, for the job to own.
macro_rules! own {
    ($($arg:ident),*) => { $(let $arg = $arg.to_owned();)* };
}

#[async_trait]
impl Tickets for Link {
    async fn enqueue(&self, ticket: Enqueue) -> Done<EnqueueOutcome> {
        let (ledger, plant) = (self.ledger.clone(), self.plant.clone());
        self.ask(format!("enqueue({ticket:?})"), ANSWER_MAX, move |store| async move {
            let outcome = match plant {
                Some(plant) => plant.enqueue(&store, ticket).await?,
                None => store.enqueue(ticket).await?,
            };
            ledger.enqueued(&outcome);
            Ok(outcome)
        })
        .await
    }

    async fn leave(&self, id: TicketId, how: Leave, reason: &str, now_ms: u64) -> Done<LeaveOutcome> {
        own!(reason);
        let (ledger, plant) = (self.ledger.clone(), self.plant.clone());
        self.ask(format!("leave({id}, {how:?}, {reason}, {now_ms})"), ANSWER_MAX, move |store| async move {
            let outcome = match plant {
                Some(plant) => plant.leave(store, id, how, reason, now_ms).await?,
                None => store.leave(id, how, &reason, now_ms).await?,
            };
            ledger.left(&outcome);
            Ok(outcome)
        })
        .await
    }

    async fn widen(&self, id: TicketId, width: u32, now_ms: u64) -> Done<bool> {
        pass!(self.widen(id, width, now_ms))
    }

    async fn relocate(&self, id: TicketId, holder: &InstanceId, place: &Placement) -> Done<bool> {
        own!(holder, place);
        let asked = format!("relocate({id}, {holder}, {place:?})");
        self.ask(asked, ANSWER_MAX, move |store| async move { store.relocate(id, &holder, &place).await }).await
    }

    async fn range(&self, look: &Look, limit: usize) -> Done<Vec<IndexedTicket>> {
        own!(look);
        let asked = format!("range({look:?}, {limit})");
        self.ask(asked, ANSWER_MAX, move |store| async move { store.range(&look, limit).await }).await
    }

    async fn arrivals(&self, queue: &QueueName, limit: usize) -> Done<Vec<Arrived>> {
        own!(queue);
        let asked = format!("arrivals({queue}, {limit})");
        self.ask(asked, ANSWER_MAX, move |store| async move { store.arrivals(&queue, limit).await }).await
    }

    async fn snapshot(&self, subject: &Subject) -> Done<Snapshot> {
        own!(subject);
        let asked = format!("snapshot({subject:?})");
        self.ask(asked, ANSWER_MAX, move |store| async move { store.snapshot(&subject).await }).await
    }

    async fn adopt(&self, holder: &InstanceId, alive: &[InstanceId], limit: usize) -> Done<Vec<Ticket>> {
        own!(holder, alive);
        let asked = format!("adopt({holder}, {alive:?}, {limit})");
        self.ask(asked, ANSWER_MAX, move |store| async move { store.adopt(&holder, &alive, limit).await }).await
    }

    async fn release(&self, holder: &InstanceId) -> Done<()> {
        own!(holder);
        let asked = format!("release({holder})");
        self.ask(asked, ANSWER_MAX, move |store| async move { store.release(&holder).await }).await
    }

    async fn expiring(&self, until_ms: u64, limit: usize) -> Done<Vec<Ticket>> {
        pass!(self.expiring(until_ms, limit))
    }

    async fn waiting(&self) -> Done<u64> {
        pass!(self.waiting())
    }
}

#[async_trait]
impl Matches for Link {
    async fn commit(&self, fence: &Fence, request: CommitRequest) -> Done<CommitOutcome> {
        let (ledger, plant) = (self.ledger.clone(), self.plant.clone());
        let asked = format!("commit({fence:?}, {request:?})");
        let wrote = |outcome: &CommitOutcome| matches!(outcome, CommitOutcome::Committed { .. });
        self.ask_as_leader(asked, fence, wrote, move |store, fence| async move {
            let outcome = store.commit(&fence, request.clone()).await?;
            ledger.committed(&request, &outcome);
            if let Some(plant) = plant {
                plant.committed(&store, &fence, &request, &outcome).await?;
            }
            Ok(outcome)
        })
        .await
    }

    async fn assign(
        &self,
        id: MatchId,
        host: &InstanceId,
        address: &str,
        now_ms: u64,
        due_ms: u64,
    ) -> Done<MatchOutcome> {
        own!(host, address);
        let asked = format!("assign({id}, {host}, {address}, {now_ms}, {due_ms})");
        let act = move |store: Arc<MemoryStore>| async move { store.assign(id, &host, &address, now_ms, due_ms).await };
        self.ask(asked, ANSWER_MAX, act).await
    }

    async fn acknowledge(&self, id: MatchId, player: &PlayerId) -> Done<MatchOutcome> {
        own!(player);
        let asked = format!("acknowledge({id}, {player})");
        self.ask(asked, ANSWER_MAX, move |store| async move { store.acknowledge(id, &player).await }).await
    }

    async fn remind(&self, fence: &Fence, id: MatchId, now_ms: u64, due_ms: u64) -> Done<MatchOutcome> {
        let asked = format!("remind({fence:?}, {id}, {now_ms}, {due_ms})");
        let act = move |store: Arc<MemoryStore>, fence| async move { store.remind(&fence, id, now_ms, due_ms).await };
        self.ask_as_leader(asked, fence, is_done, act).await
    }

    async fn no_show(&self, fence: &Fence, id: MatchId, reason: &str, now_ms: u64) -> Done<MatchOutcome> {
        own!(reason);
        let ledger = self.ledger.clone();
        let asked = format!("no_show({fence:?}, {id}, {reason}, {now_ms})");
        self.ask_as_leader(asked, fence, is_done, move |store, fence| async move {
            let outcome = store.no_show(&fence, id, &reason, now_ms).await?;
            over(&ledger, &store, &outcome).await?;
            Ok(outcome)
        })
        .await
    }

    async fn end(&self, id: MatchId, reason: &str, now_ms: u64) -> Done<MatchOutcome> {
        own!(reason);
        let ledger = self.ledger.clone();
        self.ask(format!("end({id}, {reason}, {now_ms})"), ANSWER_MAX, move |store| async move {
            let outcome = store.end(id, &reason, now_ms).await?;
            over(&ledger, &store, &outcome).await?;
            Ok(outcome)
        })
        .await
    }

    async fn recent(&self, players: &[PlayerId]) -> Done<Vec<Vec<PlayerId>>> {
        own!(players);
        let asked = format!("recent({players:?})");
        self.ask(asked, ANSWER_MAX, move |store| async move { store.recent(&players).await }).await
    }

    async fn requeue(&self, fence: &Fence, id: MatchId, reason: &str, now_ms: u64) -> Done<MatchOutcome> {
        own!(reason);
        let ledger = self.ledger.clone();
        let asked = format!("requeue({fence:?}, {id}, {reason}, {now_ms})");
        self.ask_as_leader(asked, fence, is_done, move |store, fence| async move {
            let outcome = store.requeue(&fence, id, &reason, now_ms).await?;
            over(&ledger, &store, &outcome).await?;
            Ok(outcome)
        })
        .await
    }

    async fn rehost(
        &self,
        fence: &Fence,
        id: MatchId,
        host: &InstanceId,
        now_ms: u64,
        due_ms: u64,
    ) -> Done<MatchOutcome> {
        own!(host);
        let asked = format!("rehost({fence:?}, {id}, {host}, {now_ms}, {due_ms})");
        let act =
            move |store: Arc<MemoryStore>, fence| async move { store.rehost(&fence, id, &host, now_ms, due_ms).await };
        self.ask_as_leader(asked, fence, is_done, act).await
    }

    async fn due(&self, now_ms: u64, limit: usize) -> Done<Vec<Match>> {
        pass!(self.due(now_ms, limit))
    }
}

#[async_trait]
impl Outbox for Link {
    async fn events(&self, after: Cursor, limit: usize, wait: Duration) -> Done<Vec<Event>> {
        let plant = self.plant.clone();
        self.ask(format!("events({after:?}, {limit}, {wait:?})"), ANSWER_MAX + wait, move |store| async move {
            let events = store.events(after, limit, wait).await?;
            Ok(match plant {
                Some(plant) => plant.published(events),
                None => events,
            })
        })
        .await
    }

    async fn trim(&self, fence: &Fence, upto: Cursor) -> Done<bool> {
        let asked = format!("trim({fence:?}, {upto:?})");
        let act = move |store: Arc<MemoryStore>, fence| async move { store.trim(&fence, upto).await };
        self.ask_as_leader(asked, fence, |trimmed| *trimmed, act).await
    }

    async fn watch(&self, subject: &Subject, playserver: &InstanceId) -> Done<Snapshot> {
        own!(subject, playserver);
        let asked = format!("watch({subject:?}, {playserver})");
        self.ask(asked, ANSWER_MAX, move |store| async move { store.watch(&subject, &playserver).await }).await
    }

    async fn unwatch(&self, subject: &Subject, playserver: &InstanceId) -> Done<()> {
        own!(subject, playserver);
        let asked = format!("unwatch({subject:?}, {playserver})");
        self.ask(asked, ANSWER_MAX, move |store| async move { store.unwatch(&subject, &playserver).await }).await
    }
}

#[async_trait]
impl Leases for Link {
    async fn register(&self, instance: &Instance, ttl: Duration) -> Done<()> {
        own!(instance);
        let asked = format!("register({}, {ttl:?})", instance.id);
        self.ask(asked, ANSWER_MAX, move |store| async move { store.register(&instance, ttl).await }).await
    }

    async fn deregister(&self, role: Role, id: &InstanceId) -> Done<()> {
        own!(id);
        let asked = format!("deregister({id})");
        self.ask(asked, ANSWER_MAX, move |store| async move { store.deregister(role, &id).await }).await
    }

    async fn instances(&self, role: Role) -> Done<Vec<Instance>> {
        pass!(self.instances(role))
    }

    async fn lead(&self, id: &InstanceId, ttl: Duration, now_ms: u64, seen: Cursor) -> Done<Leadership> {
        own!(id);
        let ledger = self.ledger.clone();
        self.ask(format!("lead({id}, {ttl:?}, {now_ms}, {seen:?})"), ANSWER_MAX, move |store| async move {
            let leadership = store.lead(&id, ttl, now_ms, seen).await?;
            ledger.led(&leadership);
            Ok(leadership)
        })
        .await
    }

    async fn resign(&self, fence: &Fence) -> Done<()> {
        own!(fence);
        let ledger = self.ledger.clone();
        self.ask(format!("resign({fence:?})"), ANSWER_MAX, move |store| async move {
            ledger.resigned(&fence);
            store.resign(&fence).await
        })
        .await
    }

    async fn leader(&self) -> Done<Option<InstanceId>> {
        pass!(self.leader())
    }

    async fn ping(&self) -> Done<()> {
        pass!(self.ping())
    }
}

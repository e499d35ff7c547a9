//! The store behind a link that each instance has for itself: a memory store on a host of its own, reached as Redis is, in order,
//! with a delay, and not always with an answer.

mod verbs;

use crate::dice::Dice;
use crate::ledger::Ledger;
use crate::plant::Plant;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;
use store::{Fence, Leases, MemoryStore, StoreError};
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
    for end in std::mem::take(&mut *ends.lock()) {
        tokio::spawn(end.serve(store.clone()));
    }
    std::future::pending().await
}

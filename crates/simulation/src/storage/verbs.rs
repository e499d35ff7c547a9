//! What the store is asked over a link, verb by verb: what the ledger must know of it, and where a plant breaks it.

use super::{ANSWER_MAX, Link};
use crate::ledger::Ledger;
use async_trait::async_trait;
use domain::{
    Cursor, Event, Instance, InstanceId, Look, Match, MatchId, Placement, PlayerId, QueueName, Role, Ticket, TicketId,
    TicketState,
};
use std::sync::Arc;
use std::time::Duration;
use store::{
    AcknowledgeOutcome, Arrived, CommitOutcome, CommitRequest, Enqueue, EnqueueOutcome, Fence, Held, IndexedRange,
    Leadership, Leases, Leave, LeaveOutcome, MatchOutcome, Matches, MemoryStore, Outbox, Snapshot, StoreError, Subject,
    Tickets, Watched,
};

fn is_done(outcome: &MatchOutcome) -> bool {
    matches!(outcome, MatchOutcome::Done(_))
}

/// Notes that a match is over, and how its tickets stand then.
async fn over(ledger: &Ledger, store: &MemoryStore, outcome: MatchOutcome) -> Done<MatchOutcome> {
    if let MatchOutcome::Done(matched) = &outcome {
        for id in &matched.tickets {
            let ticket = store.snapshot(&Subject::Ticket(*id)).await?.ticket;
            ledger.given_back(matched.id, *id, ticket.filter(|ticket| ticket.state == TicketState::Queued).as_ref());
        }
    }
    Ok(outcome)
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

    async fn range(&self, look: &Look, limit: usize) -> Done<IndexedRange> {
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

    async fn held(&self, holder: &InstanceId, place: u64) -> Done<Held> {
        own!(holder);
        let asked = format!("held({holder}, {place})");
        self.ask(asked, ANSWER_MAX, move |store| async move { store.held(&holder, place).await }).await
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
            let outcome = match &plant {
                Some(plant) => plant.commit(&store, &fence, &request).await?,
                None => store.commit(&fence, request.clone()).await?,
            };
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

    async fn acknowledge(&self, id: MatchId, player: &PlayerId) -> Done<AcknowledgeOutcome> {
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
            over(&ledger, &store, store.no_show(&fence, id, &reason, now_ms).await?).await
        })
        .await
    }

    async fn end(&self, id: MatchId, reason: &str, now_ms: u64) -> Done<MatchOutcome> {
        own!(reason);
        let ledger = self.ledger.clone();
        self.ask(format!("end({id}, {reason}, {now_ms})"), ANSWER_MAX, move |store| async move {
            over(&ledger, &store, store.end(id, &reason, now_ms).await?).await
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
            over(&ledger, &store, store.requeue(&fence, id, &reason, now_ms).await?).await
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

    async fn watched_on(&self, playserver: &InstanceId, place: u64) -> Done<Watched> {
        own!(playserver);
        let asked = format!("watched_on({playserver}, {place})");
        self.ask(asked, ANSWER_MAX, move |store| async move { store.watched_on(&playserver, place).await }).await
    }

    async fn unwatch(&self, subject: &Subject, playserver: &InstanceId) -> Done<()> {
        own!(subject, playserver);
        let asked = format!("unwatch({subject:?}, {playserver})");
        self.ask(asked, ANSWER_MAX, move |store| async move { store.unwatch(&subject, &playserver).await }).await
    }
}

#[async_trait]
impl Leases for Link {
    async fn register(&self, instance: &Instance, ttl: Duration) -> Done<Option<u64>> {
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
}

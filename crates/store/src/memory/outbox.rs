use super::MemoryStore;
use super::expiry::Kept;
use super::state::State;
use crate::bounds::{EVENTS_MAX, EVENTS_WAIT_MAX, TERMINAL_KEPT_MS, TRIES_KEPT_MS, WATCHERS_MAX};
use crate::{Fence, Outbox, Snapshot, StoreError, Subject, Watched};
use async_trait::async_trait;
use domain::{Cursor, Event, InstanceId};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

type Result<T, E = StoreError> = std::result::Result<T, E>;

#[async_trait]
impl Outbox for MemoryStore {
    async fn events(&self, after: Cursor, limit: usize, wait: Duration) -> Result<Vec<Event>> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let limit = limit.min(EVENTS_MAX);
        let deadline = Instant::now() + wait.min(EVENTS_WAIT_MAX);
        loop {
            // Listening begins before looking, so that nothing is appended unheard in between.
            let appended = self.appended.notified();
            let there = self.lock().history.after(after, limit);
            if !there.is_empty() || timeout_at(deadline, appended).await.is_err() {
                return Ok(there);
            }
        }
    }

    async fn trim(&self, fence: &Fence, upto: Cursor) -> Result<bool> {
        let mut state = self.lock();
        let leads = state.leads(fence);
        if leads {
            state.history.trim(upto);
        }
        Ok(leads)
    }

    async fn watch(&self, subject: &Subject, playserver: &InstanceId) -> Result<Snapshot> {
        Ok(self.lock().watch(subject, playserver))
    }

    async fn unwatch(&self, subject: &Subject, playserver: &InstanceId) -> Result<()> {
        let mut state = self.lock();
        if let Some(watchers) = state.watchers.get_mut(subject) {
            watchers.retain(|watcher| watcher != playserver);
            if watchers.is_empty() {
                state.watchers.remove(subject);
            }
        }
        Ok(())
    }

    /// The whole walk in one step: it reads no more than what is held here.
    async fn watched_on(&self, playserver: &InstanceId, _place: u64) -> Result<Watched> {
        let state = self.lock();
        let waiting = state.queues.deadlines.iter().filter_map(|(_, id)| state.tickets.get(id));
        let watched = waiting.filter(|ticket| state.watchers_of(&[], &[ticket]).contains(playserver));
        Ok(Watched { tickets: watched.cloned().collect(), next: None })
    }
}

impl State {
    fn watch(&mut self, subject: &Subject, playserver: &InstanceId) -> Snapshot {
        let watchers = self.watchers.entry(subject.clone()).or_default();
        watchers.retain(|watcher| watcher != playserver);
        watchers.push(playserver.clone());
        if watchers.len() > WATCHERS_MAX {
            watchers.remove(0);
        }
        let snapshot = self.snapshot(subject);
        self.let_idle_expire(subject, &snapshot);
        snapshot
    }

    /// A note on what is not live is kept no longer than a terminal ticket, or tries.
    fn let_idle_expire(&mut self, subject: &Subject, snapshot: &Snapshot) {
        let now = Instant::now();
        match subject {
            Subject::Ticket(id) if snapshot.ticket.is_none() => {
                self.expiry.set(Kept::Ticket(*id), now + Duration::from_millis(TERMINAL_KEPT_MS));
            }
            Subject::Player(id) if !snapshot.ticket.as_ref().is_some_and(|ticket| ticket.state.is_live()) => {
                self.expiry.set(Kept::Player(id.clone()), now + Duration::from_millis(TRIES_KEPT_MS));
            }
            Subject::Ticket(_) | Subject::Player(_) => {}
        }
    }
}

//! Takes up what nobody looks for, and ends what waited too long.

use crate::config::{
    Config, EXPIRED_IN_WORK_MAX, GIVEN_READS_MAX, OLDEST_AHEAD_MS, OLDEST_EVERY, SWEEP_EVERY, SWEEP_MAX, UNRULED_MAX,
};
use crate::looker::Looker;
use crate::waiting::Waiting;
use chassis::{Clock, LiveRules, Shutdown};
use domain::{InstanceId, Role, RuleSet, Ticket, TicketId, TicketState};
use futures::StreamExt;
use std::sync::Arc;
use store::{Leave, Store, StoreError, Subject};
use telemetry::Under;
use tokio::time::Instant;

/// Sweeps until `shutdown`. Orchestrators run it too, and sweep only while no sweeper is alive.
pub async fn run(
    config: Config,
    store: Arc<dyn Store>,
    rules: LiveRules,
    looker: Arc<Looker>,
    clock: Clock,
    shutdown: Shutdown,
) {
    let mut sweep = Sweep {
        here: config.instance.id,
        role: config.instance.role,
        store,
        seen: rules.current(),
        unruled: Vec::new(),
        rules,
        looker,
        clock,
        may_hold_more: true,
        may_be_given_more: false,
    };
    let sweeping = async {
        let (mut oldest, mut streak) = (Instant::now(), telemetry::Streak::new("sweep"));
        loop {
            streak.saw(&sweep.once(&mut oldest).await);
            tokio::time::sleep(SWEEP_EVERY).await;
        }
    };
    shutdown.run_until_cancelled(sweeping).await;
}

struct Sweep {
    here: InstanceId,
    role: Role,
    store: Arc<dyn Store>,
    rules: LiveRules,
    looker: Arc<Looker>,
    clock: Clock,
    /// The rules under which the unruled were last looked at.
    seen: Arc<RuleSet>,
    /// Tickets adopted here with a queue whose rules are not known: whoever took them had come to new rules earlier.
    unruled: Vec<Ticket>,
    /// An earlier process of this name may have held tickets.
    may_hold_more: bool,
    /// An adoption's answer was lost: tickets may be held here that are not in the schedule.
    may_be_given_more: bool,
}

impl Sweep {
    async fn once(&mut self, oldest: &mut Instant) -> Result<(), StoreError> {
        self.take_up_unruled();
        let released = self.release_all().await;
        let given = self.look_for_given().await;
        released.and(given).and(self.sweep(oldest).await)
    }

    /// Lets go of all that is held here: whoever adopts it looks for it. What is in the schedule here is looked for as before.
    async fn release_all(&mut self) -> Result<(), StoreError> {
        if !self.may_hold_more {
            return Ok(());
        }
        let released = self.store.release(&self.here).await;
        // What is corrupt stays so: tried again and again, it would have all others let go of each time.
        self.may_hold_more = matches!(released, Err(StoreError::Unavailable(_)));
        released
    }

    /// Looks for what may have been given here without word of it. What is in the schedule here is not read again, however much that is.
    async fn look_for_given(&mut self) -> Result<(), StoreError> {
        if !self.may_be_given_more {
            return Ok(());
        }
        let mut known = self.looker.scheduled();
        known.extend(self.unruled.iter().map(|ticket| ticket.id));
        let mut place = Some(0);
        while let Some(from) = place {
            let held = self.store.held(&self.here, from).await?;
            let others = held.tickets.into_iter().filter(|id| !known.contains(id));
            let given = self.read_held(others).await?;
            self.look_for(&given);
            self.keep_unruled(given);
            place = held.next;
        }
        self.may_be_given_more = false;
        Ok(())
    }

    /// Those of the tickets that wait and are held here, as far as they can be read.
    async fn read_held(&self, ids: impl Iterator<Item = TicketId>) -> Result<Vec<Ticket>, StoreError> {
        let read = |id| async move { self.store.snapshot(&Subject::Ticket(id)).await };
        let read = chassis::all_readable(ids.map(read), GIVEN_READS_MAX).await?;
        let is_held = |ticket: &Ticket| ticket.state == TicketState::Queued && ticket.holder == self.here;
        Ok(read.into_iter().filter_map(|snapshot| snapshot.ticket).filter(is_held).collect())
    }

    async fn sweep(&mut self, oldest: &mut Instant) -> Result<(), StoreError> {
        let sweepers = self.store.instances(Role::Sweeper).await?;
        if self.role != Role::Sweeper && !sweepers.is_empty() {
            return Ok(());
        }
        let orchestrators = self.store.instances(Role::Orchestrator).await?;
        let alive: Vec<InstanceId> = sweepers.into_iter().chain(orchestrators).map(|instance| instance.id).collect();
        // Whoever is not known to be alive himself must not take from others.
        let adopted = if alive.contains(&self.here) { self.adopt(&alive).await } else { Ok(()) };
        // One ticket that cannot be adopted keeps no other waiting beyond its time.
        let expired = self.expire().await;
        if oldest.elapsed() >= OLDEST_EVERY {
            *oldest = Instant::now();
            self.look_for_oldest().await?;
        }
        adopted.and(expired)
    }

    async fn adopt(&mut self, alive: &[InstanceId]) -> Result<(), StoreError> {
        if !self.looker.has_room() {
            return Ok(());
        }
        let adopted = self.store.adopt(&self.here, alive, SWEEP_MAX).await;
        // What is corrupt was named before anything was written.
        self.may_be_given_more |= matches!(&adopted, Err(error) if !matches!(error, StoreError::Corrupt(_)));
        let adopted = adopted?;
        if !adopted.is_empty() {
            tracing::info!(tickets = adopted.len(), "adopted tickets that nobody held");
            for ticket in &adopted {
                telemetry::span!(Under::Named(&ticket.trace), "muster.adopt", muster.ticket_id = %ticket.id);
            }
        }
        self.look_for(&adopted);
        self.keep_unruled(adopted);
        Ok(())
    }

    fn keep_unruled(&mut self, tickets: Vec<Ticket>) {
        let rules = &self.seen;
        let is_unruled = |ticket: &Ticket| ticket.places.iter().any(|place| rules.latest(&place.queue).is_none());
        let room = UNRULED_MAX.saturating_sub(self.unruled.len());
        self.unruled.extend(tickets.into_iter().filter(is_unruled).take(room));
    }

    /// Looks for them once rules have changed; those that have ended meanwhile are found to be gone.
    fn take_up_unruled(&mut self) {
        let rules = self.rules.current();
        if Arc::ptr_eq(&rules, &self.seen) {
            return;
        }
        self.seen = rules;
        let now_ms = self.clock.now_ms();
        let mut unruled = std::mem::take(&mut self.unruled);
        unruled.retain(|ticket| ticket.expires_ms > now_ms);
        self.look_for(&unruled);
        self.keep_unruled(unruled);
    }

    async fn expire(&self) -> Result<(), StoreError> {
        let now_ms = self.clock.now_ms();
        let late = self.store.expiring(now_ms, SWEEP_MAX).await?;
        let expire = |ticket: Ticket| async move {
            self.store.leave(ticket.id, Leave::Expired, "longest wait reached", now_ms).await
        };
        let mut expired = futures::stream::iter(late.into_iter().map(expire)).buffer_unordered(EXPIRED_IN_WORK_MAX);
        let mut all = Ok(());
        while let Some(expired) = expired.next().await {
            // One that could not be expired is still there in the next sweep.
            all = all.and(expired.map(drop));
        }
        all
    }

    /// The last looks before expiry do not depend on one holder keeping up with its schedule.
    async fn look_for_oldest(&self) -> Result<(), StoreError> {
        let until_ms = self.clock.now_ms() + OLDEST_AHEAD_MS;
        let oldest = self.store.expiring(until_ms, SWEEP_MAX).await?;
        let (own, others): (Vec<Ticket>, Vec<Ticket>) =
            oldest.into_iter().partition(|ticket| ticket.holder == self.here);
        self.look_for(&own);
        let rules = self.rules.current();
        let others = others.iter().flat_map(|ticket| Waiting::in_queues_if_any(ticket, &rules));
        self.looker.look_once(others.collect());
        Ok(())
    }

    fn look_for(&self, tickets: &[Ticket]) {
        let now_ms = self.clock.now_ms();
        let rules = self.rules.current();
        for waiting in tickets.iter().flat_map(|ticket| Waiting::in_queues_if_any(ticket, &rules)) {
            self.looker.look_at(now_ms, waiting);
        }
    }
}

#[cfg(test)]
mod tests;

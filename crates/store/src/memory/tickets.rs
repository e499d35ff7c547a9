use super::MemoryStore;
use super::expiry::Kept;
use super::state::{State, nobody};
use crate::bounds::{ARRIVALS_KEPT_MS, BATCH_MAX, TRIES_MAX, answered};
use crate::check::check_places;
use crate::{
    Arrived, Bounds, Enqueue, EnqueueOutcome, Held, IndexedRange, Leave, LeaveOutcome, NOBODY, Snapshot, StoreError,
    Subject, Tickets,
};
use async_trait::async_trait;
use domain::{Change, Cursor, InstanceId, Look, Placement, QueueName, Ticket, TicketId, TicketState};
use std::time::Duration;
use tokio::time::Instant;

type Result<T, E = StoreError> = std::result::Result<T, E>;

#[async_trait]
impl Tickets for MemoryStore {
    async fn enqueue(&self, ticket: Enqueue) -> Result<EnqueueOutcome> {
        check_places(ticket.id, &ticket.places)?;
        Ok(self.lock().enqueue(ticket))
    }

    async fn leave(&self, id: TicketId, how: Leave, reason: &str, now_ms: u64) -> Result<LeaveOutcome> {
        Ok(self.lock().leave(id, how, reason, now_ms))
    }

    async fn widen(&self, id: TicketId, width: u32, now_ms: u64) -> Result<bool> {
        Ok(self.lock().widen(id, width, now_ms))
    }

    async fn relocate(&self, id: TicketId, holder: &InstanceId, place: &Placement) -> Result<bool> {
        check_places(id, std::slice::from_ref(place))?;
        Ok(self.lock().relocate(id, holder, place))
    }

    async fn range(&self, look: &Look, limit: usize) -> Result<IndexedRange> {
        Ok(self.lock().queues.range(look, limit))
    }

    async fn arrivals(&self, queue: &QueueName, limit: usize) -> Result<Vec<Arrived>> {
        Ok(self.lock().arrivals.newest(queue, limit))
    }

    async fn snapshot(&self, subject: &Subject) -> Result<Snapshot> {
        Ok(self.lock().snapshot(subject))
    }

    async fn adopt(&self, holder: &InstanceId, alive: &[InstanceId], limit: usize) -> Result<Vec<Ticket>> {
        Ok(self.lock().adopt(holder, alive, limit.min(BATCH_MAX)))
    }

    /// The whole walk in one step.
    async fn held(&self, holder: &InstanceId, _place: u64) -> Result<Held> {
        let state = self.lock();
        let held = state.queues.held.get(holder);
        Ok(Held { tickets: held.into_iter().flatten().copied().collect(), next: None })
    }

    async fn release(&self, holder: &InstanceId) -> Result<()> {
        let mut state = self.lock();
        for id in state.queues.held.get(holder).cloned().unwrap_or_default() {
            state.hand_over(id, &nobody());
        }
        Ok(())
    }

    async fn expiring(&self, until_ms: u64, limit: usize) -> Result<Vec<Ticket>> {
        let state = self.lock();
        let over = state.queues.deadlines.range(..=(until_ms, TicketId(u128::MAX)));
        let soonest = over.filter_map(|(_, id)| state.tickets.get(id));
        Ok(answered(soonest, limit.min(BATCH_MAX), |ticket| ticket.party.0.len()).cloned().collect())
    }

    async fn waiting(&self) -> Result<u64> {
        Ok(self.lock().queues.deadlines.len() as u64)
    }
}

impl State {
    fn enqueue(&mut self, new: Enqueue) -> EnqueueOutcome {
        if let Some(ticket) = self.tickets.get(&new.id) {
            return EnqueueOutcome::Repeated(ticket.clone());
        }
        for player in &new.players {
            if let Some(ticket) = self.live_ticket_of(player) {
                return EnqueueOutcome::Busy { player: player.clone(), ticket };
            }
        }
        if self.queues.deadlines.len() as u64 >= self.bounds.tickets_waiting_max {
            return EnqueueOutcome::Full { bound: Bounds::TICKETS };
        }
        if self.history.len() as u64 >= self.bounds.events_untaken_max {
            return EnqueueOutcome::Full { bound: Bounds::EVENTS };
        }
        let mut ticket = self.ticket_of(new);
        ticket.changed = self.tell_ticket(Change::Queued, &ticket, ticket.queued_ms, "");
        self.tie_players(&ticket);
        self.queues.insert(&ticket);
        self.remember_arrival(&ticket);
        self.tickets.insert(ticket.id, ticket.clone());
        EnqueueOutcome::Queued(ticket)
    }

    fn ticket_of(&self, new: Enqueue) -> Ticket {
        let tries = new.players.iter().filter_map(|player| self.players.get(player)).map(|known| known.tries).max();
        new.queued(tries.unwrap_or(0).min(TRIES_MAX), Cursor::default())
    }

    /// Ties the players to their ticket, and keeps both while it lives.
    fn tie_players(&mut self, ticket: &Ticket) {
        self.expiry.clear(&Kept::Ticket(ticket.id));
        for player in &ticket.players {
            self.expiry.clear(&Kept::Player(player.clone()));
            self.players.entry(player.clone()).or_default().ticket = Some(ticket.id);
        }
    }

    /// No match was started for the ticket: it was a try of each of its players.
    pub(super) fn count_try(&mut self, ticket: &Ticket) {
        for player in &ticket.players {
            let remembered = self.players.entry(player.clone()).or_default();
            remembered.tries = (remembered.tries + 1).min(TRIES_MAX);
        }
    }

    /// Notes the ticket once among the arrivals of each of its queues, and keeps those for a while from now.
    fn remember_arrival(&mut self, ticket: &Ticket) {
        let until = Instant::now() + Duration::from_millis(ARRIVALS_KEPT_MS);
        for (turn, place) in ticket.places.iter().enumerate() {
            if ticket.places.iter().take(turn).all(|earlier| earlier.queue != place.queue) {
                self.arrivals.push(ticket, place);
                self.expiry.set(Kept::Arrivals(place.queue.clone()), until);
            }
        }
    }

    fn leave(&mut self, id: TicketId, how: Leave, reason: &str, now_ms: u64) -> LeaveOutcome {
        let Some(ticket) = self.tickets.get(&id) else { return LeaveOutcome::NotFound };
        let mut ticket = ticket.clone();
        if ticket.state == TicketState::from(how) {
            return LeaveOutcome::Left(ticket);
        }
        let is_watched = how == Leave::Unwatched && !self.watchers_of(&[], &[&ticket]).is_empty();
        if ticket.state != TicketState::Queued || is_watched {
            return LeaveOutcome::Refused(ticket);
        }
        let change = match how {
            Leave::Cancelled | Leave::Unwatched => Change::Cancelled,
            Leave::Expired => Change::Expired,
        };
        self.queues.remove(&ticket);
        ticket.state = how.into();
        ticket.reason = reason.to_owned();
        ticket.changed = self.tell_ticket(change, &ticket, now_ms, reason);
        self.count_try(&ticket);
        self.let_expire(&ticket);
        self.tickets.insert(id, ticket.clone());
        LeaveOutcome::Left(ticket)
    }

    fn widen(&mut self, id: TicketId, width: u32, now_ms: u64) -> bool {
        let Some(ticket) = self.tickets.get(&id) else { return false };
        if ticket.state != TicketState::Queued || ticket.width >= width {
            return false;
        }
        let mut ticket = Ticket { width, ..ticket.clone() };
        if !self.watchers_of(&[], &[&ticket]).is_empty() {
            ticket.changed = self.tell_ticket(Change::Widened, &ticket, now_ms, &width.to_string());
        }
        self.tickets.insert(id, ticket);
        true
    }

    fn relocate(&mut self, id: TicketId, holder: &InstanceId, place: &Placement) -> bool {
        let Some(ticket) = self.tickets.get_mut(&id) else { return false };
        if ticket.state != TicketState::Queued || ticket.holder != *holder {
            return false;
        }
        let Some(at) = ticket.places.iter().position(|other| other.queue == place.queue) else { return false };
        self.queues.remove(ticket);
        ticket.places[at] = place.clone();
        self.queues.insert(ticket);
        true
    }

    fn adopt(&mut self, holder: &InstanceId, alive: &[InstanceId], limit: usize) -> Vec<Ticket> {
        let gone = |other: &InstanceId| other.as_str() == NOBODY || other != holder && !alive.contains(other);
        let held = self.queues.held.iter().filter(|(other, _)| gone(other));
        let tickets = held.flat_map(|(_, tickets)| tickets);
        let tickets = tickets.filter_map(|id| self.tickets.get(id));
        let adopted = answered(tickets, limit, |ticket| ticket.party.0.len());
        let ids: Vec<TicketId> = adopted.map(|ticket| ticket.id).collect();
        ids.into_iter().filter_map(|id| self.hand_over(id, holder)).collect()
    }

    fn hand_over(&mut self, id: TicketId, to: &InstanceId) -> Option<Ticket> {
        let ticket = self.tickets.get_mut(&id)?;
        self.queues.hand_over(ticket, to);
        ticket.holder = to.clone();
        Some(ticket.clone())
    }
}

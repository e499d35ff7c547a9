//! Why a ticket waits: its own look, read again and somewhat farther, and asked why, without matching anyone.

use crate::config::{ARRIVAL_TICKETS_MAX, EXPLAINED_IN_WORK_MAX};
use crate::look;
use crate::outages::outages;
use crate::outlooks::Outlooks;
use crate::search::candidate;
use crate::waiting::Waiting;
use api::v1;
use chassis::{Clock, LiveRules, status};
use domain::limits::RATING_ABS_MAX;
use domain::{Candidate, Invalid, Look, Outlook, Range, Rules, Sought, Ticket, TicketId, TicketState};
use std::collections::HashSet;
use std::sync::Arc;
use store::{IndexedTicket, Store, StoreError, Subject};
use tokio::sync::Semaphore;
use tonic::Status;

pub struct Explainer {
    store: Arc<dyn Store>,
    rules: LiveRules,
    outlooks: Arc<Outlooks>,
    clock: Clock,
    in_work: Arc<Semaphore>,
}

/// What was read around it in one queue, and the rules to judge it by.
struct Seen {
    rules: Arc<Rules>,
    tickets: Vec<IndexedTicket>,
    /// What waiting on is worth, as the searches are told.
    outlook: Arc<Outlook>,
}

impl Explainer {
    pub fn new(store: Arc<dyn Store>, rules: LiveRules, outlooks: Arc<Outlooks>, clock: Clock) -> Self {
        Self { store, rules, outlooks, clock, in_work: Arc::new(Semaphore::new(EXPLAINED_IN_WORK_MAX)) }
    }

    /// One explanation for each queue of a waiting ticket; none when there is no such ticket.
    pub async fn explain(&self, id: TicketId) -> Result<Option<v1::ExplainResponse>, Status> {
        let snapshot = self.store.snapshot(&Subject::Ticket(id)).await.map_err(status::unavailable)?;
        let Some(ticket) = snapshot.ticket else { return Ok(None) };
        if ticket.state != TicketState::Queued {
            return Err(status::in_state("ticket", id, ticket.state.as_str()));
        }
        let permit = self.in_work.clone().try_acquire_owned().map_err(|_| busy())?;
        let now_ms = self.clock.now_ms();
        let seen = self.look(&ticket, now_ms).await?;
        let outages = outages(&*self.store).await.map_err(status::unavailable)?;
        let explaining = move || {
            // Held to the end of the work, whether or not the caller still waits for it.
            let _permit = permit;
            seen.into_iter().map(|seen| seen.explain(id, now_ms)).collect::<Result<Vec<_>, _>>()
        };
        let explained = chassis::compute(explaining).await;
        let explained = explained.map_err(|error| Status::internal(error.to_string()))?;
        let explanations = explained.map_err(|invalid| unreadable(id, &invalid))?;
        Ok(Some(v1::ExplainResponse {
            explanations: explanations.into_iter().flatten().collect(),
            outages: outages.into_iter().map(Into::into).collect(),
        }))
    }

    async fn look(&self, ticket: &Ticket, now_ms: u64) -> Result<Vec<Seen>, Status> {
        let waiting = Waiting::in_queues(ticket, &self.rules.current());
        let mut seen = Vec::new();
        for waiting in waiting.map_err(|invalid| unreadable(ticket.id, &invalid))? {
            let tickets = self.look_around(ticket, &waiting, now_ms).await.map_err(status::unavailable)?;
            let outlook = self.outlooks.of(&waiting.rules, &waiting.place.pool, now_ms).await;
            seen.push(Seen { rules: waiting.rules, tickets, outlook });
        }
        Ok(seen)
    }

    /// What a look for the ticket reads at this moment; as far as there is room, those beyond it too: the rules that keep them out
    /// of the look are among those to explain, and as it ages it will see them. And the ticket itself, even if it was cut off.
    async fn look_around(
        &self,
        ticket: &Ticket,
        waiting: &Waiting,
        now_ms: u64,
    ) -> Result<Vec<IndexedTicket>, StoreError> {
        let look = waiting.look(waiting.width_at(now_ms));
        let look::Range { mut tickets, cut_at } = look::read(&*self.store, &look, ARRIVAL_TICKETS_MAX).await?;
        if cut_at.is_none() {
            let known: HashSet<TicketId> = tickets.iter().map(|ticket| ticket.id).collect();
            let farther = look::read(&*self.store, &farthest(waiting), ARRIVAL_TICKETS_MAX).await?.tickets;
            tickets.extend(farther.into_iter().filter(|other| !known.contains(&other.id)));
            tickets.truncate(ARRIVAL_TICKETS_MAX);
        }
        if !tickets.iter().any(|other| other.id == ticket.id) {
            tickets.push(IndexedTicket::of(ticket, waiting.place.rating));
        }
        Ok(tickets)
    }
}

/// Every rating, in every region.
fn farthest(waiting: &Waiting) -> Look {
    let look = waiting.look(waiting.rules.width_max());
    let (rating, everything) = (waiting.place.rating, 2.0 * RATING_ABS_MAX);
    Look { low: rating - everything, high: rating + everything, ..look }
}

impl Seen {
    fn explain(self, id: TicketId, now_ms: u64) -> Result<Option<v1::Explanation>, Invalid> {
        let candidates = self.tickets.into_iter().map(|ticket| Candidate::try_from(&candidate(ticket)));
        let candidates = candidates.collect::<Result<_, _>>()?;
        let range = Range { sought: Sought::Anchor(id), candidates, outlook: Outlook::clone(&self.outlook) };
        let explanation = domain::explain(&range, &self.rules, now_ms);
        Ok(explanation.map(|explanation| api::explanation_to_wire(&self.rules, &explanation)))
    }
}

fn busy() -> Status {
    Status::resource_exhausted(format!("this orchestrator explains {EXPLAINED_IN_WORK_MAX} tickets at once: ask again"))
}

fn unreadable(id: TicketId, invalid: &Invalid) -> Status {
    tracing::error!(ticket_id = %id, error = %invalid, "a stored party cannot be read");
    Status::internal(invalid.to_string())
}

#[cfg(test)]
mod tests;

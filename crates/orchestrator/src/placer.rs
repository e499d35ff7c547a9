//! Puts waiting tickets under the rules in force, and where those place them, before they are looked for.

use crate::config::RELOCATED_IN_WORK_MAX;
use crate::waiting::Waiting;
use chassis::LiveRules;
use domain::InstanceId;
use futures::StreamExt;
use std::sync::Arc;
use store::Store;

pub struct Placer {
    store: Arc<dyn Store>,
    rules: LiveRules,
    here: InstanceId,
}

/// Tickets that are to be looked for. Those that wait no longer, or that another holds, are left out.
#[derive(Debug, Default)]
pub struct Placed {
    /// Under the rules in force, and where those place them.
    pub ready: Vec<Waiting>,
    /// Where they stand is not known: the store did not answer.
    pub unknown: Vec<Waiting>,
}

/// What became of a ticket that was to be moved.
enum Moved {
    Ready(Waiting),
    Unknown(Waiting),
    Gone,
}

impl Placer {
    pub fn new(store: Arc<dyn Store>, rules: LiveRules, here: InstanceId) -> Self {
        Self { store, rules, here }
    }

    /// All of them under the same rules. Hardly ever one must be moved: only after rules changed what places a ticket.
    pub async fn place(&self, waiting: Vec<Waiting>) -> Placed {
        let rules = self.rules.current();
        let under = waiting.into_iter().map(|waiting| waiting.under(&rules));
        let (ready, astray): (Vec<Waiting>, Vec<Waiting>) = under.partition(Waiting::is_in_place);
        let moving = futures::stream::iter(astray.into_iter().map(|waiting| self.relocate(waiting)));
        let add = |mut placed: Placed, moved| {
            match moved {
                Moved::Ready(waiting) => placed.ready.push(waiting),
                Moved::Unknown(waiting) => placed.unknown.push(waiting),
                Moved::Gone => {}
            }
            std::future::ready(placed)
        };
        moving.buffer_unordered(RELOCATED_IN_WORK_MAX).fold(Placed { ready, ..Placed::default() }, add).await
    }

    async fn relocate(&self, waiting: Waiting) -> Moved {
        let place = waiting.rules.place(&waiting.party);
        match self.store.relocate(waiting.id, &self.here, &place).await {
            Ok(true) => Moved::Ready(waiting.moved_to(place)),
            Ok(false) => Moved::Gone,
            Err(error) => {
                tracing::debug!(%error, ticket_id = %waiting.id, "could not move a ticket to its place");
                Moved::Unknown(waiting)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::waiting::testing::{NOW_MS, rules_elsewhere, solos, stored};
    use domain::{Placement, TicketId};
    use store::{Leave, MemoryStore, RedisStore, Subject, Tickets};

    fn placer(store: Arc<dyn Store>) -> Placer {
        Placer::new(store, LiveRules::new(rules_elsewhere()), "orchestrator-1".parse().unwrap())
    }

    async fn in_store(solos: &[Waiting]) -> Arc<MemoryStore> {
        let store = Arc::new(MemoryStore::new());
        for solo in solos {
            store.enqueue(stored(solo)).await.unwrap();
        }
        store
    }

    async fn places(store: &MemoryStore, id: TicketId) -> Vec<Placement> {
        store.snapshot(&Subject::Ticket(id)).await.unwrap().ticket.unwrap().places
    }

    #[tokio::test]
    async fn tickets_that_wait_are_moved_to_where_the_rules_in_force_place_them() {
        let solos = solos(&[1500.0, 1700.0]);
        let store = in_store(&solos).await;
        let placed = placer(store.clone()).place(solos).await;
        assert!(placed.unknown.is_empty());
        assert_eq!(placed.ready.len(), 2);
        for waiting in &placed.ready {
            assert!(waiting.is_in_place());
            assert_eq!(places(&store, waiting.id).await, std::slice::from_ref(&waiting.place));
        }
    }

    #[tokio::test]
    async fn what_waits_no_longer_or_is_held_by_another_is_left_out_and_not_moved() {
        let solos = solos(&[1500.0, 1700.0]);
        let (left, adopted) = (solos[0].id, (solos[1].id, solos[1].place.clone()));
        let store = in_store(&solos).await;
        store.leave(left, Leave::Cancelled, "", NOW_MS).await.unwrap();
        store.adopt(&"sweeper-1".parse().unwrap(), &[], 10).await.unwrap();
        let placed = placer(store.clone()).place(solos).await;
        assert!(placed.ready.is_empty() && placed.unknown.is_empty());
        assert_eq!(places(&store, adopted.0).await, [adopted.1]);
    }

    #[tokio::test]
    async fn while_the_store_is_away_nobody_is_taken_for_gone() {
        let away = RedisStore::connect("redis://127.0.0.1:1", "realm".parse().unwrap()).unwrap();
        let placed = placer(Arc::new(away)).place(solos(&[1500.0])).await;
        assert!(placed.ready.is_empty());
        assert_eq!(placed.unknown.len(), 1);
    }
}

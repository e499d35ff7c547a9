//! From the outbox to the playservers, in order, for as long as this mover leads.

use crate::config::{EVENTS_IN_FLIGHT_MAX, EVENTS_READ_MAX, EVENTS_WAIT, STANDBY_POLL, TRIM_EVERY};
use crate::courier::{Couriers, Playservers};
use crate::lead::Lead;
use crate::progress::Progress;
use chassis::Shutdown;
use domain::{Change, Cursor, Event};
use std::fmt::Display;
use std::sync::Arc;
use store::{Fence, Outbox, Store, StoreError};
use telemetry::{Failed, Failure, Streak};
use tokio::time::Instant;

/// Delivers in each term that this mover leads, until `shutdown`.
pub async fn run(store: Arc<dyn Store>, mut lead: Lead, fleet: Playservers, shutdown: Shutdown) {
    let terms = async {
        let mut streaks = Streaks::default();
        loop {
            let fence = lead.taken().await;
            deliver_term(&*store, &lead, &fence, fleet.clone(), &mut streaks).await;
        }
    };
    shutdown.run_until_cancelled(terms).await;
}

/// One term, from the oldest event that is not known to be taken. What an earlier leader delivered and did not get to trim comes
/// again: watchers drop what they have seen by its cursor.
async fn deliver_term(store: &dyn Outbox, lead: &Lead, fence: &Fence, fleet: Playservers, streaks: &mut Streaks) {
    let progress = Progress::default();
    let mut couriers = Couriers::new(fleet);
    let mut cursor = Cursor::default();
    let mut trimmed = Instant::now();
    while lead.fence().as_ref() == Some(fence) {
        progress.room(EVENTS_IN_FLIGHT_MAX).await;
        let read = store.events(cursor, EVENTS_READ_MAX, EVENTS_WAIT).await;
        streaks.reading.saw(&read);
        let events = match read {
            Ok(events) => events,
            Err(error) => {
                match unreadable(store, cursor, &error).await {
                    Some(at) => {
                        cursor = at;
                        lead.note_read(at);
                        drop(progress.begin(at));
                        // Whom it was for is not known.
                        couriers.all_fall_behind();
                    }
                    None => tokio::time::sleep(STANDBY_POLL).await,
                }
                continue;
            }
        };
        // After the wait: a match may be hosted by who appeared during it.
        couriers.meet();
        if let Some(last) = events.last() {
            lead.note_read(last.cursor);
        }
        for event in events {
            cursor = event.cursor;
            telemetry::metrics().ticket_changes(event.change.as_str(), event.tickets.len());
            keep_failure(&event);
            couriers.send(&event, &progress.begin(event.cursor));
        }
        if trimmed.elapsed() >= TRIM_EVERY {
            trimmed = Instant::now();
            // Not trimming is harmless: the events come again to the next leader, and the next trim takes them.
            streaks.trimming.saw(&store.trim(fence, progress.taken()).await);
        }
    }
}

/// The place of the event after `cursor`, if it cannot be read: whoever waited for it would keep all later ones waiting.
async fn unreadable(store: &dyn Outbox, cursor: Cursor, why: &StoreError) -> Option<Cursor> {
    let StoreError::Corrupt(why) = why else { return None };
    let at = store.unreadable(cursor).await.ok().flatten()?;
    let id = format_args!("{}-{}", at.epoch, at.seq);
    tracing::error!(event = %id, error = why.as_str(), "an event cannot be read: everyone is told the present state instead");
    Some(at)
}

/// Over all terms: an outage may last longer than one.
struct Streaks {
    reading: Streak,
    trimming: Streak,
}

impl Default for Streaks {
    fn default() -> Self {
        Self { reading: Streak::new("read the outbox"), trimming: Streak::new("trim the outbox") }
    }
}

/// What a player waited for in vain is told in his trace, whoever brought it about and logged it.
fn keep_failure(event: &Event) {
    let failure = match event.change {
        Change::Expired => Failure::Expired,
        Change::Requeued => Failure::Requeued,
        Change::NoShow => Failure::NoShow,
        _ => return,
    };
    let matched = event.matched.as_ref().map(|matched| &matched.id as &dyn Display);
    for ticket in &event.tickets {
        let why = &event.reason;
        telemetry::keep(Failed { failure, ticket: Some(&ticket.id), matched, trace: &ticket.trace, why });
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it is sure of")]
mod tests {
    use super::*;
    use crate::config::DELIVERY_TRY_MAX;
    use crate::playground::Playground;
    use domain::{InstanceId, TicketId};
    use std::time::Duration;
    use store::conformance::people::{NOW_MS, queued, solo, ticket_id};
    use store::{Leave, MemoryStore, Snapshot, Subject, Tickets, Watched};
    use tokio::time::timeout;

    /// Longer than anything here takes.
    const PATIENCE: Duration = Duration::from_secs(60);
    /// Far shorter than a delivery may take.
    const AT_ONCE: Duration = Duration::from_millis(100);

    type Result<T, E = StoreError> = std::result::Result<T, E>;

    /// An outbox in which nobody can read that a ticket is searched for more widely.
    struct Scratched(Arc<MemoryStore>);

    #[tonic::async_trait]
    impl Outbox for Scratched {
        async fn events(&self, after: Cursor, limit: usize, wait: Duration) -> Result<Vec<Event>> {
            let all = self.0.events(after, limit, wait).await?;
            let is_first = all.first().is_some_and(is_scratched);
            let readable = all.into_iter().take_while(|event| !is_scratched(event)).collect();
            if is_first { Err(StoreError::Corrupt("scratched".to_owned())) } else { Ok(readable) }
        }

        async fn unreadable(&self, after: Cursor) -> Result<Option<Cursor>> {
            let next = self.0.events(after, 1, Duration::ZERO).await?.pop();
            Ok(next.filter(is_scratched).map(|event| event.cursor))
        }

        async fn trim(&self, fence: &Fence, upto: Cursor) -> Result<bool> {
            self.0.trim(fence, upto).await
        }

        async fn watch(&self, subject: &Subject, playserver: &InstanceId) -> Result<Snapshot> {
            self.0.watch(subject, playserver).await
        }

        async fn unwatch(&self, subject: &Subject, playserver: &InstanceId) -> Result<()> {
            self.0.unwatch(subject, playserver).await
        }

        async fn watched_on(&self, playserver: &InstanceId, place: u64) -> Result<Watched> {
            self.0.watched_on(playserver, place).await
        }
    }

    fn is_scratched(event: &Event) -> bool {
        event.change == Change::Widened
    }

    async fn all_is_trimmed(store: &MemoryStore) {
        while !store.events(Cursor::default(), 1, Duration::ZERO).await.unwrap().is_empty() {
            tokio::time::sleep(TRIM_EVERY).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_that_cannot_be_read_is_stepped_over_and_everyone_is_told_the_present_state() {
        let ground = Playground::open().await;
        let mut playserver = ground.playserver("ps-1").await;
        let (store, fleet) = (ground.store.clone(), ground.fleet().await);
        let scratched = Scratched(store.clone());
        let mut streaks = Streaks::default();
        let delivering = deliver_term(&scratched, &ground.lead, &ground.fence, fleet, &mut streaks);
        let story = async {
            store.watch(&Subject::Ticket(ticket_id("ann")), &"ps-1".parse().unwrap()).await.unwrap();
            let ann = queued(&*store, solo("ann")).await;
            assert_eq!(playserver.hears_events().await[0].change(), api::v1::Change::Queued);
            store.widen(ann.id, 1, NOW_MS).await.unwrap();
            playserver.hears_resync().await;
            store.leave(ann.id, Leave::Cancelled, "", NOW_MS).await.unwrap();
            assert_eq!(playserver.hears_events().await[0].change(), api::v1::Change::Cancelled);
            all_is_trimmed(&store).await;
        };
        tokio::select! {
            () = delivering => {}
            told = timeout(PATIENCE, story) => told.unwrap(),
        }
    }

    /// Tells of one ticket so many times, and then of the other.
    async fn widens(store: &MemoryStore, often: TicketId, times: u32, then: TicketId) {
        let before = store.snapshot(&Subject::Ticket(often)).await.unwrap().ticket.unwrap().width;
        for width in 1..=times {
            assert!(store.widen(often, before + width, NOW_MS).await.unwrap());
        }
        assert!(store.widen(then, before + 1, NOW_MS).await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn a_playserver_that_takes_nothing_keeps_no_other_from_being_told_at_once() {
        let ground = Playground::open().await;
        let (mut hung, mut other) = (ground.playserver("hung").await, ground.playserver("other").await);
        let (store, fleet) = (ground.store.clone(), ground.fleet().await);
        let mut streaks = Streaks::default();
        let delivering = deliver_term(&*store, &ground.lead, &ground.fence, fleet, &mut streaks);
        let story = async {
            for name in ["hung", "other"] {
                store.watch(&Subject::Ticket(ticket_id(name)), &name.parse().unwrap()).await.unwrap();
                queued(&*store, solo(name)).await;
            }
            hung.hears_events().await;
            other.hears_events().await;
            hung.hangs();
            // Before it falls behind, while it is to tell the present state, and once it did not.
            for pause in [0, 1, 3] {
                tokio::time::sleep(DELIVERY_TRY_MAX * pause / 2).await;
                widens(&store, ticket_id("hung"), EVENTS_IN_FLIGHT_MAX as u32 + 1, ticket_id("other")).await;
                timeout(AT_ONCE, other.hears_events()).await.expect("it waits for the one that hangs");
            }
        };
        tokio::select! {
            () = delivering => {}
            told = timeout(PATIENCE, story) => told.unwrap(),
        }
    }
}

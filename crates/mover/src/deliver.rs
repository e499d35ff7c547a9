//! From the outbox to the playservers, in order, for as long as this mover leads.

use crate::config::{EVENTS_IN_FLIGHT_MAX, EVENTS_READ_MAX, EVENTS_WAIT, STANDBY_POLL, TRIM_EVERY};
use crate::courier::{Couriers, Playservers};
use crate::lead::Lead;
use crate::progress::Progress;
use chassis::Shutdown;
use domain::{Change, Cursor, Event};
use std::fmt::Display;
use std::sync::Arc;
use store::{Fence, Store};
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
async fn deliver_term(store: &dyn Store, lead: &Lead, fence: &Fence, fleet: Playservers, streaks: &mut Streaks) {
    let progress = Progress::default();
    let mut couriers = Couriers::new(fleet);
    let mut cursor = Cursor::default();
    let mut trimmed = Instant::now();
    while lead.fence().as_ref() == Some(fence) {
        progress.room(EVENTS_IN_FLIGHT_MAX).await;
        let read = store.events(cursor, EVENTS_READ_MAX, EVENTS_WAIT).await;
        streaks.reading.saw(&read);
        let Ok(events) = read else {
            tokio::time::sleep(STANDBY_POLL).await;
            continue;
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

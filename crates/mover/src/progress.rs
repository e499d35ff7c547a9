//! Which events were taken by everyone who should hear of them, so that the outbox is trimmed no further.

use domain::Cursor;
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::sync::Arc;
use telemetry::Share;
use tokio::sync::Notify;

#[derive(Clone, Default)]
pub struct Progress {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    taken: Notify,
    told: Share,
}

impl Default for Shared {
    fn default() -> Self {
        Self { state: Mutex::default(), taken: Notify::new(), told: telemetry::metrics().events_in_flight() }
    }
}

#[derive(Default)]
struct State {
    read: Cursor,
    in_flight: BTreeSet<Cursor>,
}

/// Held by every delivery of one event; the event is taken when the last one is dropped.
pub struct InFlight {
    cursor: Cursor,
    shared: Arc<Shared>,
}

impl Progress {
    pub fn begin(&self, cursor: Cursor) -> Arc<InFlight> {
        let mut state = self.shared.state.lock();
        state.read = cursor;
        state.in_flight.insert(cursor);
        self.shared.told.set(state.in_flight.len());
        Arc::new(InFlight { cursor, shared: self.shared.clone() })
    }

    /// Everything up to and including this is taken.
    pub fn taken(&self) -> Cursor {
        let state = self.shared.state.lock();
        match state.in_flight.first() {
            Some(first) => Cursor { epoch: first.epoch, seq: first.seq.saturating_sub(1) },
            None => state.read,
        }
    }

    /// Waits until fewer than `max` events are in flight.
    pub async fn room(&self, max: usize) {
        loop {
            let taken = self.shared.taken.notified();
            if self.shared.state.lock().in_flight.len() < max {
                return;
            }
            taken.await;
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut state = self.shared.state.lock();
        state.in_flight.remove(&self.cursor);
        self.shared.told.set(state.in_flight.len());
        drop(state);
        self.shared.taken.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_trimmed_past_an_event_that_somebody_still_waits_for() {
        let at = |seq| Cursor { epoch: 7, seq };
        let progress = Progress::default();
        let [first, second, third] = [1, 2, 3].map(|seq| progress.begin(at(seq)));
        let copy = second.clone();
        drop((first, second, third));
        assert_eq!(progress.taken(), at(1));
        drop(copy);
        assert_eq!(progress.taken(), at(3));
    }
}

use crate::waiting::Waiting;
use domain::{QueueName, TicketId};
use std::collections::{BTreeMap, HashSet};

/// Which ticket to look for next, and when. Entries of one instant keep their order of arrival; a ticket stands in it once for each
/// of its queues, however often it is added.
#[derive(Default)]
pub struct Schedule {
    entries: BTreeMap<(u64, u64), Waiting>,
    known: HashSet<(TicketId, QueueName)>,
    next: u64,
}

impl Schedule {
    /// Adds an entry, unless the ticket is there already.
    pub fn add(&mut self, at_ms: u64, waiting: Waiting) {
        if self.known.insert(key(&waiting)) {
            self.next += 1;
            self.entries.insert((at_ms, self.next), waiting);
        }
    }

    /// Takes out up to `max` entries whose time has come.
    pub fn take_due(&mut self, now_ms: u64, max: usize) -> Vec<Waiting> {
        let due = std::iter::from_fn(|| {
            let first = self.entries.first_entry()?;
            (first.key().0 <= now_ms).then(|| first.remove())
        });
        let due: Vec<Waiting> = due.take(max).collect();
        for waiting in &due {
            self.known.remove(&key(waiting));
        }
        due
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }
}

fn key(waiting: &Waiting) -> (TicketId, QueueName) {
    (waiting.id, waiting.place.queue.clone())
}

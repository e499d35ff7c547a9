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

    /// Whether the ticket is there in this queue.
    pub fn has(&self, waiting: &Waiting) -> bool {
        self.known.contains(&key(waiting))
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

    /// When the next entry comes up.
    pub fn next_ms(&self) -> Option<u64> {
        self.entries.first_key_value().map(|((at_ms, _), _)| *at_ms)
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

fn key(waiting: &Waiting) -> (TicketId, QueueName) {
    (waiting.id, waiting.place.queue.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::waiting::testing::solos;

    fn waiting(number: usize) -> Waiting {
        solos(&[1500.0; 5]).remove(number)
    }

    fn due(schedule: &mut Schedule, now_ms: u64) -> Vec<u128> {
        schedule.take_due(now_ms, 10).into_iter().map(|waiting| waiting.id.0).collect()
    }

    #[test]
    fn tickets_come_due_in_order_of_time_and_none_before() {
        let mut schedule = Schedule::default();
        for (at_ms, number) in [(20, 1), (10, 2), (10, 3), (30, 4)] {
            schedule.add(at_ms, waiting(number));
        }
        assert_eq!(due(&mut schedule, 9), [0_u128; 0]);
        assert_eq!(due(&mut schedule, 20), [2, 3, 1]);
        assert_eq!(schedule.len(), 1);
    }

    #[test]
    fn a_ticket_added_twice_is_looked_for_once_and_can_be_added_again_after() {
        let mut schedule = Schedule::default();
        schedule.add(10, waiting(1));
        schedule.add(20, waiting(1));
        assert_eq!(due(&mut schedule, 20), [1]);
        schedule.add(20, waiting(1));
        assert_eq!(due(&mut schedule, 20), [1]);
    }
}

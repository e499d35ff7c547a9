use crate::waiting::Waiting;
use std::collections::BTreeMap;

/// Which ticket to look for next, and when. Entries of one instant keep their order of arrival.
#[derive(Default)]
pub struct Schedule {
    entries: BTreeMap<(u64, u64), Waiting>,
    next: u64,
}

impl Schedule {
    pub fn add(&mut self, at_ms: u64, waiting: Waiting) {
        self.next += 1;
        self.entries.insert((at_ms, self.next), waiting);
    }

    /// Takes out up to `max` entries whose time has come.
    pub fn take_due(&mut self, now_ms: u64, max: usize) -> Vec<Waiting> {
        let due = std::iter::from_fn(|| {
            let first = self.entries.first_entry()?;
            (first.key().0 <= now_ms).then(|| first.remove())
        });
        due.take(max).collect()
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }
}

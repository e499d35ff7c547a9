//! What all instances together say that they hold.

use crate::config::{GLIMPSE, GLIMPSES_MAX, INSTANCE_TICKETS_MAX};
use crate::history::History;
use api::v1::{Hold, Inspection, Instance, Stage};
use std::collections::{BTreeMap, HashMap, VecDeque};
use tokio::time::Instant;

#[derive(Default)]
pub struct Overview {
    pub instances: BTreeMap<String, Followed>,
    pub history: History,
    /// Searches and proposals that are over and still shown, the oldest first.
    glimpses: VecDeque<Glimpse>,
}

/// One instance.
#[derive(Default)]
pub struct Followed {
    pub instance: Instance,
    /// Whether it tells us now.
    pub is_linked: bool,
    /// Whether it was asked in vain, or its connection broke, and it has not told anything since.
    pub is_lost: bool,
    /// When it began, in ms since the Unix epoch; none before it told.
    pub since_ms: Option<u64>,
    /// Whether all of the present snapshot has come.
    is_known: bool,
    pub holds: HashMap<u64, Hold>,
    /// Tickets in `holds`.
    tickets: usize,
}

struct Glimpse {
    until: Instant,
    instance: String,
    number: u64,
}

impl Overview {
    /// An instance is alive; until it tells more itself, this is what is known of it.
    pub fn appears(&mut self, instance: Instance) {
        self.instances.entry(instance.id.clone()).or_insert_with(|| Followed { instance, ..Followed::default() });
    }

    /// What an instance tells.
    pub fn hears(&mut self, id: &str, told: Inspection, now: Instant, now_ms: u64) {
        let Some(followed) = self.instances.get_mut(id) else { return };
        (followed.is_linked, followed.is_lost) = (true, false);
        if told.snapshot {
            followed.clear();
        }
        if let Some(instance) = told.instance {
            followed.since_ms.get_or_insert(now_ms.saturating_sub(instance.up_ms));
            followed.instance = instance;
        }
        for hold in told.held {
            if followed.is_known && !followed.holds.contains_key(&hold.number) {
                self.history.note(&hold);
            }
            followed.take(hold);
        }
        // What came before is no news.
        followed.is_known |= told.seq > 0;
        for number in told.released {
            let is_brief = |hold: &Hold| matches!(hold.stage(), Stage::Searched | Stage::Proposed);
            if followed.holds.get(&number).is_some_and(is_brief) && self.glimpses.len() < GLIMPSES_MAX {
                self.glimpses.push_back(Glimpse { until: now + GLIMPSE, instance: id.to_owned(), number });
            } else {
                followed.release(number);
            }
        }
    }

    /// Its connection broke; what it held is not known any more.
    pub fn is_lost(&mut self, id: &str) {
        if let Some(followed) = self.instances.get_mut(id) {
            (followed.is_linked, followed.is_lost) = (false, true);
            followed.since_ms = None;
            followed.clear();
        }
    }

    /// It is not alive any more.
    pub fn is_gone(&mut self, id: &str) {
        self.instances.remove(id);
    }

    /// Lets go of what was shown long enough.
    pub fn forget(&mut self, now: Instant) {
        while let Some(glimpse) = self.glimpses.pop_front_if(|glimpse| glimpse.until <= now) {
            if let Some(followed) = self.instances.get_mut(&glimpse.instance) {
                followed.release(glimpse.number);
            }
        }
    }
}

impl Followed {
    fn clear(&mut self) {
        self.holds.clear();
        self.tickets = 0;
        self.is_known = false;
    }

    fn take(&mut self, hold: Hold) {
        if self.tickets + hold.tickets.len() > INSTANCE_TICKETS_MAX {
            return;
        }
        self.tickets += hold.tickets.len();
        if let Some(before) = self.holds.insert(hold.number, hold) {
            self.tickets -= before.tickets.len();
        }
    }

    fn release(&mut self, number: u64) {
        if let Some(hold) = self.holds.remove(&number) {
            self.tickets -= hold.tickets.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::v1::HeldTicket;

    fn hold(number: u64, stage: Stage) -> Hold {
        Hold { number, stage: stage.into(), tickets: vec![HeldTicket::default()], ..Default::default() }
    }

    fn overview(held: Vec<Hold>) -> Overview {
        let mut overview = Overview::default();
        overview.appears(Instance { id: "a".to_owned(), ..Default::default() });
        overview.hears("a", Inspection { snapshot: true, seq: 1, held, ..Default::default() }, Instant::now(), 0);
        overview
    }

    fn numbers(overview: &Overview) -> Vec<u64> {
        let mut numbers: Vec<u64> = overview.instances["a"].holds.keys().copied().collect();
        numbers.sort_unstable();
        numbers
    }

    #[tokio::test(start_paused = true)]
    async fn a_search_is_shown_for_a_moment_after_it_is_over_and_a_waiting_ticket_is_not() {
        let mut overview = overview(vec![hold(1, Stage::Searched), hold(2, Stage::Waiting)]);
        let now = Instant::now();
        overview.hears("a", Inspection { seq: 2, released: vec![1, 2], ..Default::default() }, now, 0);
        assert_eq!(numbers(&overview), [1]);
        overview.forget(now + GLIMPSE);
        assert_eq!(numbers(&overview), [0; 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_lost_instance_held_is_not_known_and_a_snapshot_begins_anew() {
        let mut overview = overview(vec![hold(1, Stage::Waiting)]);
        overview.is_lost("a");
        assert!(numbers(&overview).is_empty() && !overview.instances["a"].is_linked);
        assert!(overview.instances["a"].is_lost);
        let again = Inspection { snapshot: true, seq: 1, held: vec![hold(7, Stage::Waiting)], ..Default::default() };
        overview.hears("a", again, Instant::now(), 0);
        assert_eq!(numbers(&overview), [7]);
        assert!(overview.instances["a"].is_linked && !overview.instances["a"].is_lost);
    }
}

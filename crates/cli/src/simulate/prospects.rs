//! What waiting on is worth, surveyed from the queue's newest arrivals as often as live.

use domain::{Arrival, Outlook, Party, Rules};
use orchestrator::plan::outlook_kept_ms;
use std::collections::{BTreeMap, VecDeque};
use store::bounds::ARRIVALS_KEPT;

#[derive(Default)]
pub struct Prospects {
    /// Newest first, with their pools.
    arrivals: VecDeque<(String, Arrival)>,
    /// By pool.
    known: BTreeMap<String, Known>,
}

struct Known {
    until_ms: u64,
    outlook: Outlook,
}

impl Prospects {
    pub fn note(&mut self, pool: &str, queued_ms: u64, party: &Party) {
        self.arrivals.truncate(ARRIVALS_KEPT - 1);
        self.arrivals.push_front((pool.to_owned(), Arrival { queued_ms, party: party.clone() }));
    }

    /// The outlook of a pool as it was surveyed last; empty where the rules do not ask for it.
    pub fn outlook(&mut self, rules: &Rules, pool: &str, now_ms: u64) -> Outlook {
        if !rules.follows_arrivals() {
            return Outlook::default();
        }
        let known = self.known.get(pool).filter(|known| now_ms < known.until_ms);
        if let Some(known) = known {
            return known.outlook.clone();
        }
        let in_pool = self.arrivals.iter().filter(|(of, _)| of == pool);
        let arrivals: Vec<Arrival> = in_pool.map(|(_, arrival)| arrival.clone()).collect();
        let outlook = Outlook::survey(rules, &arrivals, now_ms);
        let until_ms = now_ms + outlook_kept_ms(arrivals.len());
        self.known.insert(pool.to_owned(), Known { until_ms, outlook: outlook.clone() });
        outlook
    }
}

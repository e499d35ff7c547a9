//! What waiting on is worth, surveyed from the newest arrivals as often as live.

use domain::{Arrival, Outlook, Party, Rules};
use std::collections::{BTreeMap, VecDeque};

/// Arrivals that a survey looks back on.
const ARRIVALS_MAX: usize = 512;
/// How long a survey is good for, in ms.
const SURVEY_MS: u64 = 1_000;

/// By pool.
#[derive(Default)]
pub struct Prospects(BTreeMap<String, Pool>);

#[derive(Default)]
struct Pool {
    /// Newest first.
    arrivals: VecDeque<Arrival>,
    surveyed_ms: Option<u64>,
    outlook: Outlook,
}

impl Prospects {
    pub fn note(&mut self, pool: &str, queued_ms: u64, party: &Party) {
        let arrivals = &mut self.0.entry(pool.to_owned()).or_default().arrivals;
        arrivals.truncate(ARRIVALS_MAX - 1);
        arrivals.push_front(Arrival { queued_ms, party: party.clone() });
    }

    /// The outlook of a pool as it was surveyed last, at most a second ago.
    pub fn outlook(&mut self, rules: &Rules, pool: &str, now_ms: u64) -> Outlook {
        let Some(known) = self.0.get_mut(pool) else { return Outlook::default() };
        if known.surveyed_ms.is_none_or(|surveyed_ms| now_ms >= surveyed_ms + SURVEY_MS) {
            known.surveyed_ms = Some(now_ms);
            known.outlook = Outlook::survey(rules, pool, known.arrivals.make_contiguous(), now_ms);
        }
        known.outlook.clone()
    }
}

//! What waiting on is worth, surveyed from the store's recent arrivals and kept for a second at most.

use crate::config::{OUTLOOK_KEPT_MS, OUTLOOK_YOUNG, OUTLOOK_YOUNG_KEPT_MS, OUTLOOKS_KEPT_MAX};
use domain::{Arrival, Outlook, QueueName, Rules, RulesVersion};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use store::bounds::ARRIVALS_KEPT;
use store::{Arrived, Store};

pub struct Outlooks {
    store: Arc<dyn Store>,
    known: Mutex<HashMap<Key, Known>>,
}

/// A pool of a queue, under one version of its rules: others survey the same arrivals to another end.
type Key = (QueueName, RulesVersion, String);

/// Believed for some ms from when it was surveyed, or a survey of it began.
#[derive(Default)]
struct Known {
    surveyed_ms: u64,
    kept_ms: u64,
    outlook: Arc<Outlook>,
}

impl Known {
    /// Whether it is believed: not after a while, nor where the clock was put back to long before.
    fn is_fresh(&self, now_ms: u64) -> bool {
        now_ms.abs_diff(self.surveyed_ms) < self.kept_ms
    }
}

impl Outlooks {
    pub fn new(store: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self { store, known: Mutex::default() })
    }

    /// The outlook of one pool of a queue; what was known before where the store does not answer, for it is only a hint.
    pub async fn of(&self, rules: &Arc<Rules>, pool: &str, now_ms: u64) -> Arc<Outlook> {
        if !rules.follows_arrivals() {
            return Arc::default();
        }
        let key = (rules.queue().clone(), rules.version(), pool.to_owned());
        let (known, is_fresh) = self.take_turn(&key, now_ms);
        if is_fresh {
            return known;
        }
        match self.survey(rules, pool, now_ms).await {
            Some(surveyed) => {
                let outlook = surveyed.outlook.clone();
                self.known.lock().insert(key, surveyed);
                outlook
            }
            None => known,
        }
    }

    /// The outlook that is known, and whether it is to be used as it is. Only to the first who comes when it is too old the answer is no: he
    /// surveys it anew, and others go by the old one meanwhile.
    fn take_turn(&self, key: &Key, now_ms: u64) -> (Arc<Outlook>, bool) {
        let mut known = self.known.lock();
        if known.len() >= OUTLOOKS_KEPT_MAX && !known.contains_key(key) {
            known.retain(|_, known| known.is_fresh(now_ms));
        }
        if known.len() >= OUTLOOKS_KEPT_MAX && !known.contains_key(key) {
            return (Arc::default(), true);
        }
        let known = known.entry(key.clone()).or_default();
        let is_fresh = known.is_fresh(now_ms);
        if !is_fresh {
            (known.surveyed_ms, known.kept_ms) = (now_ms, OUTLOOK_KEPT_MS);
        }
        (known.outlook.clone(), is_fresh)
    }

    async fn survey(&self, rules: &Arc<Rules>, pool: &str, now_ms: u64) -> Option<Known> {
        let arrived = self.store.arrivals(rules.queue(), ARRIVALS_KEPT).await;
        let arrived = arrived.inspect_err(|error| tracing::debug!(%error, "no arrivals could be read")).ok()?;
        let (rules, pool) = (rules.clone(), pool.to_owned());
        // Some milliseconds of arithmetic: not on a thread that serves sockets.
        let surveying = move || {
            let arrivals: Vec<Arrival> =
                arrived.into_iter().filter(|one| one.pool == pool).filter_map(arrival).collect();
            let outlook = Arc::new(Outlook::survey(&rules, &arrivals, now_ms));
            Known { surveyed_ms: now_ms, kept_ms: outlook_kept_ms(arrivals.len()), outlook }
        };
        chassis::compute(surveying).await.ok()
    }
}

/// How long an outlook surveyed from so many arrivals is believed, in ms.
pub fn outlook_kept_ms(arrivals: usize) -> u64 {
    if arrivals < OUTLOOK_YOUNG { OUTLOOK_YOUNG_KEPT_MS } else { OUTLOOK_KEPT_MS }
}

fn arrival(arrived: Arrived) -> Option<Arrival> {
    Some(Arrival { queued_ms: arrived.queued_ms, party: api::decode_party(&arrived.party).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::waiting::testing::{NOW_MS, solos};
    use store::MemoryStore;

    #[tokio::test]
    async fn an_outlook_is_surveyed_again_by_one_after_a_while_and_where_the_clock_was_put_back() {
        let outlooks = Outlooks::new(Arc::new(MemoryStore::new()));
        let rules = solos(&[1500.0]).remove(0).rules;
        let key = (rules.queue().clone(), rules.version(), String::new());
        let is_fresh = |now_ms| outlooks.take_turn(&key, now_ms).1;
        assert_eq!([is_fresh(NOW_MS), is_fresh(NOW_MS), is_fresh(NOW_MS - 1)], [false, true, true]);
        assert!(!is_fresh(NOW_MS + OUTLOOK_KEPT_MS));
        assert!(!is_fresh(NOW_MS - 600_000));
    }
}

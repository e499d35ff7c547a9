//! Rules with one number changed: what a match would be under another value of it, or without it.

use super::Rules;
use super::limits::Limits;
use super::prices::{PRICE_KEYS, Prices};
use super::ramp::Ramp;
use crate::limits::RTT_MS_MAX;

/// One number of the rules that can keep players apart.
#[derive(Debug, Clone)]
pub(crate) struct Lever {
    /// Its key in the rules file, or `block_lists`.
    pub key: String,
    at: Place,
}

type PriceIn = fn(&mut Prices) -> &mut f64;
type RampIn = fn(&mut Limits) -> &mut Ramp;

/// Where in the rules it stands.
#[derive(Debug, Clone, Copy)]
enum Place {
    Price(PriceIn),
    /// What of a round trip has no price.
    Free(PriceIn),
    /// A limit on what may be at most.
    Most(RampIn),
    OverBest,
    /// Limits on named numbers, sets and strings, by their order.
    Number(usize),
    Overlap(usize),
    SameUntil(usize),
    AvoidedUntil,
    BlockLists,
}

/// In the order of [`PRICE_KEYS`].
const PRICES: [PriceIn; PRICE_KEYS.len()] = [
    |prices| &mut prices.rating_gap,
    |prices| &mut prices.win_probability,
    |prices| &mut prices.rating_spread,
    |prices| &mut prices.rtt,
    |prices| &mut prices.rtt_difference,
    |prices| &mut prices.off_role,
    |prices| &mut prices.party_size,
    |prices| &mut prices.rematch,
];

const FREE: [(&str, PriceIn); 2] = [
    ("price.rtt_free_ms", |prices| &mut prices.rtt_free_ms),
    ("price.rtt_free_over_best_ms", |prices| &mut prices.rtt_free_over_best_ms),
];

const RTT_MS: &str = "limit.rtt_ms";

const MOST: [(&str, RampIn); 5] = [
    ("limit.rating_gap", |limits| &mut limits.rating_gap),
    ("limit.rating_range", |limits| &mut limits.rating_range),
    (RTT_MS, |limits| &mut limits.rtt_ms),
    ("limit.off_roles", |limits| &mut limits.off_roles),
    ("limit.party_size", |limits| &mut limits.party_size),
];

impl Lever {
    fn new(key: impl Into<String>, at: Place) -> Self {
        Self { key: key.into(), at }
    }

    /// Whether block lists are kept, which no rules file holds: 1 or 0.
    pub fn block_lists() -> Self {
        Self::new("block_lists", Place::BlockLists)
    }

    /// The value at which it keeps nobody apart.
    pub fn end(&self) -> f64 {
        match self.at {
            Place::Most(_) | Place::OverBest | Place::Number(_) => f64::INFINITY,
            Place::Free(_) => f64::from(RTT_MS_MAX),
            Place::Price(_) | Place::Overlap(_) | Place::SameUntil(_) | Place::AvoidedUntil | Place::BlockLists => 0.0,
        }
    }

    /// Whether it says what has no price, where other numbers of a cost are prices themselves.
    pub fn is_free(&self) -> bool {
        matches!(self.at, Place::Free(_))
    }

    /// The next value toward its end that a rules file can hold, of a round trip the next in whole ms.
    pub fn rounded(&self, value: f64) -> f64 {
        match self.at {
            Place::Free(_) | Place::OverBest => value.ceil(),
            Place::Most(_) if self.key == RTT_MS => value.ceil(),
            Place::SameUntil(_) | Place::AvoidedUntil | Place::BlockLists => value.floor(),
            _ => value,
        }
    }
}

impl Rules {
    /// The prices above 0 and the limits that are declared.
    pub(crate) fn levers(&self) -> Vec<Lever> {
        let limits = &self.limits;
        let most = MOST.into_iter().map(|(key, at)| Lever::new(key, Place::Most(at)));
        let over_best = limits.rtt_over_best_ms.iter().map(|_| Lever::new("limit.rtt_over_best_ms", Place::OverBest));
        let numbers = limits.numbers.iter().enumerate();
        let numbers = numbers.map(|(at, (name, _))| Lever::new(format!("limit.number.{name}"), Place::Number(at)));
        let overlaps = limits.overlaps.iter().enumerate();
        let overlaps = overlaps
            .map(|(at, (set, _))| Lever::new(format!("limit.overlap.{}", self.sets[*set].0), Place::Overlap(at)));
        let same = limits.same_until_ms.iter().enumerate();
        let same = same.map(|(at, (name, _))| Lever::new(format!("limit.same_until_s.{name}"), Place::SameUntil(at)));
        let avoided = [Lever::new("limit.avoided_until_s", Place::AvoidedUntil)];
        let prices = PRICE_KEYS.into_iter().zip(PRICES).map(|(key, at)| Lever::new(key, Place::Price(at)));
        let all = most.chain(over_best).chain(numbers).chain(overlaps).chain(same).chain(avoided).chain(prices);
        all.filter(|lever| self.value(lever, 0) != lever.end()).collect()
    }

    /// What of a round trip is free, where the rest is not.
    pub(crate) fn free_levers(&self) -> Vec<Lever> {
        let free = FREE.into_iter().map(|(key, at)| Lever::new(key, Place::Free(at)));
        free.filter(|lever| self.prices.rtt > 0.0 && self.value(lever, 0) < lever.end()).collect()
    }

    /// The number when the oldest ticket of a match has this age, in its key's unit.
    pub(crate) fn value(&self, lever: &Lever, age_ms: u64) -> f64 {
        let limits = &self.limits;
        match lever.at {
            Place::Price(at) | Place::Free(at) => *at(&mut self.prices.clone()),
            Place::Most(at) => at(&mut limits.clone()).at_ms(age_ms),
            Place::OverBest => limits.rtt_over_best_ms.as_ref().map_or(f64::INFINITY, |ramp| ramp.at_ms(age_ms)),
            Place::Number(at) => limits.numbers[at].1.at_ms(age_ms),
            Place::Overlap(at) => limits.overlaps[at].1.at_ms(age_ms),
            Place::SameUntil(at) => seconds(limits.same_until_ms[at].1),
            Place::AvoidedUntil => seconds(limits.avoided_until_ms),
            Place::BlockLists => f64::from(u8::from(limits.keeps_blocks)),
        }
    }

    /// These rules with one number at `value`, at any age.
    pub(crate) fn with(&self, lever: &Lever, value: f64) -> Self {
        let mut rules = self.clone();
        let limits = &mut rules.limits;
        match lever.at {
            Place::Price(at) | Place::Free(at) => *at(&mut rules.prices) = value,
            Place::Most(at) => *at(limits) = Ramp::constant(value),
            Place::OverBest => limits.rtt_over_best_ms = Some(Ramp::constant(value)),
            Place::Number(at) => limits.numbers[at].1 = Ramp::constant(value),
            Place::Overlap(at) => limits.overlaps[at].1 = Ramp::constant(value),
            Place::SameUntil(at) => limits.same_until_ms[at].1 = milliseconds(value),
            Place::AvoidedUntil => limits.avoided_until_ms = milliseconds(value),
            Place::BlockLists => limits.keeps_blocks = value > 0.0,
        }
        rules
    }

    /// These rules for players who take any match that the limits allow.
    pub(crate) fn with_unlimited_patience(&self) -> Self {
        let mut rules = self.clone();
        rules.patience.unlimited_ms = 0;
        rules
    }

    /// These rules for players to whom waiting on is worth `more_s` seconds more, which an outlook must say too where there is one.
    pub(crate) fn with_more_patience(&self, more_s: f64) -> Self {
        let mut rules = self.clone();
        let patience = &mut rules.patience;
        patience.fixed_s = patience.fixed_s.map(|fixed_s| fixed_s + more_s);
        patience.least_s += more_s;
        patience.most_s += more_s;
        rules
    }
}

/// An age of all ages is endless.
fn seconds(until_ms: u64) -> f64 {
    if until_ms == u64::MAX { f64::INFINITY } else { until_ms as f64 / 1000.0 }
}

/// Endless saturates at all ages.
fn milliseconds(until_s: f64) -> u64 {
    (until_s * 1000.0) as u64
}

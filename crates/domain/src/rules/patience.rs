use super::Rules;
use crate::unit::Unit;
use crate::{Candidate, Outlook};

/// Far above what rounding makes of a sum of seconds, far below what anyone notices.
const ROUNDING_MS: f64 = 0.001;

/// How many seconds of imperfection a ticket accepts rather than wait on.
///
/// What waiting on is worth, which the outlook tells unless the file fixes it, then a straight line in what it has waited, and
/// without end from `unlimited_ms` on: past that age only the hard rules hold it back, so nobody starves.
#[derive(Debug, Clone)]
pub(super) struct Patience {
    /// What waiting on is worth, whatever the outlook.
    pub fixed_s: Option<f64>,
    /// Bounds on what an outlook may tell; without an outlook, the least is taken.
    pub least_s: f64,
    pub most_s: f64,
    /// Seconds of cost accepted on top for each second waited
    pub per_s: f64,
    /// beyond so many.
    pub after_s: f64,
    /// A try counts as so many seconds waited.
    pub seconds_per_try: f64,
    pub unlimited_ms: u64,
}

impl Patience {
    /// What a ticket has waited, its tries included, in seconds.
    pub fn waited_s(&self, age_ms: u64, tries: u32) -> f64 {
        age_ms as f64 / 1000.0 + self.seconds_per_try * f64::from(tries)
    }

    /// Seconds of cost accepted on top after `waited_s`, before patience becomes unlimited.
    pub fn growth_s(&self, waited_s: f64) -> f64 {
        self.per_s * (waited_s - self.after_s).max(0.0)
    }

    /// The most that a ticket may accept after `waited_s`, whatever the outlook; infinite where the file sets no bound.
    pub fn highest_s(&self, waited_s: f64) -> f64 {
        self.fixed_s.unwrap_or(self.most_s) + self.growth_s(waited_s)
    }
}

impl Rules {
    /// The highest cost that a ticket accepts, in seconds; infinite near the longest wait.
    pub fn patience_s(&self, candidate: &Candidate, outlook: &Outlook, now_ms: u64) -> f64 {
        Unit::new(0, candidate, self, outlook, now_ms).patience_s
    }

    /// The highest cost that a ticket accepts, in seconds; infinite near the longest wait.
    ///
    /// A match is worth making when its cost, a mean over its players, is at most the mean of its players' patience: what all
    /// of them together lose is then at most what all of them together would give. Whoever has waited long so lends a fresh
    /// partner a part of his patience, never all of it, until his own is unlimited.
    pub(crate) fn patience_of(&self, unit: &Unit<'_>, tries: u32, outlook: &Outlook, now_ms: u64) -> f64 {
        let age_ms = unit.age_ms(now_ms);
        if age_ms >= self.patience.unlimited_ms {
            return f64::INFINITY;
        }
        self.waiting_worth_s(unit, outlook) + self.patience.growth_s(self.patience.waited_s(age_ms, tries))
    }

    /// What waiting on is worth to a ticket, in seconds.
    fn waiting_worth_s(&self, unit: &Unit<'_>, outlook: &Outlook) -> f64 {
        let patience = &self.patience;
        let told = || {
            let role = self.sole_wish(unit);
            let worth_s = outlook.worth_s(self.region_name(unit.home()), role, unit.rating)?;
            Some(worth_s.max(patience.least_s).min(patience.most_s))
        };
        patience.fixed_s.or_else(told).unwrap_or(patience.least_s)
    }

    /// The role that a lone player wants most; empty for parties and where none is named.
    fn sole_wish(&self, unit: &Unit<'_>) -> &str {
        match unit.party.players() {
            [player] if !player.roles.is_empty() => {
                unit.wishes.first().and_then(|wishes| wishes.first()).map_or("", |role| self.roles()[*role].as_str())
            }
            _ => "",
        }
    }

    /// How long it takes until everyone accepts so many seconds more, in ms, as long as patience grows; none where waiting does not let it.
    pub(crate) fn patience_grows_in_ms(&self, more_s: f64) -> Option<u64> {
        let in_ms = more_s / self.patience.per_s * 1_000.0;
        // The highest number where it is more than one can hold. Where it is a whole number, what is then added up may lack the last bit.
        (in_ms.is_finite() && in_ms >= 0.0).then_some((in_ms + ROUNDING_MS).ceil() as u64)
    }

    /// Whether what waiting on is worth follows the queue's recent arrivals.
    pub fn follows_arrivals(&self) -> bool {
        self.patience.fixed_s.is_none()
    }
}

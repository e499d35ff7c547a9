//! What of a rule set binds.

use super::Rules;

/// A price above 0, or a limit that is declared.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// Its key in the rules file: `limit.rtt_ms`.
    pub key: String,
    /// For a fresh ticket, and for one that is about to expire; in the key's unit. Infinite where it binds nobody.
    pub first: f64,
    pub last: f64,
}

impl Rules {
    /// All that is priced or limited, limits first.
    pub fn terms(&self) -> Vec<Term> {
        let term = |lever| {
            let [first, last] = [0, self.longest_wait_ms].map(|age_ms| self.value(&lever, age_ms));
            Term { key: lever.key, first, last }
        };
        // Whom players avoid binds without being declared.
        let is_declared = |term: &Term| term.key != "limit.avoided_until_s" || term.first.is_finite();
        self.levers().into_iter().map(term).filter(is_declared).collect()
    }
}

//! Names from outside as values of labels: few enough that neither this process nor whoever stores its metrics grows with them.

use parking_lot::RwLock;
use std::collections::HashSet;

/// What every name beyond the bound is told as. No queue or region should have this name.
pub const OTHER: &str = "other";

/// The names that are told apart: those that were met first.
#[derive(Debug)]
pub struct Names {
    max: usize,
    known: RwLock<HashSet<&'static str>>,
}

impl Names {
    pub fn new(max: usize) -> Self {
        Self { max, known: RwLock::default() }
    }

    /// The name itself, or [`OTHER`] once `max` others are known.
    pub fn get(&self, name: &str) -> &'static str {
        let known = self.known.read().get(name).copied();
        known.unwrap_or_else(|| self.meet(name))
    }

    fn meet(&self, name: &str) -> &'static str {
        let mut known = self.known.write();
        if let Some(met) = known.get(name) {
            return met;
        }
        if known.len() >= self.max {
            return OTHER;
        }
        // Kept for good: at most `max` of them.
        let kept: &'static str = Box::leak(name.into());
        known.insert(kept);
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beyond_the_bound_are_told_as_one_and_those_before_stay() {
        let names = Names::new(2);
        let told = ["duel", "teams", "royale", "duel", "chess"].map(|name| names.get(name));
        assert_eq!(told, ["duel", "teams", OTHER, "duel", OTHER]);
    }
}

//! What a rule set says that cannot come about. Such rules are used as they stand; their writer hardly meant them so.
//!
//! Only what follows from the rules themselves is doubted, whoever may queue: nothing here is a matter of taste. Ages are those of
//! tickets in this queue alone; one that stands in others too waits as long as the longest of them lets it.

mod idle;
mod late;
mod never;
mod parts;

use super::Rules;
use super::tree::Key;

/// Something in a rule set that cannot come about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    pub kind: DoubtKind,
    /// One sentence with the numbers that it follows from.
    pub told: String,
    pub(super) key: Key,
}

/// What players will notice of it, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DoubtKind {
    /// No match can ever be made.
    NeverMatches,
    /// Some who may queue can never be matched.
    SomeNeverMatch,
    /// Matches are made later than they could be, or may come too late.
    MatchesLate,
    /// A key, or a part of its value, changes nothing.
    NoEffect,
}

impl DoubtKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NeverMatches => "never_matches",
            Self::SomeNeverMatch => "some_never_match",
            Self::MatchesLate => "matches_late",
            Self::NoEffect => "no_effect",
        }
    }
}

impl Doubt {
    fn new(kind: DoubtKind, key: Key, told: impl Into<String>) -> Self {
        Self { kind, key, told: told.into() }
    }

    /// The key of the rules file that it is about: `limit.overlap.maps`. The file may have left it to its default.
    pub fn key(&self) -> String {
        self.key.to_string()
    }
}

impl Rules {
    /// What of these rules cannot come about, the worst first; nothing for rules that mean what they say.
    pub fn doubts(&self) -> Vec<Doubt> {
        let mut doubts = [self.never_matching(), self.late_matching(), self.idle_prices(), self.idle_bounds()].concat();
        doubts.extend([self.idle_names(), self.idle_patience(), self.unreached_parts()].concat());
        doubts.sort_by_key(|doubt| doubt.kind);
        doubts
    }

    /// The highest age at which a ticket can be matched: a moment later it expires.
    fn last_age_ms(&self) -> u64 {
        self.longest_wait_ms.saturating_sub(1)
    }

    fn longest_wait_s(&self) -> f64 {
        seconds(self.longest_wait_ms)
    }

    /// From this age on a ticket takes any match that the limits allow.
    fn unlimited_s(&self) -> f64 {
        seconds(self.patience.unlimited_ms)
    }

    /// The most that a ticket without tries accepts before it takes any match, in seconds; infinite where the file sets no bound, or
    /// where it takes any at once.
    fn highest_patience_s(&self) -> f64 {
        let patience = &self.patience;
        if patience.unlimited_ms == 0 {
            return f64::INFINITY;
        }
        // While no arrivals are known the least is accepted, even where it is above the most.
        let worth_s = patience.fixed_s.unwrap_or(patience.most_s.max(patience.least_s));
        worth_s + patience.growth_s(self.unlimited_s())
    }

    /// Each size of party that may queue although no team has room for its like on the other side, with by how many players it exceeds
    /// the largest that can face it.
    fn unequal_parties(&self) -> impl Iterator<Item = (usize, usize)> {
        let (smallest, largest) = self.extreme_teams();
        (smallest + 1..=largest).map(move |size| (size, size - smallest))
    }

    fn extreme_teams(&self) -> (usize, usize) {
        let sizes = || self.team_sizes.iter().copied();
        (sizes().min().unwrap_or(0), sizes().max().unwrap_or(0))
    }
}

fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}

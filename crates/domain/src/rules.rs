//! What a queue's designer declares. See `rules/README.md` for every key.

mod admit;
mod check;
mod file;
mod judge;
mod look;
mod parse;
mod patience;
mod ramp;
mod ratings;
mod round_trip;
mod set;

pub use check::Violation;
pub(crate) use judge::{Breach, Verdict, rule};
pub use look::{Look, Placement};
pub use set::RuleSet;

use crate::{QueueName, RegionName, RoleName, RulesVersion};
use look::Reach;
use patience::Patience;
use ramp::Ramp;

/// The rules of one queue.
#[derive(Debug, Clone)]
pub struct Rules {
    version: RulesVersion,
    queue: QueueName,
    team_sizes: Vec<usize>,
    longest_wait_ms: u64,
    longest_match_ms: u64,
    regions: Vec<RegionName>,
    roles: Vec<RoleName>,
    equal: Vec<String>,
    prices: Prices,
    limits: Limits,
    patience: Patience,
    reach: Reach,
}

/// What imperfections cost, in seconds of waiting.
#[derive(Debug, Clone)]
struct Prices {
    /// For each rating point between the highest and the lowest team mean.
    rating_gap: f64,
    /// For each rating point of standard deviation among the match's players.
    rating_spread: f64,
    /// For each millisecond of a player's round trip above `rtt_free_ms`, averaged over the players.
    rtt: f64,
    rtt_free_ms: f64,
}

/// Hard requirements, relaxed by the age of the oldest ticket; infinite where none is declared.
#[derive(Debug, Clone)]
struct Limits {
    /// Most rating points between the highest and the lowest team mean.
    rating_gap: Ramp,
    /// Most rating points between the best and the weakest player.
    rating_range: Ramp,
    /// Longest round trip of any player to the match's region, in milliseconds.
    rtt_ms: Ramp,
}

/// Why a rules file cannot be used: one line that names the file's place and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RulesError(pub String);

impl Rules {
    /// Names this content: the file's values with defaults filled in. Comments, spacing and the order of keys do not change it.
    pub fn version(&self) -> RulesVersion {
        self.version
    }

    pub fn queue(&self) -> &QueueName {
        &self.queue
    }

    /// Players on each team: at least one team, at least one player in each, at most 100 in all.
    pub fn team_sizes(&self) -> &[usize] {
        &self.team_sizes
    }

    /// Longest time a ticket waits before it expires, in ms.
    pub fn longest_wait_ms(&self) -> u64 {
        self.longest_wait_ms
    }

    /// Longest time a match runs before it is ended for its host, in ms.
    pub fn longest_match_ms(&self) -> u64 {
        self.longest_match_ms
    }

    /// The regions in which matches can be played, as declared; none when the queue does not ask.
    pub fn regions(&self) -> &[RegionName] {
        &self.regions
    }

    /// Players in one match, 1 to 100.
    pub(crate) fn seats(&self) -> usize {
        self.team_sizes.iter().sum()
    }

    /// Whether each team is one player: then every difference in rating is a gap between teams.
    pub(crate) fn is_solo(&self) -> bool {
        self.team_sizes.iter().all(|size| *size == 1)
    }
}

//! What a queue's designer declares. See `rules/README.md` for every key.

mod admit;
mod attributes;
mod build;
mod check;
mod common;
mod company;
mod contradictions;
mod doubts;
mod file;
mod judge;
mod limits;
mod look;
mod measure;
mod mistake;
mod parse;
mod patience;
mod prices;
mod ramp;
mod relaxed;
mod review;
mod roles;
mod round_trip;
mod set;
mod terms;
mod tree;

pub use check::{Appraisal, Violation};
pub(crate) use common::Common;
pub use doubts::{Doubt, DoubtKind};
pub(crate) use judge::{Breach, PATIENCE_S_MAX, Verdict, rule};
pub use look::{Look, Placement};
pub(crate) use measure::Team;
pub use mistake::{Mistake, Place};
pub(crate) use ramp::first_that;
pub(crate) use relaxed::Lever;
pub use review::Review;
pub(crate) use roles::Seating;
pub use set::{EARLIER_VERSIONS_MAX, EARLIER_VERSIONS_OF_ALL_MAX, RuleSet, RulesChange};
pub use terms::Term;

use crate::{QueueName, RegionName, RoleName, RulesVersion};
use limits::Limits;
use look::Reach;
use patience::Patience;
use prices::Prices;
use roles::Roles;

/// The rules of one queue.
#[derive(Debug, Clone)]
pub struct Rules {
    version: RulesVersion,
    queue: QueueName,
    team_sizes: Vec<usize>,
    longest_wait_ms: u64,
    longest_match_ms: u64,
    acknowledge_within_ms: Option<u64>,
    regions: Vec<RegionName>,
    /// Places in `regions`, in the order of their names.
    regions_by_name: Vec<usize>,
    roles: Roles,
    equal: Vec<String>,
    /// Set attributes and the members that they may have, at most 64 each.
    sets: Vec<(String, Vec<String>)>,
    /// Rating points at which the better of two wins ten games of eleven.
    rating_scale: f64,
    prices: Prices,
    limits: Limits,
    patience: Patience,
    reach: Reach,
}

/// Why a rules file cannot be used: one line that names place and key, and says what to do.
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

    /// Rating points, above 0, at which the better of two wins ten games of eleven.
    pub fn rating_scale(&self) -> f64 {
        self.rating_scale
    }

    /// Players on each team: at least one team, at least one player in each, at most 100 in all.
    pub fn team_sizes(&self) -> &[usize] {
        &self.team_sizes
    }

    /// Longest time a ticket waits before it expires, in ms.
    pub fn longest_wait_ms(&self) -> u64 {
        self.longest_wait_ms
    }

    /// From this age on, in ms, a ticket takes any match that the limits allow.
    pub fn unlimited_ms(&self) -> u64 {
        self.patience.unlimited_ms
    }

    /// Longest time a match runs before it is ended for its host, in ms.
    pub fn longest_match_ms(&self) -> u64 {
        self.longest_match_ms
    }

    /// Within what time all players of a match must acknowledge it once it has a place to be played, in ms; none when they need not.
    pub fn acknowledge_within_ms(&self) -> Option<u64> {
        self.acknowledge_within_ms
    }

    /// The regions in which matches can be played, as declared; none when the queue does not ask.
    pub fn regions(&self) -> &[RegionName] {
        &self.regions
    }

    /// The roles that players may name; none when the queue does not ask.
    pub fn roles(&self) -> &[RoleName] {
        &self.roles.names
    }

    /// These rules with every price times `factor`, under the version of the originals: for looking at what prices do.
    #[must_use]
    pub fn with_prices_scaled(&self, factor: f64) -> Self {
        Self { prices: self.prices.scaled(factor), ..self.clone() }
    }

    /// Whether this is one against one.
    pub(crate) fn is_duel(&self) -> bool {
        self.team_sizes == [1, 1]
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

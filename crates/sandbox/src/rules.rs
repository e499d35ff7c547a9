//! Where rules come from: those that come with Muster, or files, which are followed while services run.

mod files;
mod follower;

pub use files::{RulesFileError, load_rules, rules_text, rules_texts};
pub use follower::{Polled, RULES_POLL, RulesFollower};

use domain::{RuleSet, Rules, RulesError};

/// The rules of the two queues that come with Muster: `duel` and `teams-5v5`.
const BUILT_IN: [&str; 2] = [include_str!("../../../rules/duel.toml"), include_str!("../../../rules/teams-5v5.toml")];

/// The rules that come with Muster.
pub fn built_in_rules() -> Result<RuleSet, RulesError> {
    RuleSet::try_new(BUILT_IN.into_iter().map(Rules::parse).collect::<Result<_, _>>()?)
}

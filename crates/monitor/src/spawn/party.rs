//! Whom a page wishes for, as a request to be matched.

use api::v1::{EnqueueRequest, Player};
use domain::limits::PARTY_PLAYERS_MAX;
use domain::{QueueName, RuleSet, Rules};
use rand::RngExt;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Round-trip times of a spawned player to his own region and to the others, in ms.
const RTT_HOME_MS: std::ops::Range<u32> = 10..40;
const RTT_AWAY_MS: std::ops::Range<u32> = 60..160;

/// One party, or each of many.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    pub queue: String,
    /// In rating points.
    pub rating: f64,
    /// How far ratings lie around it, in rating points: most within it, none beyond three times as much.
    #[serde(default)]
    pub spread: f64,
    /// Players in the party.
    #[serde(default = "one")]
    pub size: usize,
    /// The home region; empty: any.
    #[serde(default)]
    pub region: String,
}

/// One line that says what to wish instead.
#[derive(Debug)]
pub struct WishError(pub String);

fn one() -> usize {
    1
}

impl Wish {
    /// Another party at each call. The service itself checks what is not checked here.
    pub fn request(&self, rules: &RuleSet) -> Result<EnqueueRequest, WishError> {
        let rules = self.rules(rules)?;
        let largest = rules.team_sizes().iter().max().copied().unwrap_or(1).min(PARTY_PLAYERS_MAX);
        if !(1..=largest).contains(&self.size) {
            return Err(WishError(format!(
                "size: must lie within 1 and {largest} in `{}`, is {}",
                self.queue, self.size
            )));
        }
        if !(0.0..=10_000.0).contains(&self.spread) {
            return Err(WishError(format!("spread: must lie within 0 and 10000, is {}", self.spread)));
        }
        let home = self.home(rules);
        let players = (0..self.size).map(|_| self.player(rules, &home)).collect();
        let client_key = uuid::Uuid::new_v4().to_string();
        Ok(EnqueueRequest { queues: vec![self.queue.clone()], players, client_key, ..Default::default() })
    }

    fn rules<'a>(&self, rules: &'a RuleSet) -> Result<&'a Rules, WishError> {
        let known = QueueName::parse("queue", &self.queue).ok().and_then(|queue| rules.get(&queue));
        known.map(|rules| &**rules).ok_or_else(|| WishError(format!("queue: no rules of `{}` here", self.queue)))
    }

    fn home(&self, rules: &Rules) -> String {
        let regions = rules.regions();
        let any = || regions.get(rand::rng().random_range(0..regions.len().max(1)));
        let named = regions.iter().find(|region| region.as_str() == self.region);
        named.or_else(any).map(ToString::to_string).unwrap_or_default()
    }

    fn player(&self, rules: &Rules, home: &str) -> Player {
        let mut random = rand::rng();
        // The sum of three is near enough to a bell curve.
        let offset: f64 = (0..3).map(|_| random.random_range(-1.0..1.0) * self.spread).sum();
        let mut rtt_ms = |region: &str| random.random_range(if region == home { RTT_HOME_MS } else { RTT_AWAY_MS });
        let rtt_ms: BTreeMap<String, u32> =
            rules.regions().iter().map(|region| (region.to_string(), rtt_ms(region.as_str()))).collect();
        let unique = uuid::Uuid::new_v4().simple().to_string();
        Player { id: format!("guest-{}", &unique[..8]), rating: self.rating + offset, rtt_ms, ..Default::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> RuleSet {
        let text = include_str!("../../../../rules/teams-5v5.toml");
        RuleSet::try_new(vec![Rules::parse(text).unwrap()]).unwrap()
    }

    fn wish(size: usize) -> Wish {
        Wish { queue: "teams-5v5".to_owned(), rating: 1500.0, spread: 100.0, size, region: String::new() }
    }

    #[test]
    fn each_party_is_of_other_players_near_the_rating_that_was_wished_for() {
        let requests = [wish(5), wish(5)].map(|wish| wish.request(&rules()).unwrap());
        let [a, b] = requests.map(|request| request.players);
        assert_eq!((a.len(), b.len()), (5, 5));
        assert!(a.iter().all(|player| (1200.0..=1800.0).contains(&player.rating)), "{a:?}");
        assert!(a.iter().all(|player| b.iter().all(|other| other.id != player.id)));
    }

    #[test]
    fn a_party_larger_than_a_team_is_refused_with_the_bound() {
        let refused = wish(6).request(&rules()).unwrap_err();
        assert_eq!(refused.0, "size: must lie within 1 and 5 in `teams-5v5`, is 6");
    }
}

//! Where a match is played, and what the way there costs.

use super::{Breach, Rules, rule};
use crate::limits::RTT_MS_MAX;
use crate::unit::{Leg, Unit};
use crate::{Player, RegionName};

impl Rules {
    /// The region with the least mean excess in ms among those that are within `limit_ms` for everybody.
    pub(super) fn cheapest_region(
        &self,
        teams: &[&[&Unit]],
        players: f64,
        limit_ms: f64,
    ) -> Result<(usize, f64), Breach> {
        let mut best = None;
        let mut least_worst_ms = f64::INFINITY;
        for region in 0..self.region_count() {
            let (mut excess_ms, mut worst_ms) = (0.0, 0.0f64);
            for unit in teams.iter().copied().flatten() {
                excess_ms += unit.legs[region].excess_ms;
                worst_ms = worst_ms.max(unit.legs[region].worst_ms);
            }
            least_worst_ms = least_worst_ms.min(worst_ms);
            if worst_ms <= limit_ms && best.is_none_or(|(_, least_ms)| excess_ms < least_ms) {
                best = Some((region, excess_ms));
            }
        }
        let breach = Breach { rule: rule::RTT_LIMIT, is: least_worst_ms, may_be: limit_ms };
        best.map(|(region, excess_ms)| (region, excess_ms / players)).ok_or(breach)
    }

    /// Longest round trip allowed when the oldest ticket has this age, in ms.
    pub(crate) fn rtt_limit_ms(&self, age_ms: u64) -> f64 {
        self.limits.rtt_ms.at_ms(age_ms)
    }

    /// What a mean excess of round trip costs, in seconds.
    pub(crate) fn rtt_price_s(&self, excess_ms: f64) -> f64 {
        self.prices.rtt * excess_ms
    }

    /// Regions to choose from; a queue that knows none has one without a name.
    pub(crate) fn region_count(&self) -> usize {
        self.regions.len().max(1)
    }

    pub(crate) fn region_name(&self, region: usize) -> &str {
        self.regions.get(region).map_or("", RegionName::as_str)
    }

    /// A player's round trip to a region, in ms. One who reported none at all is taken to be near everywhere: nothing is
    /// known against any region. One who left this region out of his report is taken to be as far as can be.
    pub(super) fn rtt_ms(&self, player: &Player, region: &RegionName) -> f64 {
        match player.rtt_ms.get(region) {
            Some(rtt_ms) => f64::from(*rtt_ms),
            None if player.rtt_ms.is_empty() => 0.0,
            None => f64::from(RTT_MS_MAX),
        }
    }

    /// How far beyond the free part a round trip is, in ms.
    fn excess_ms(&self, rtt_ms: f64) -> f64 {
        (rtt_ms - self.prices.rtt_free_ms).max(0.0)
    }

    pub(crate) fn legs_of(&self, players: &[Player]) -> Vec<Leg> {
        if self.regions.is_empty() {
            return vec![Leg::default()];
        }
        self.regions.iter().map(|region| self.leg(players, region)).collect()
    }

    fn leg(&self, players: &[Player], region: &RegionName) -> Leg {
        let mut leg = Leg::default();
        for player in players {
            let rtt_ms = self.rtt_ms(player, region);
            leg.excess_ms += self.excess_ms(rtt_ms);
            leg.worst_ms = leg.worst_ms.max(rtt_ms);
        }
        leg
    }
}

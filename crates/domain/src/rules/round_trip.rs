//! Where a match is played, and what the way there costs.

use super::{Breach, Rules, rule};
use crate::limits::RTT_MS_MAX;
use crate::unit::{Leg, Unit};
use crate::{Player, RegionName};

/// A region in which a match may be played.
pub(super) struct Played {
    pub at: usize,
    /// Round trip that is not free, in ms, the mean over the players.
    pub excess_ms: f64,
    /// Between the longest and the shortest round trip, in ms.
    pub difference_ms: f64,
}

impl Rules {
    /// The cheapest of the regions that everybody may play in when the oldest ticket has waited `age_ms`.
    pub(super) fn cheapest_region(&self, teams: &[&[&Unit<'_>]], players: f64, age_ms: u64) -> Result<Played, Breach> {
        let legs = |at: usize| teams.iter().copied().flatten().map(move |unit| &unit.legs[at]);
        let is_allowed = |at: &usize| legs(*at).all(|leg| leg.allowed_age_ms <= age_ms);
        let mut best: Option<(f64, Played)> = None;
        for at in (0..self.region_count()).filter(is_allowed) {
            let all = Leg::of_all(legs(at));
            let (excess_ms, difference_ms) = (all.excess_ms / players, all.difference_ms());
            let cost_s = self.prices.region_s(excess_ms, difference_ms);
            if best.as_ref().is_none_or(|(least_s, _)| cost_s < *least_s) {
                best = Some((cost_s, Played { at, excess_ms, difference_ms }));
            }
        }
        best.map(|(_, played)| played).ok_or_else(|| {
            let worst_ms = (0..self.region_count()).map(|at| Leg::of_all(legs(at)).worst_ms);
            let bound = self.limits.rtt_ms.at_ms(age_ms);
            Breach { rule: rule::RTT_LIMIT, is: worst_ms.fold(f64::INFINITY, f64::min), bound, is_least: false }
        })
    }

    /// What a mean round trip that is not free costs, in seconds.
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

    /// A player's round trip to each region, in ms. One who reported none at all is taken to be near everywhere: nothing is
    /// known against any region. One who left a region out of his report is taken to be as far from it as can be.
    pub(super) fn rtts_ms(&self, player: &Player) -> Vec<f64> {
        let unreported_ms = if player.rtt_ms.is_empty() { 0.0 } else { f64::from(RTT_MS_MAX) };
        let mut rtts_ms = vec![unreported_ms; self.regions.len()];
        // Both are in the order of names, so one pass finds all.
        let mut asked = self.regions_by_name.as_slice();
        for (name, rtt_ms) in &player.rtt_ms {
            while let Some((at, later)) = asked.split_first() {
                let order = self.regions[*at].cmp(name);
                if order.is_gt() {
                    break;
                }
                asked = later;
                if order.is_eq() {
                    rtts_ms[*at] = f64::from(*rtt_ms);
                    break;
                }
            }
        }
        rtts_ms
    }

    pub(crate) fn legs_of(&self, players: &[Player]) -> Vec<Leg> {
        if self.regions.is_empty() {
            return vec![Leg::default()];
        }
        let mut legs = vec![Leg::default(); self.regions.len()];
        for player in players.iter().filter(|player| !player.rtt_ms.is_empty()) {
            let rtts_ms = self.rtts_ms(player);
            let best_ms = rtts_ms.iter().copied().fold(f64::INFINITY, f64::min);
            for (leg, rtt_ms) in legs.iter_mut().zip(rtts_ms) {
                leg.add(&self.leg(rtt_ms, best_ms));
            }
        }
        legs
    }

    /// One player's way of `rtt_ms`, when his best is `best_ms`.
    fn leg(&self, rtt_ms: f64, best_ms: f64) -> Leg {
        let free_ms = self.prices.rtt_free_ms.max(best_ms + self.prices.rtt_free_over_best_ms);
        let limits = &self.limits;
        let allowed = limits.rtt_ms.reaches_ms(rtt_ms);
        let over_best = limits.rtt_over_best_ms.as_ref().filter(|_| allowed != Some(0));
        let over_best = over_best.and_then(|ramp| ramp.reaches_ms(rtt_ms - best_ms));
        Leg {
            rtt_ms,
            excess_ms: (rtt_ms - free_ms).max(0.0),
            worst_ms: rtt_ms,
            best_ms: rtt_ms,
            allowed_age_ms: allowed.into_iter().chain(over_best).min().unwrap_or(u64::MAX),
        }
    }
}

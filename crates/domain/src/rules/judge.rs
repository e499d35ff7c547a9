//! The judgement of one match: what it costs, and which hard limit it breaks.

use super::Rules;
use crate::limits::RTT_MS_MAX;
use crate::unit::{Leg, Unit};
use crate::{Player, RegionName};

/// Names of the rules, as they stand in violations and rejections.
pub(crate) mod rule {
    pub const TEAM_SIZES: &str = "team_sizes";
    pub const TWICE: &str = "twice";
    pub const EQUAL: &str = "equal";
    pub const RATING_GAP_LIMIT: &str = "rating_gap_limit";
    pub const RATING_RANGE_LIMIT: &str = "rating_range_limit";
    pub const RTT_LIMIT: &str = "rtt_limit";
    /// Possible, but not worth making yet.
    pub const PATIENCE: &str = "patience";
    /// Nobody, or no set of whole parties, fills the teams exactly.
    pub const TEAM_FILL: &str = "team_fill";
}

/// A match that the hard limits allow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Verdict {
    /// Mean over the players, in seconds.
    pub cost_s: f64,
    /// Mean over the players, in seconds; infinite as soon as one of them takes any match.
    pub patience_s: f64,
    /// Index of the cheapest allowed region.
    pub region: usize,
}

impl Verdict {
    pub fn is_worth_making(&self) -> bool {
        self.cost_s <= self.patience_s
    }
}

/// A hard limit that a match breaks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Breach {
    pub rule: &'static str,
    pub is: f64,
    pub may_be: f64,
}

impl Rules {
    /// Judges teams that are complete, of one pool, and hold nobody twice.
    pub(crate) fn judge(&self, teams: &[&[&Unit]], now_ms: u64) -> Result<Verdict, Breach> {
        let ratings = Ratings::of(teams);
        let age_ms = now_ms.saturating_sub(ratings.queued_ms);
        within(rule::RATING_GAP_LIMIT, ratings.gap, self.limits.rating_gap.at_ms(age_ms))?;
        within(rule::RATING_RANGE_LIMIT, ratings.high - ratings.low, self.limits.rating_range.at_ms(age_ms))?;
        let (region, excess_ms) = self.cheapest_region(teams, ratings.players, self.limits.rtt_ms.at_ms(age_ms))?;
        let prices = &self.prices;
        let cost_s =
            prices.rating_gap * ratings.gap + prices.rating_spread * ratings.deviation() + prices.rtt * excess_ms;
        Ok(Verdict { cost_s, patience_s: ratings.patience_s / ratings.players, region })
    }

    /// The region with the least mean excess in ms among those that are within `limit_ms` for everybody.
    fn cheapest_region(&self, teams: &[&[&Unit]], players: f64, limit_ms: f64) -> Result<(usize, f64), Breach> {
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

    /// Longest round trip allowed when the oldest ticket has this age, in ms.
    pub(crate) fn rtt_limit_ms(&self, age_ms: u64) -> f64 {
        self.limits.rtt_ms.at_ms(age_ms)
    }

    /// Most rating points between any two players when the oldest ticket has this age.
    pub(crate) fn rating_range_limit(&self, age_ms: u64) -> f64 {
        self.limits.rating_range.at_ms(age_ms)
    }

    /// How far beyond the free part a round trip is, in ms.
    pub(crate) fn excess_ms(&self, rtt_ms: f64) -> f64 {
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

fn within(rule: &'static str, is: f64, may_be: f64) -> Result<(), Breach> {
    if is <= may_be { Ok(()) } else { Err(Breach { rule, is, may_be }) }
}

/// What a judgement needs to know of the ratings, gathered in one pass.
struct Ratings {
    players: f64,
    sum: f64,
    sum_sq: f64,
    low: f64,
    high: f64,
    /// Between the highest and the lowest team mean.
    gap: f64,
    /// Summed over the players.
    patience_s: f64,
    /// When the oldest ticket was queued.
    queued_ms: u64,
}

impl Ratings {
    fn of(teams: &[&[&Unit]]) -> Self {
        let (low, high) = (f64::INFINITY, f64::NEG_INFINITY);
        let mut all =
            Self { players: 0.0, sum: 0.0, sum_sq: 0.0, low, high, gap: 0.0, patience_s: 0.0, queued_ms: u64::MAX };
        let (mut mean_low, mut mean_high) = (low, high);
        for team in teams {
            let (mut players, mut sum) = (0.0, 0.0);
            for unit in *team {
                players += unit.players();
                sum += unit.rating_sum;
                all.add(unit);
            }
            mean_low = mean_low.min(sum / players);
            mean_high = mean_high.max(sum / players);
            all.players += players;
            all.sum += sum;
        }
        all.gap = mean_high - mean_low;
        all
    }

    fn add(&mut self, unit: &Unit) {
        self.sum_sq += unit.rating_sum_sq;
        self.low = self.low.min(unit.low);
        self.high = self.high.max(unit.high);
        self.patience_s += unit.patience_s * unit.players();
        self.queued_ms = self.queued_ms.min(unit.queued_ms);
    }

    /// Population standard deviation of the players' ratings.
    fn deviation(&self) -> f64 {
        let mean = self.sum / self.players;
        // Rounding can leave a variance of almost nothing below zero.
        (self.sum_sq / self.players - mean * mean).max(0.0).sqrt()
    }
}

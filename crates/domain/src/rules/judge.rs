//! The judgement of one match: what it costs, and which hard limit it breaks.

use super::Rules;
use super::ratings::Ratings;
use crate::unit::Unit;

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
    /// Not looked at: the search had taken all its steps for older tickets.
    pub const BUDGET: &str = "budget";
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

    /// Most rating points between any two players when the oldest ticket has this age.
    pub(crate) fn rating_range_limit(&self, age_ms: u64) -> f64 {
        self.limits.rating_range.at_ms(age_ms)
    }

    /// What two players this many rating points apart cost each other at least, in seconds. The standard deviation of two
    /// ratings is half their distance.
    pub(crate) fn pair_price_s(&self, gap: f64) -> f64 {
        (self.prices.rating_gap + self.prices.rating_spread / 2.0) * gap
    }

    /// How ill a party suits another as company in a team match: an order to gather in, not a cost.
    pub(crate) fn company_price_s(&self, rating_gap: f64, excess_ms: f64) -> f64 {
        (self.prices.rating_spread + self.prices.rating_gap / self.seats() as f64) * rating_gap
            + self.rtt_price_s(excess_ms)
    }
}

fn within(rule: &'static str, is: f64, may_be: f64) -> Result<(), Breach> {
    if is <= may_be { Ok(()) } else { Err(Breach { rule, is, may_be }) }
}

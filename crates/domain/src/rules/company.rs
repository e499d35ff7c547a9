//! How well two tickets suit each other before there is a match: an order to gather in, and what an outlook is worked out from.

use super::Rules;
use super::measure::Measures;
use crate::unit::Unit;

impl Rules {
    /// What the distance costs two players this many rating points apart when they are a match, apart from what it means for who
    /// wins, in seconds. The standard deviation of two ratings is half their distance.
    pub(crate) fn pair_price_s(&self, gap: f64) -> f64 {
        (self.prices.rating_gap + self.prices.rating_spread / 2.0) * gap
    }

    /// What two players this many rating points apart cost each other at least when they are a match, in seconds, if neither's
    /// rating deviation squared is more than this.
    pub(crate) fn least_pair_s(&self, gap: f64, deviation_sq: f64) -> f64 {
        let wins_s = || self.prices.win_probability_s(self.expected_wins(gap, 2.0 * deviation_sq));
        self.pair_price_s(gap) + if self.prices.win_probability > 0.0 { wins_s() } else { 0.0 }
    }

    /// What a match so measured costs at least where its players' round trips that are not free sum up to `excess_ms`, in seconds.
    pub(crate) fn least_cost_s(&self, measures: &Measures, excess_ms: f64) -> f64 {
        self.prices.cost_s(&Measures { rtt_excess_ms: excess_ms / measures.players, ..*measures })
    }

    /// Whether a match is a pair of players whose cost is a price for each point between them and nothing else.
    pub(crate) fn is_linear_pair(&self) -> bool {
        self.is_duel() && self.prices.is_linear()
    }

    /// Whether it matters for roles which team is which.
    pub(crate) fn seats_differ(&self) -> bool {
        self.roles.seats.windows(2).any(|seats| seats[0] != seats[1])
    }

    /// Whether two teams seat as many of each role; so they do where the queue does not ask for roles.
    pub(crate) fn seats_alike(&self, a: usize, b: usize) -> bool {
        self.roles.seats.get(a) == self.roles.seats.get(b)
    }

    /// How ill a party suits another as company in a team match, in seconds.
    ///
    /// Players spread evenly over a band that ends at this distance have a standard deviation of 1/√3 of it. A gap between the
    /// teams is made up for by seating, all but a seat's part.
    pub(crate) fn company_price_s(&self, rating_gap: f64, excess_ms: f64) -> f64 {
        (self.prices.rating_spread / 3f64.sqrt() + self.prices.rating_gap / self.seats() as f64) * rating_gap
            + self.rtt_price_s(excess_ms)
    }

    /// What a match of two parties' like costs its players on average, in seconds; none where the limits for new tickets keep them
    /// apart.
    pub(crate) fn company_s(&self, unit: &Unit<'_>, other: &Unit<'_>) -> Option<f64> {
        if self.is_duel() {
            return self.judge(&[&[unit], &[other]], 0).ok().map(|verdict| verdict.cost_s);
        }
        let players = unit.players() + other.players();
        let legs = unit.legs.iter().zip(&other.legs).filter(|(a, b)| a.allowed_age_ms.max(b.allowed_age_ms) == 0);
        let excess_ms = legs.map(|(a, b)| (a.excess_ms + b.excess_ms) / players).reduce(f64::min)?;
        Some(self.company_price_s((unit.rating - other.rating).abs(), excess_ms))
    }

    /// Whether parties of unequal size in the teams cost something or are bounded.
    pub(crate) fn minds_party_sizes(&self) -> bool {
        self.team_sizes.len() > 1 && (self.prices.party_size > 0.0 || self.limits.party_size.at_ms(0).is_finite())
    }

    /// The share of a match's seats that are for this role.
    pub(crate) fn share_of_seats(&self, role: usize) -> f64 {
        self.roles.seats.iter().map(|seats| seats[role]).sum::<usize>() as f64 / self.seats() as f64
    }
}

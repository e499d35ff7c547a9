//! What is measured of a match: the one place where teams turn into numbers. Limits bound them, prices weigh them.

use super::Rules;
use crate::unit::Unit;

/// A match in numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measures {
    pub players: f64,
    /// Between the highest and the lowest team mean, in rating points.
    pub rating_gap: f64,
    /// How often the team with the highest mean is expected to beat the one with the lowest, 0.5 to 1.
    pub win_probability: f64,
    /// Population standard deviation of the players' ratings, in rating points.
    pub rating_spread: f64,
    /// Players in roles that they did not name.
    pub off_roles: f64,
    /// Players by which the largest party of one team exceeds that of another.
    pub party_difference: f64,
    /// Players who meet someone of their last matches.
    pub rematches: f64,
    /// Round trip to the match's region that is not free, in ms, the mean over the players.
    pub rtt_excess_ms: f64,
    /// Between the longest and the shortest round trip to the match's region, in ms.
    pub rtt_difference_ms: f64,
    /// Mean over the players, in seconds; infinite as soon as one of them takes any match.
    pub patience_s: f64,
}

/// A team's sums over its players.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Team {
    players: f64,
    rating_sum: f64,
    rating_sum_sq: f64,
    deviation_sq_sum: f64,
    patience_s: f64,
    largest_party: usize,
}

impl Rules {
    /// Measures everything but the region, the roles and who met whom, which take more than sums.
    pub(crate) fn measure_teams(&self, teams: impl Iterator<Item = Team>) -> Measures {
        let (mut low, mut high) = (None::<Team>, None::<Team>);
        let (mut all, mut least_party) = (Team::default(), usize::MAX);
        for team in teams {
            least_party = least_party.min(team.largest_party);
            low = low.filter(|low| low.mean() <= team.mean()).or(Some(team));
            high = high.filter(|high| high.mean() >= team.mean()).or(Some(team));
            all.join(&team);
        }
        let (low, high) = (low.unwrap_or_default(), high.unwrap_or_default());
        let rating_gap = high.mean() - low.mean();
        Measures {
            players: all.players,
            rating_gap,
            win_probability: self.expected_wins(rating_gap, high.mean_variance() + low.mean_variance()),
            rating_spread: all.spread(),
            off_roles: 0.0,
            party_difference: (all.largest_party - least_party.min(all.largest_party)) as f64,
            rematches: 0.0,
            rtt_excess_ms: 0.0,
            rtt_difference_ms: 0.0,
            patience_s: all.patience_s / all.players,
        }
    }

    /// Measures everything but the roles and the region, which are chosen.
    pub(super) fn measure(&self, teams: &[&[&Unit<'_>]]) -> Measures {
        let sums = teams.iter().map(|team| Team::of(team.iter().copied()));
        Measures { rematches: self.rematches(teams), ..self.measure_teams(sums) }
    }

    /// How often the better of two sides whose ratings lie `gap` points apart is expected to win: Elo's expected score, drawn toward
    /// one half by what is not known of the ratings: g(RD) of Glickman, "The Glicko system" (1999), with the variance of the gap.
    pub(super) fn expected_wins(&self, gap: f64, variance: f64) -> f64 {
        let q = std::f64::consts::LN_10 / self.rating_scale;
        let certainty = 1.0 / (1.0 + 3.0 * q * q * variance / std::f64::consts::PI.powi(2)).sqrt();
        1.0 / (1.0 + (-q * certainty * gap).exp())
    }

    /// Whether meeting someone of the last matches again costs something.
    pub fn prices_rematch(&self) -> bool {
        self.prices.rematch > 0.0
    }

    /// Players who meet someone of their last matches; not counted where it costs nothing.
    fn rematches(&self, teams: &[&[&Unit<'_>]]) -> f64 {
        if !self.prices_rematch() {
            return 0.0;
        }
        let units = || teams.iter().copied().flatten();
        let met = |unit: &Unit<'_>| {
            let others = || units().filter(|other| other.id != unit.id).flat_map(|other| &other.people.ids);
            let meets = |recent: &&Vec<u64>| others().any(|other| recent.contains(other));
            unit.people.recent.iter().filter(meets).count()
        };
        units().map(|unit| met(unit)).sum::<usize>() as f64
    }
}

impl Team {
    pub fn of<'a, 'b: 'a>(units: impl IntoIterator<Item = &'a Unit<'b>>) -> Self {
        let mut team = Self::default();
        units.into_iter().for_each(|unit| team.join(&Self::of_one(unit)));
        team
    }

    fn of_one(unit: &Unit<'_>) -> Self {
        Self {
            players: unit.players(),
            rating_sum: unit.rating_sum,
            rating_sum_sq: unit.rating_sum_sq,
            deviation_sq_sum: unit.deviation_sq_sum,
            patience_s: unit.patience_s * unit.players(),
            largest_party: unit.size,
        }
    }

    /// This team with `joins` in the place of `leaves`, which is of its size. Its patience stays as it was: what is infinite cannot be
    /// taken out of a sum.
    pub fn exchanged(&self, leaves: &Unit<'_>, joins: &Unit<'_>) -> Self {
        Self {
            rating_sum: self.rating_sum + joins.rating_sum - leaves.rating_sum,
            rating_sum_sq: self.rating_sum_sq + joins.rating_sum_sq - leaves.rating_sum_sq,
            deviation_sq_sum: self.deviation_sq_sum + joins.deviation_sq_sum - leaves.deviation_sq_sum,
            ..*self
        }
    }

    fn join(&mut self, other: &Self) {
        self.players += other.players;
        self.rating_sum += other.rating_sum;
        self.rating_sum_sq += other.rating_sum_sq;
        self.deviation_sq_sum += other.deviation_sq_sum;
        self.patience_s += other.patience_s;
        self.largest_party = self.largest_party.max(other.largest_party);
    }

    fn mean(&self) -> f64 {
        self.rating_sum / self.players
    }

    /// Population standard deviation. Rounding can leave a variance of almost nothing below zero.
    fn spread(&self) -> f64 {
        (self.rating_sum_sq / self.players - self.mean() * self.mean()).max(0.0).sqrt()
    }

    /// Variance of the mean of independent ratings.
    fn mean_variance(&self) -> f64 {
        self.deviation_sq_sum / (self.players * self.players)
    }
}

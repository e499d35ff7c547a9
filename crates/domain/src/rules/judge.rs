//! The judgement of one match: which hard limit it breaks, and what it costs.

use super::Rules;
use super::common::Common;
use super::measure::Measures;
use super::prices::PRICE_KEYS;
use super::roles::Seating;
use crate::unit::Unit;

/// Names of the rules, as they stand in violations and rejections.
pub(crate) mod rule {
    pub const TEAM_SIZES: &str = "team_sizes";
    pub const TWICE: &str = "twice";
    pub const EQUAL: &str = "equal";
    pub const RATING_GAP_LIMIT: &str = "rating_gap_limit";
    pub const RATING_RANGE_LIMIT: &str = "rating_range_limit";
    pub const RTT_LIMIT: &str = "rtt_limit";
    pub const NUMBER_LIMIT: &str = "number_limit";
    pub const OVERLAP_LIMIT: &str = "overlap_limit";
    pub const PARTY_SIZE_LIMIT: &str = "party_size_limit";
    pub const OFF_ROLES_LIMIT: &str = "off_roles_limit";
    pub const SAME: &str = "same";
    pub const BLOCKED: &str = "blocked";
    pub const AVOIDED: &str = "avoided";
    /// Possible, but not worth making yet.
    pub const PATIENCE: &str = "patience";
    /// Nobody, or no set of whole parties, fills the teams exactly.
    pub const TEAM_FILL: &str = "team_fill";
    /// Not looked at: the search had taken all its steps for older tickets.
    pub const BUDGET: &str = "budget";
}

/// A match that the hard limits allow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Verdict {
    pub measures: Measures,
    /// Mean over the players, in seconds.
    pub cost_s: f64,
    /// Index of the cheapest allowed region.
    pub region: usize,
}

/// Unlimited patience where savings are compared, in seconds: more than any other there is, yet finite.
pub(crate) const PATIENCE_S_MAX: f64 = 1e9;

impl Verdict {
    /// The most that it may cost its players on average, in seconds.
    pub fn patience_s(&self) -> f64 {
        self.measures.patience_s
    }

    pub fn is_worth_making(&self) -> bool {
        self.cost_s <= self.patience_s()
    }

    /// What making it saves each of its players over waiting on, on average, in seconds.
    pub fn saving_s(&self) -> f64 {
        self.patience_s().min(PATIENCE_S_MAX) - self.cost_s
    }
}

/// A hard limit that a match breaks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Breach {
    pub rule: &'static str,
    pub is: f64,
    /// Infinite where the rule knows no measure.
    pub bound: f64,
    /// Whether the bound is the least there may be, not the most.
    pub is_least: bool,
}

impl Breach {
    /// Of a rule that holds or does not.
    pub fn of(rule: &'static str) -> Self {
        Self { rule, is: 1.0, bound: f64::INFINITY, is_least: false }
    }

    pub fn unless_at_most(rule: &'static str, is: f64, bound: f64) -> Result<(), Self> {
        if is <= bound { Ok(()) } else { Err(Self { rule, is, bound, is_least: false }) }
    }
}

impl Rules {
    /// Judges teams that are complete, of one pool, and hold nobody twice.
    pub(crate) fn judge(&self, teams: &[&[&Unit<'_>]], now_ms: u64) -> Result<Verdict, Breach> {
        let units = || teams.iter().copied().flatten().copied();
        let Some(common) = Common::of_all(units()) else { return Err(Breach::of(rule::TEAM_SIZES)) };
        let age_ms = common.age_ms(now_ms);
        self.hold_common(&common, age_ms)?;
        let mut measures = self.measure(teams);
        self.hold_teams(&measures, age_ms)?;
        self.hold_people(teams, age_ms)?;
        let region = self.cheapest_region(teams, measures.players, age_ms)?;
        measures.rtt_excess_ms = region.excess_ms;
        measures.rtt_difference_ms = region.difference_ms;
        measures.off_roles = self.roles.off_roles(teams) as f64;
        Breach::unless_at_most(rule::OFF_ROLES_LIMIT, measures.off_roles, self.limits.off_roles.at_ms(age_ms))?;
        Ok(Verdict { cost_s: self.prices.cost_s(&measures), measures, region: region.at })
    }

    /// The seats of a team, nobody on them yet, or of all teams together; none where it is not forbidden to play any role.
    pub(crate) fn seating(&self, team: Option<usize>) -> Seating<'_> {
        match team {
            Some(team) if self.minds_roles() => Seating::on(&self.roles.seats[team]),
            Some(_) => Seating::default(),
            None => Seating::on(&self.role_seats()),
        }
    }

    /// Seats of each role in all teams; none where it is not forbidden to play any role.
    pub(crate) fn role_seats(&self) -> Vec<usize> {
        if self.minds_roles() { self.roles.seats_of_all() } else { Vec::new() }
    }

    /// Whether so many may play a role that they did not name when the oldest of the match has waited `age_ms`.
    pub(crate) fn hold_off_roles(&self, off_roles: usize, age_ms: u64) -> bool {
        off_roles as f64 <= self.limits.off_roles.at_ms(age_ms)
    }

    /// Whether a match that is filled from these may have enough who named their roles, when the oldest of them has waited `age_ms`.
    pub(crate) fn fills_roles<'a, 'b: 'a>(&self, units: impl Iterator<Item = &'a Unit<'b>>, age_ms: u64) -> bool {
        self.hold_off_roles(self.roles.least_unnamed(units), age_ms)
    }

    /// Whether it may be forbidden that somebody plays a role that he did not name.
    pub(crate) fn minds_roles(&self) -> bool {
        self.roles.is_asked() && self.limits.off_roles.at_ms(0).is_finite()
    }

    /// The parts of a judged match's cost by key, in seconds; those of 0 left out.
    pub(crate) fn cost_parts_s(&self, verdict: &Verdict) -> Vec<(&'static str, f64)> {
        let parts = PRICE_KEYS.into_iter().zip(self.prices.parts_s(&verdict.measures));
        parts.filter(|(_, cost_s)| *cost_s > 0.0).collect()
    }

    /// Whether teams so measured may be a match when the oldest has waited `age_ms`, as far as their sums tell.
    pub(crate) fn hold_teams(&self, measures: &Measures, age_ms: u64) -> Result<(), Breach> {
        let limits = &self.limits;
        Breach::unless_at_most(rule::RATING_GAP_LIMIT, measures.rating_gap, limits.rating_gap.at_ms(age_ms))?;
        Breach::unless_at_most(rule::PARTY_SIZE_LIMIT, measures.party_difference, limits.party_size.at_ms(age_ms))
    }

    /// Whether any limit is wider when the oldest of a match has waited longer.
    pub(crate) fn relaxes(&self, from_ms: u64, to_ms: u64) -> bool {
        self.limits.relaxes(from_ms, to_ms)
    }

    fn hold_people(&self, teams: &[&[&Unit<'_>]], age_ms: u64) -> Result<(), Breach> {
        let units = || teams.iter().copied().flatten().copied();
        if self.limits.same_until_ms.is_empty() && !units().any(|unit| unit.people.is_choosy()) {
            return Ok(());
        }
        for (at, a) in units().enumerate() {
            units().skip(at + 1).try_for_each(|b| self.hold_between(a, b, age_ms))?;
        }
        let is_apart = |team: &&[&Unit<'_>]| {
            team.iter().enumerate().all(|(at, a)| team[at + 1..].iter().all(|b| self.hold_beside(a, b, age_ms)))
        };
        if teams.iter().all(is_apart) { Ok(()) } else { Err(Breach::of(rule::AVOIDED)) }
    }
}

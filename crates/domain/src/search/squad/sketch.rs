//! A match in sums: what it costs at least, reckoned without looking at its players again.

use crate::rules::Team;
use crate::search::field::Field;

/// Teams in one region, of whole parties. Roles, former meetings and differences of round trips are left out, so a judgement in that
/// region finds this cost or more.
pub(super) struct Sketch<'a> {
    field: &'a Field<'a>,
    region: usize,
    teams: Vec<Team>,
    /// Round trip that is not free, in ms, summed over the players.
    excess_ms: f64,
}

/// What a match of the chosen costs at least, however they are seated, and the most that they would give for it, in seconds.
pub(super) fn least_and_patience_s(field: &Field<'_>, chosen: &[usize], region: usize) -> (f64, f64) {
    Sketch::of(field, &[chosen.to_vec()], region).least_and_patience_s()
}

impl<'a> Sketch<'a> {
    pub fn of(field: &'a Field<'a>, teams: &[Vec<usize>], region: usize) -> Self {
        let team = |team: &Vec<usize>| Team::of(team.iter().map(|unit| &field.units[*unit]));
        let excess_ms = |unit: &usize| field.units[*unit].legs[region].excess_ms;
        let (teams, excess_ms) = (teams.iter().map(team).collect(), teams.iter().flatten().map(excess_ms).sum());
        Self { field, region, teams, excess_ms }
    }

    /// What it costs at least, and the most that its players would give for it, in seconds, the mean over the players.
    fn least_and_patience_s(&self) -> (f64, f64) {
        let measures = self.field.rules.measure_teams(self.teams.iter().copied());
        (self.field.rules.least_cost_s(&measures, self.excess_ms), measures.patience_s)
    }

    /// What it costs at least with the unit `joins` from outside in the place of `leaves`, which stands in `team` and is of its size.
    pub fn replaced_s(&self, team: usize, leaves: usize, joins: usize) -> f64 {
        let [leaves, joins] = [leaves, joins].map(|unit| &self.field.units[unit]);
        let excess_ms = self.excess_ms + joins.legs[self.region].excess_ms - leaves.legs[self.region].excess_ms;
        let changed = self.teams[team].exchanged(leaves, joins);
        self.least_s(excess_ms, |at| (at == team).then_some(changed))
    }

    /// What it costs at least when two units of one size, each given with its team, stand in each other's place.
    pub fn swapped_s(&self, a: (usize, usize), b: (usize, usize)) -> f64 {
        let [a_unit, b_unit] = [a.1, b.1].map(|unit| &self.field.units[unit]);
        let changed = [self.teams[a.0].exchanged(a_unit, b_unit), self.teams[b.0].exchanged(b_unit, a_unit)];
        self.least_s(self.excess_ms, |at| match at {
            at if at == a.0 => Some(changed[0]),
            at if at == b.0 => Some(changed[1]),
            _ => None,
        })
    }

    fn least_s(&self, excess_ms: f64, changed: impl Fn(usize) -> Option<Team>) -> f64 {
        let teams = self.teams.iter().enumerate().map(|(at, team)| changed(at).unwrap_or(*team));
        self.field.rules.least_cost_s(&self.field.rules.measure_teams(teams), excess_ms)
    }
}

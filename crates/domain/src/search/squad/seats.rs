//! What forbids a seating before it is complete: two in one team of whom one avoids the other, or too many off their roles.

use crate::rules::rule;
use crate::search::field::Field;
use crate::unit::Unit;

/// Teams that are being seated, as far as those limits go; nothing is reckoned where the rules and the players know none.
pub(super) struct Seats<'a> {
    field: &'a Field<'a>,
    /// How long the oldest of the match has waited.
    age_ms: u64,
    minds_roles: bool,
    keeps_apart: bool,
    teams: Vec<Team<'a>>,
}

#[derive(Default)]
struct Team<'a> {
    units: Vec<&'a Unit<'a>>,
    /// Players off their roles at least, before each of the units sat down and now.
    off_roles: Vec<usize>,
}

impl<'a> Seats<'a> {
    pub fn of(field: &'a Field<'a>, chosen: &[usize]) -> Self {
        let units = || chosen.iter().map(|at| &field.units[*at]);
        let age_ms = units().map(|unit| unit.age_ms(field.now_ms)).max().unwrap_or(0);
        Self {
            field,
            age_ms,
            minds_roles: field.rules.minds_roles(),
            keeps_apart: units().any(|unit| unit.people.is_choosy()),
            teams: field.rules.team_sizes().iter().map(|_| Team::default()).collect(),
        }
    }

    pub fn age_ms(&self) -> u64 {
        self.age_ms
    }

    /// Seats a unit in a team whether or not that may be; the rule in the way, if one is.
    pub fn sit(&mut self, unit: usize, team: usize) -> Result<(), &'static str> {
        if !self.minds_roles && !self.keeps_apart {
            return Ok(());
        }
        let unit = &self.field.units[unit];
        let is_apart =
            self.teams[team].units.iter().all(|other| self.field.rules.hold_beside(unit, other, self.age_ms));
        self.teams[team].units.push(unit);
        let off_roles = if self.minds_roles { self.field.rules.off_roles(team, &self.teams[team].units) } else { 0 };
        self.teams[team].off_roles.push(off_roles);
        if !is_apart {
            return Err(rule::AVOIDED);
        }
        let off_roles = self.teams.iter().filter_map(|team| team.off_roles.last()).sum();
        if self.field.rules.hold_off_roles(off_roles, self.age_ms) { Ok(()) } else { Err(rule::OFF_ROLES_LIMIT) }
    }

    /// Takes back the last who sat down in a team.
    pub fn rise(&mut self, team: usize) {
        self.teams[team].units.pop();
        self.teams[team].off_roles.pop();
    }
}

//! What forbids a seating before it is complete: two in one team of whom one avoids the other, or too many off their roles.

use crate::rules::{Seating, rule};
use crate::search::field::Field;
use crate::unit::Unit;

/// Teams that are being seated, as far as those limits go; nothing is reckoned where the rules and the players know none.
pub(super) struct Seats<'a> {
    field: &'a Field<'a>,
    /// How long the oldest of the match has waited.
    age_ms: u64,
    /// Whether anything is reckoned.
    is_asked: bool,
    teams: Vec<Team<'a>>,
}

struct Team<'a> {
    units: Vec<&'a Unit<'a>>,
    seating: Seating<'a>,
}

impl<'a> Seats<'a> {
    pub fn of(field: &'a Field<'a>, chosen: &[usize]) -> Self {
        let units = || chosen.iter().map(|at| &field.units[*at]);
        let age_ms = units().map(|unit| unit.age_ms(field.now_ms)).max().unwrap_or(0);
        let team = |team| Team { units: Vec::new(), seating: field.rules.seating(Some(team)) };
        Self {
            field,
            age_ms,
            is_asked: field.rules.minds_roles() || units().any(|unit| unit.people.is_choosy()),
            teams: (0..field.rules.team_sizes().len()).map(team).collect(),
        }
    }

    pub fn age_ms(&self) -> u64 {
        self.age_ms
    }

    /// Seats a unit in a team whether or not that may be; the rule in the way, if one is.
    pub fn sit(&mut self, unit: usize, team: usize) -> Result<(), &'static str> {
        if !self.is_asked {
            return Ok(());
        }
        let unit = &self.field.units[unit];
        let is_apart =
            self.teams[team].units.iter().all(|other| self.field.rules.hold_beside(unit, other, self.age_ms));
        self.teams[team].units.push(unit);
        self.teams[team].seating.add(unit);
        if !is_apart {
            return Err(rule::AVOIDED);
        }
        let off_roles = self.teams.iter().map(|team| team.seating.off_roles()).sum();
        if self.field.rules.hold_off_roles(off_roles, self.age_ms) { Ok(()) } else { Err(rule::OFF_ROLES_LIMIT) }
    }

    /// Takes back the last who sat down in a team.
    pub fn rise(&mut self, team: usize) {
        let Team { units, seating } = &mut self.teams[team];
        if let Some(unit) = units.pop() {
            seating.take_back(unit);
        }
    }
}

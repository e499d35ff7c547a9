//! Who plays with whom: chosen parties seated in teams of the declared sizes, as evenly as they come.

use super::seats::Seats;
use crate::rules::{Team, rule};
use crate::search::field::Field;

/// Placements that one split may try: ten solos in two teams are solved exactly with it, more players nearly.
const STEPS_MAX: usize = 2_000;

/// Teams of units.
type Teams = Vec<Vec<usize>>;

/// The first seating of the chosen units that keeps every party whole and nobody from his role or beside whom he avoids, the rule that was
/// last in the way when there is none within the steps: large parties are placed first, each into the team that it brings nearest to the
/// common mean.
pub(super) fn seat(field: &Field<'_>, chosen: &[usize]) -> Result<Teams, &'static str> {
    Split::of(field, chosen).run(1)
}

/// The seating whose teams cost least beside each other of those found within the steps, by branch and bound from the first one on.
pub(super) fn split(field: &Field<'_>, chosen: &[usize]) -> Result<Teams, &'static str> {
    Split::of(field, chosen).run(usize::MAX)
}

struct Split<'a> {
    field: &'a Field<'a>,
    sizes: &'a [usize],
    chosen: Vec<usize>,
    /// Mean rating of all players: what every team's mean should be.
    mean: f64,
    /// For each of the chosen, by how many points it and all after it can move a team's sum away from the mean, or toward it.
    movable: Vec<f64>,
    seats: Seats<'a>,
    /// Players in each team.
    seated: Vec<usize>,
    /// By how many points each team's sum is off what the mean would give it.
    off: Vec<f64>,
    team_of: Vec<usize>,
    best: Option<Seating>,
    /// The rule that was last in the way.
    against: &'static str,
    leaves: usize,
    steps: usize,
}

struct Seating {
    cost_s: f64,
    gap: f64,
    team_of: Vec<usize>,
}

impl<'a> Split<'a> {
    fn of(field: &'a Field<'a>, chosen: &[usize]) -> Self {
        let unit = |at: &usize| &field.units[*at];
        let mut chosen = chosen.to_vec();
        chosen.sort_unstable_by(|a, b| {
            unit(b).size.cmp(&unit(a).size).then(unit(b).rating.total_cmp(&unit(a).rating)).then(a.cmp(b))
        });
        let sizes = field.rules.team_sizes();
        let mean = chosen.iter().map(|at| unit(at).rating_sum).sum::<f64>() / field.rules.seats() as f64;
        let mut movable = vec![0.0; chosen.len() + 1];
        for (at, one) in chosen.iter().enumerate().rev() {
            movable[at] = movable[at + 1] + (unit(one).rating_sum - mean * unit(one).players()).abs();
        }
        let (seated, off, team_of) = (vec![0; sizes.len()], vec![0.0; sizes.len()], vec![0; chosen.len()]);
        let (seats, best, against, leaves, steps) = (Seats::of(field, &chosen), None, rule::TEAM_FILL, 0, 0);
        Self { field, sizes, chosen, mean, movable, seats, seated, off, team_of, best, against, leaves, steps }
    }

    /// The best of up to `leaves` seatings.
    fn run(mut self, leaves: usize) -> Result<Teams, &'static str> {
        self.leaves = leaves;
        self.place(0);
        self.field.spend(self.steps * self.sizes.len());
        self.best.as_ref().map(|best| self.teams(&best.team_of)).ok_or(self.against)
    }

    fn teams(&self, team_of: &[usize]) -> Teams {
        let mut teams = vec![Vec::new(); self.sizes.len()];
        self.chosen.iter().zip(team_of).for_each(|(unit, team)| teams[*team].push(*unit));
        teams
    }

    fn place(&mut self, at: usize) {
        if at == self.chosen.len() {
            return self.keep_if_better();
        }
        let unit = &self.field.units[self.chosen[at]];
        for team in self.teams_for(unit.size) {
            self.steps += 1;
            if self.steps > STEPS_MAX || self.leaves == 0 {
                return;
            }
            let off = self.off[team];
            self.seated[team] += unit.size;
            self.off[team] += unit.rating_sum - self.mean * unit.players();
            self.team_of[at] = team;
            if !self.is_hopeless(team, at + 1) {
                match self.seats.sit(self.chosen[at], team) {
                    Ok(()) => self.place(at + 1),
                    Err(rule) => self.against = rule,
                }
                self.seats.rise(team);
            }
            self.seated[team] -= unit.size;
            self.off[team] = off;
        }
    }

    /// Whether `team` will be so far off the mean that no seating of those from `at` on is better than the best one.
    ///
    /// The others are off by as many points the other way, so the gap is at least that between this team's mean and theirs.
    fn is_hopeless(&self, team: usize, at: usize) -> bool {
        let is_measure = |best: &&Seating| best.cost_s.is_finite() && !self.field.rules.minds_party_sizes();
        let Some(best) = self.best.as_ref().filter(is_measure) else { return false };
        let least_off = (self.off[team].abs() - self.movable[at]).max(0.0);
        let (size, others) = (self.sizes[team] as f64, (self.field.rules.seats() - self.sizes[team]) as f64);
        others > 0.0 && least_off * (1.0 / size + 1.0 / others) >= best.gap
    }

    /// Teams with room, the one that lacks most first; of teams that are alike, only the first.
    fn teams_for(&self, size: usize) -> Vec<usize> {
        let is_empty = |team: usize| self.seated[team] == 0;
        let is_like = |a: usize, b: usize| {
            self.sizes[a] == self.sizes[b] && is_empty(a) && is_empty(b) && self.field.rules.seats_alike(a, b)
        };
        let has_room = |team: &usize| self.seated[*team] + size <= self.sizes[*team];
        let is_new = |team: &usize| !(0..*team).any(|other| is_like(other, *team));
        let mut teams: Vec<usize> = (0..self.sizes.len()).filter(has_room).filter(is_new).collect();
        teams.sort_by(|a, b| self.off[*a].total_cmp(&self.off[*b]));
        teams
    }

    /// Keeps a seating that costs less than the best, or as much with a narrower gap; one that breaks a limit only while there is no other.
    fn keep_if_better(&mut self) {
        self.leaves -= 1;
        let rules = self.field.rules;
        let teams = self.teams(&self.team_of);
        let team = |team: &Vec<usize>| Team::of(team.iter().map(|unit| &self.field.units[*unit]));
        let measures = rules.measure_teams(teams.iter().map(team));
        let gap = measures.rating_gap;
        let is_better = |cost_s| self.best.as_ref().is_none_or(|best| (cost_s, gap) < (best.cost_s, best.gap));
        let holds = rules.hold_teams(&measures, self.seats.age_ms()).is_ok();
        let cost_s = if holds { rules.least_cost_s(&measures, 0.0) } else { f64::INFINITY };
        if is_better(cost_s) {
            self.best = Some(Seating { cost_s, gap, team_of: self.team_of.clone() });
        }
    }
}

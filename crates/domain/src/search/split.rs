//! Who plays with whom: chosen parties split into teams of the declared sizes, their means as near as they come.

use super::field::Field;

/// Placements that one split may try: ten solos in two teams are solved exactly with it, more players nearly.
const STEPS_MAX: usize = 2_000;

/// Splits the chosen units into teams with the least gap between the highest and the lowest mean that is found within the
/// steps. None when the parties cannot be seated whole, or no seating was found within the steps.
///
/// Large parties are placed first, each first into the team that it brings nearest to the common mean; so the first seating
/// found is the greedy one, and every further one is better.
pub(super) fn split(field: &Field<'_>, mut chosen: Vec<usize>) -> Option<Vec<Vec<usize>>> {
    chosen.sort_unstable_by(|a, b| {
        let (x, y) = (&field.units[*a], &field.units[*b]);
        y.size.cmp(&x.size).then(y.rating.total_cmp(&x.rating)).then(a.cmp(b))
    });
    let sum = chosen.iter().map(|unit| field.units[*unit].rating_sum).sum::<f64>();
    let sizes = field.rules.team_sizes();
    let mut split = Split {
        field,
        sizes,
        mean: sum / field.rules.seats() as f64,
        chosen: &chosen,
        seated: vec![0; sizes.len()],
        sums: vec![0.0; sizes.len()],
        team_of: vec![0; chosen.len()],
        best: None,
        steps: 0,
    };
    split.place(0);
    field.spend(split.steps * sizes.len());
    let (_, team_of) = split.best?;
    let mut teams = vec![Vec::new(); sizes.len()];
    chosen.iter().zip(team_of).for_each(|(unit, team)| teams[team].push(*unit));
    Some(teams)
}

struct Split<'a> {
    field: &'a Field<'a>,
    sizes: &'a [usize],
    /// Mean rating of all players: what every team's mean should be.
    mean: f64,
    chosen: &'a [usize],
    seated: Vec<usize>,
    sums: Vec<f64>,
    team_of: Vec<usize>,
    best: Option<(f64, Vec<usize>)>,
    steps: usize,
}

impl Split<'_> {
    fn place(&mut self, at: usize) {
        if at == self.chosen.len() {
            return self.keep_if_better();
        }
        let unit = &self.field.units[self.chosen[at]];
        for team in self.teams_for(unit.size) {
            self.steps += 1;
            if self.steps > STEPS_MAX {
                return;
            }
            let sum = self.sums[team];
            self.seated[team] += unit.size;
            self.sums[team] += unit.rating_sum;
            self.team_of[at] = team;
            self.place(at + 1);
            self.seated[team] -= unit.size;
            self.sums[team] = sum;
        }
    }

    /// Teams with room, the one that lacks most first; of teams that are alike, only the first.
    fn teams_for(&self, size: usize) -> Vec<usize> {
        let lacks = |team: usize| self.mean * self.seated[team] as f64 - self.sums[team];
        let is_like = |a: usize, b: usize| self.sizes[a] == self.sizes[b] && self.seated[a] == 0 && self.seated[b] == 0;
        let has_room = |team: &usize| self.seated[*team] + size <= self.sizes[*team];
        let is_new = |team: &usize| !(0..*team).any(|other| is_like(other, *team));
        let mut teams: Vec<usize> = (0..self.sizes.len()).filter(has_room).filter(is_new).collect();
        teams.sort_by(|a, b| lacks(*b).total_cmp(&lacks(*a)));
        teams
    }

    fn keep_if_better(&mut self) {
        let means = || self.sums.iter().zip(self.sizes).map(|(sum, size)| sum / *size as f64);
        let gap = means().fold(f64::NEG_INFINITY, f64::max) - means().fold(f64::INFINITY, f64::min);
        if self.best.as_ref().is_none_or(|(least, _)| gap < *least) {
            self.best = Some((gap, self.team_of.clone()));
        }
    }
}

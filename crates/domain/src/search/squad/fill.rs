//! Which whole parties fill the seats of a match exactly.

use crate::rules::{Common, Seating, rule};
use crate::search::field::Field;
use crate::unit::Unit;

/// Choices that one fill may take back: enough to get past a run of parties of awkward sizes.
const STEPS_BACK_MAX: usize = 600;
/// Choices that one fill may take back where somebody was left out for want of a role: stepping back rarely finds one, and each step is dear.
const STEPS_BACK_FOR_ROLES_MAX: usize = 60;
/// Placements that one packing may try.
const PACK_STEPS_MAX: usize = 200;

/// The anchor first, then whole parties from `near` (best first) that with it fill all teams exactly and stay within the limits that are no
/// matter of seating. In the order of `near`: greedy, with a step back where greed does not come out even. Else the rule in the way.
pub(super) fn fill(field: &Field<'_>, anchor: usize, near: &[usize]) -> Result<Vec<usize>, &'static str> {
    let unit = &field.units[anchor];
    let (players_from, chosen) = (players_from(field, near), vec![anchor]);
    let is_filled = players_from.first().is_some_and(|players| players + unit.size >= field.rules.seats());
    if is_filled && lacks_roles(field, near.iter().chain([&anchor])) {
        return Err(rule::OFF_ROLES_LIMIT);
    }
    let mut seating = field.rules.seating(None);
    seating.add(unit);
    let mut fill = Fill { field, near, players_from, chosen, seating, steps_back: 0, lacks_roles: false };
    let seats = field.rules.seats().checked_sub(unit.size);
    if seats.is_some_and(|seats| fill.complete(0, seats, &Common::of(unit))) {
        return Ok(fill.chosen);
    }
    Err(if fill.lacks_roles { rule::OFF_ROLES_LIMIT } else { rule::TEAM_FILL })
}

struct Fill<'a> {
    field: &'a Field<'a>,
    near: &'a [usize],
    /// In the parties from each place of `near` on.
    players_from: Vec<usize>,
    chosen: Vec<usize>,
    /// The chosen in roles, in whatever teams.
    seating: Seating<'a>,
    steps_back: usize,
    /// Somebody was left out because too few would have played what they named.
    lacks_roles: bool,
}

/// Whether no match filled from these has enough who named their roles.
fn lacks_roles<'a>(field: &Field<'_>, units: impl Iterator<Item = &'a usize> + Clone) -> bool {
    if !field.rules.minds_roles() {
        return false;
    }
    let units = units.map(|at| &field.units[*at]);
    let oldest_ms = units.clone().map(|unit| unit.age_ms(field.now_ms)).max().unwrap_or_default();
    !field.rules.fills_roles(units, oldest_ms)
}

fn players_from(field: &Field<'_>, near: &[usize]) -> Vec<usize> {
    let mut players: Vec<usize> = near.iter().map(|unit| field.units[*unit].size).collect();
    for at in (1..players.len()).rev() {
        players[at - 1] += players[at];
    }
    players
}

impl Fill<'_> {
    fn complete(&mut self, from: usize, seats: usize, common: &Common) -> bool {
        if seats == 0 {
            return true;
        }
        for at in from..self.near.len() {
            if self.players_from[at] < seats {
                return false;
            }
            let unit = &self.field.units[self.near[at]];
            if unit.size > seats {
                continue;
            }
            self.field.spend(self.chosen.len());
            let mut common = common.clone();
            common.add(unit);
            let age_ms = common.age_ms(self.field.now_ms);
            if self.field.rules.hold_common(&common, age_ms).is_err() || !self.may_join(unit, age_ms) {
                continue;
            }
            self.chosen.push(self.near[at]);
            self.seating.add(unit);
            let holds_roles = self.holds_roles(age_ms);
            // Solos sit wherever there is room, so they never spoil a packing.
            let packs = || unit.size == 1 || self.packs();
            if holds_roles && packs() && self.complete(at + 1, seats - unit.size, &common) {
                return true;
            }
            self.chosen.pop();
            self.seating.take_back(unit);
            if !holds_roles {
                self.lacks_roles = true;
                continue;
            }
            self.steps_back += 1;
            if self.steps_back > if self.lacks_roles { STEPS_BACK_FOR_ROLES_MAX } else { STEPS_BACK_MAX } {
                return false;
            }
        }
        false
    }

    /// Whether no one of the chosen and this one keep each other out when the oldest of them all has waited `age_ms`: who joins later can
    /// only be older.
    fn may_join(&self, unit: &Unit<'_>, age_ms: u64) -> bool {
        let mut chosen = self.chosen.iter().map(|chosen| &self.field.units[*chosen]);
        chosen.all(|other| self.field.rules.hold_between(other, unit, age_ms).is_ok())
    }

    /// Whether the chosen can play what they named, but for as many as may play something else, in whatever teams their parties sit.
    fn holds_roles(&self, age_ms: u64) -> bool {
        let alone = || self.chosen.iter().map(|at| self.field.units[*at].off_roles).sum();
        !self.field.rules.minds_roles()
            || self.field.rules.hold_off_roles(self.seating.off_roles().max(alone()), age_ms)
    }

    fn packs(&self) -> bool {
        let mut sizes: Vec<usize> = self.chosen.iter().map(|unit| self.field.units[*unit].size).collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        let mut steps = 0;
        let packs = packs(&sizes, &mut self.field.rules.team_sizes().to_vec(), &mut steps);
        self.field.spend(steps);
        packs
    }
}

/// Whether parties of these sizes, largest first, can sit down in teams with so many free seats, none of them torn apart.
fn packs(sizes: &[usize], free: &mut [usize], steps: &mut usize) -> bool {
    let Some((size, rest)) = sizes.split_first() else { return true };
    if *size == 1 {
        // Solos fit wherever there is room.
        return sizes.len() <= free.iter().sum();
    }
    for team in 0..free.len() {
        let is_repeated = free[..team].contains(&free[team]);
        if free[team] < *size || is_repeated {
            continue;
        }
        *steps += 1;
        if *steps > PACK_STEPS_MAX {
            return false;
        }
        free[team] -= size;
        if packs(rest, free, steps) {
            return true;
        }
        free[team] += size;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::packs;

    #[test]
    fn parties_pack_only_where_none_is_torn_apart() {
        let can = |sizes: &[usize], teams: &[usize]| packs(sizes, &mut teams.to_vec(), &mut 0);
        assert!(can(&[5, 2, 2, 1], &[5, 5]));
        assert!(can(&[4, 3, 2, 1], &[5, 5]));
        assert!(can(&[3, 3, 2, 2], &[5, 5]));
        assert!(!can(&[4, 4, 2], &[5, 5]));
        assert!(!can(&[3, 3, 3], &[5, 5]));
        assert!(can(&[4, 1, 1, 1, 1], &[1, 3, 4]));
        assert!(!can(&[4, 4], &[1, 3, 4]));
    }
}

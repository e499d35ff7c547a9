//! Which whole parties fill the seats of a match exactly.

use crate::rules::Common;
use crate::search::field::Field;
use crate::unit::Unit;

/// Choices that one fill may try: enough to get past a run of parties of awkward sizes.
const STEPS_MAX: usize = 600;
/// Placements that one packing may try.
const PACK_STEPS_MAX: usize = 200;

/// Chooses from `near` (best first) whole parties that, with the anchor, fill all teams exactly and stay within the rating
/// range. The first fill in the order of `near` is taken: greedy, with a step back where greed does not come out even.
pub(super) fn fill(field: &Field<'_>, anchor: usize, near: &[usize]) -> Option<Vec<usize>> {
    let unit = &field.units[anchor];
    let seats = field.rules.seats().checked_sub(unit.size)?;
    let mut fill = Fill { field, near, players_from: players_from(field, near), chosen: vec![anchor], steps: 0 };
    fill.complete(0, seats, &Common::of(unit)).then_some(fill.chosen)
}

struct Fill<'a> {
    field: &'a Field<'a>,
    near: &'a [usize],
    /// In the parties from each place of `near` on.
    players_from: Vec<usize>,
    chosen: Vec<usize>,
    steps: usize,
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
            if unit.size > seats || !self.may_join(unit) {
                continue;
            }
            let mut common = common.clone();
            common.add(unit);
            if self.field.rules.hold_common(&common, common.age_ms(self.field.now_ms)).is_err() {
                continue;
            }
            self.steps += 1;
            self.field.spend(self.chosen.len());
            if self.steps > STEPS_MAX {
                return false;
            }
            self.chosen.push(self.near[at]);
            // Solos sit wherever there is room, so they never spoil a packing.
            if (unit.size == 1 || self.packs()) && self.complete(at + 1, seats - unit.size, &common) {
                return true;
            }
            self.chosen.pop();
        }
        false
    }

    /// Whether no one of the chosen and this one keep each other out.
    fn may_join(&self, unit: &Unit<'_>) -> bool {
        let chosen = self.chosen.iter().map(|chosen| &self.field.units[*chosen]);
        let age_ms = |other: &Unit<'_>| other.age_ms(self.field.now_ms).max(unit.age_ms(self.field.now_ms));
        chosen.into_iter().all(|other| self.field.rules.hold_between(other, unit, age_ms(other)).is_ok())
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

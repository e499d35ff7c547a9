//! Who plays which role: each team's seats by role, filled so that as few as can be play what they did not name.

use crate::RoleName;
use crate::unit::Unit;

/// The roles of a queue and how many each team seats of them; no names when the queue does not ask.
#[derive(Debug, Clone, Default)]
pub(crate) struct Roles {
    pub names: Vec<RoleName>,
    /// For each team, seats of each role, in the order of the names.
    pub seats: Vec<Vec<usize>>,
}

impl Roles {
    pub fn is_asked(&self) -> bool {
        !self.names.is_empty()
    }

    /// A player's wishes as indices of roles, most wanted first; all of them when he names none.
    pub fn wishes(&self, named: &[RoleName]) -> Vec<usize> {
        if named.is_empty() {
            return (0..self.names.len()).collect();
        }
        named.iter().filter_map(|role| self.names.iter().position(|name| name == role)).collect()
    }

    /// Players who would play a role that they did not name.
    pub fn off_roles(&self, teams: &[&[&Unit<'_>]]) -> usize {
        if !self.is_asked() {
            return 0;
        }
        teams.iter().zip(&self.seats).map(|(team, seats)| least_off(team.iter().copied(), seats)).sum()
    }

    /// How many of these would play a role that they did not name, at least, whoever is in which team.
    pub fn least_off<'a, 'b: 'a>(&self, units: impl Iterator<Item = &'a Unit<'b>>) -> usize {
        least_off(units, &self.seats_of_all())
    }

    /// How many seats of a match filled from these are left to players who did not name them, at least: each role counted by itself.
    pub fn least_unnamed<'a, 'b: 'a>(&self, units: impl Iterator<Item = &'a Unit<'b>>) -> usize {
        let mut seats = self.seats_of_all();
        for role in units.flat_map(|unit| &unit.wishes).flatten() {
            seats[*role] = seats[*role].saturating_sub(1);
        }
        seats.iter().sum()
    }

    /// Of each role in all teams.
    fn seats_of_all(&self) -> Vec<usize> {
        let mut all = vec![0; self.names.len()];
        for seats in &self.seats {
            all.iter_mut().zip(seats).for_each(|(all, seats)| *all += seats);
        }
        all
    }

    /// The role of each player of a team, given their wishes in order: those who cannot get one that they named fill what is free.
    pub fn assign(&self, team: usize, wishes: &[&[usize]]) -> Vec<usize> {
        let seats = &self.seats[team];
        let mut free = seats.clone();
        let seating = Seating::of(wishes, seats);
        seating.role_of.iter().flatten().for_each(|role| free[*role] -= 1);
        let mut fill = |role: &Option<usize>| {
            role.or_else(|| {
                let role = free.iter().position(|free| *free > 0)?;
                free[role] -= 1;
                Some(role)
            })
        };
        seating.role_of.iter().map(|role| fill(role).unwrap_or_default()).collect()
    }
}

/// How many of these would play a role that they did not name, at least, on such seats.
pub(super) fn least_off<'a, 'b: 'a>(units: impl Iterator<Item = &'a Unit<'b>>, seats: &[usize]) -> usize {
    let wishes: Vec<&[usize]> = units.flat_map(|unit| unit.wishes.iter().map(Vec::as_slice)).collect();
    wishes.len() - Seating::of(&wishes, seats).seated()
}

/// A largest seating of players in roles that they named: bipartite matching by augmenting paths (Kuhn), wish by wish, so that
/// first wishes are granted before second ones where that seats no fewer.
struct Seating<'a> {
    wishes: &'a [&'a [usize]],
    seats: &'a [usize],
    role_of: Vec<Option<usize>>,
}

impl<'a> Seating<'a> {
    fn of(wishes: &'a [&'a [usize]], seats: &'a [usize]) -> Self {
        let mut seating = Self { wishes, seats, role_of: vec![None; wishes.len()] };
        let most_wishes = wishes.iter().map(|wishes| wishes.len()).max().unwrap_or(0);
        for rank in 0..most_wishes {
            for (player, wishes) in wishes.iter().enumerate() {
                if let (None, Some(role)) = (seating.role_of[player], wishes.get(rank))
                    && seating.taken(*role) < seats[*role]
                {
                    seating.role_of[player] = Some(*role);
                }
            }
        }
        for player in 0..wishes.len() {
            if seating.role_of[player].is_none() {
                seating.augment(player, &mut vec![false; seats.len()]);
            }
        }
        seating
    }

    fn seated(&self) -> usize {
        self.role_of.iter().flatten().count()
    }

    fn taken(&self, role: usize) -> usize {
        self.role_of.iter().filter(|taken| **taken == Some(role)).count()
    }

    /// Seats the player, moving others to further wishes of theirs where need be.
    fn augment(&mut self, player: usize, is_tried: &mut [bool]) -> bool {
        for role in self.wishes[player] {
            if std::mem::replace(&mut is_tried[*role], true) {
                continue;
            }
            let has_room = self.taken(*role) < self.seats[*role];
            let makes_room = |seating: &mut Self, is_tried: &mut [bool]| {
                (0..seating.role_of.len())
                    .any(|other| seating.role_of[other] == Some(*role) && seating.augment(other, is_tried))
            };
            if has_room || makes_room(self, is_tried) {
                self.role_of[player] = Some(*role);
                return true;
            }
        }
        false
    }
}

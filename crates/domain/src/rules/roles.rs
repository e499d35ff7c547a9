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
        let off = |(team, seats): (&&[&Unit<'_>], &Vec<usize>)| {
            least_off(team.iter().flat_map(|unit| &unit.wishes).map(Vec::as_slice), seats)
        };
        teams.iter().zip(&self.seats).map(off).sum()
    }

    /// How many players of a party with these wishes would play a role that they did not name, at least, in the best team for them.
    pub fn least_off_alone(&self, wishes: &[Vec<usize>]) -> usize {
        let is_new = |(team, seats): &(usize, &Vec<usize>)| !self.seats[..*team].contains(seats);
        let teams = self.seats.iter().enumerate().filter(is_new);
        teams.map(|(_, seats)| least_off(wishes.iter().map(Vec::as_slice), seats)).min().unwrap_or(0)
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
    pub fn seats_of_all(&self) -> Vec<usize> {
        let mut all = vec![0; self.names.len()];
        for seats in &self.seats {
            all.iter_mut().zip(seats).for_each(|(all, seats)| *all += seats);
        }
        all
    }

    /// The role of each player of a team, given their wishes in order: those who cannot get one that they named fill what is free.
    pub fn assign(&self, team: usize, wishes: &[&[usize]]) -> Vec<usize> {
        let Seating { mut free, role_of, .. } = Seating::of(wishes, &self.seats[team]);
        let mut fill = |role: &Option<usize>| {
            role.or_else(|| {
                let role = free.iter().position(|free| *free > 0)?;
                free[role] -= 1;
                Some(role)
            })
        };
        role_of.iter().map(|role| fill(role).unwrap_or_default()).collect()
    }
}

/// How many players with these wishes would play a role that they did not name, at least, on such seats.
fn least_off<'a>(wishes: impl Iterator<Item = &'a [usize]>, seats: &[usize]) -> usize {
    let mut seating = Seating::on(seats);
    wishes.for_each(|wishes| seating.push(wishes));
    seating.off_roles()
}

/// A largest seating of players in roles that they named: bipartite matching by augmenting paths (Kuhn). Whoever has a seat keeps one when
/// others come, so the last who came can be taken away again and it is a largest one still.
#[derive(Debug, Default)]
pub(crate) struct Seating<'a> {
    /// Of each player, roles by index, less than 64.
    wishes: Vec<&'a [usize]>,
    /// Seats of each role that nobody has.
    free: Vec<usize>,
    role_of: Vec<Option<usize>>,
}

impl<'a> Seating<'a> {
    pub fn on(seats: &[usize]) -> Self {
        Self { free: seats.to_vec(), ..Self::default() }
    }

    /// That of a whole team, wish by wish, so that first wishes are granted before second ones where that seats no fewer.
    fn of(wishes: &[&'a [usize]], seats: &[usize]) -> Self {
        let mut seating = Self { wishes: wishes.to_vec(), role_of: vec![None; wishes.len()], ..Self::on(seats) };
        let most_wishes = wishes.iter().map(|wishes| wishes.len()).max().unwrap_or(0);
        for rank in 0..most_wishes {
            for (player, wishes) in wishes.iter().enumerate() {
                if let (None, Some(role)) = (seating.role_of[player], wishes.get(rank))
                    && seating.free[*role] > 0
                {
                    seating.free[*role] -= 1;
                    seating.role_of[player] = Some(*role);
                }
            }
        }
        for player in 0..wishes.len() {
            if seating.role_of[player].is_none() {
                seating.augment(player, &mut 0);
            }
        }
        seating
    }

    /// With the players of one more ticket. Where there are no seats, nobody is asked what he wants.
    pub fn add(&mut self, unit: &'a Unit<'_>) {
        if !self.free.is_empty() {
            unit.wishes.iter().for_each(|wishes| self.push(wishes));
        }
    }

    /// Without the players of the ticket that came last.
    pub fn take_back(&mut self, unit: &Unit<'_>) {
        if !self.free.is_empty() {
            unit.wishes.iter().for_each(|_| self.pop());
        }
    }

    fn push(&mut self, wishes: &'a [usize]) {
        self.wishes.push(wishes);
        self.role_of.push(None);
        self.augment(self.wishes.len() - 1, &mut 0);
    }

    fn pop(&mut self) {
        self.wishes.pop();
        if let Some(role) = self.role_of.pop().flatten() {
            self.free[role] += 1;
        }
    }

    /// Players whom no seating gives a role that they named.
    pub fn off_roles(&self) -> usize {
        self.role_of.iter().filter(|role| role.is_none()).count()
    }

    /// Seats the player, moving others to further wishes of theirs where need be. The roles tried are told by bits.
    fn augment(&mut self, player: usize, tried: &mut u64) -> bool {
        for role in self.wishes[player] {
            let is_tried = *tried >> role & 1 == 1;
            *tried |= 1 << role;
            if !is_tried && self.gives_seat(*role, tried) {
                self.role_of[player] = Some(*role);
                return true;
            }
        }
        false
    }

    /// Takes a seat of the role, be it from somebody who has another then.
    fn gives_seat(&mut self, role: usize, tried: &mut u64) -> bool {
        if self.free[role] > 0 {
            self.free[role] -= 1;
            return true;
        }
        (0..self.role_of.len()).any(|other| self.role_of[other] == Some(role) && self.augment(other, tried))
    }
}

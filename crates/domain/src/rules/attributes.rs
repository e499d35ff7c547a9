//! What the rules read of a party's attributes.

use super::Rules;
use crate::Player;

impl Rules {
    /// Lowest and highest of each limited number among the players who have it.
    pub(crate) fn numbers_of(&self, players: &[Player]) -> Vec<(f64, f64)> {
        let range = |name: &String| {
            let numbers = players.iter().filter_map(|player| player.numbers.get(name));
            numbers
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), number| (low.min(*number), high.max(*number)))
        };
        self.limits.numbers.iter().map(|(name, _)| range(name)).collect()
    }

    /// Members of each declared set that all the players take, as bits; who leaves a set out takes all of it.
    pub(crate) fn sets_of(&self, players: &[Player]) -> Vec<u64> {
        let bits = |(name, members): &(String, Vec<String>)| {
            let all = u64::MAX >> (u64::BITS as usize - members.len());
            let of_one = |player: &Player| match player.sets.get(name) {
                None => all,
                Some(taken) => (0..members.len()).filter(|at| taken.contains(&members[*at])).map(|at| 1 << at).sum(),
            };
            players.iter().map(of_one).fold(all, |shared, taken| shared & taken)
        };
        self.sets.iter().map(bits).collect()
    }

    /// Each player's roles as indices, most wanted first; nothing where the queue knows no roles.
    pub(crate) fn wishes_of(&self, players: &[Player]) -> Vec<Vec<usize>> {
        if !self.roles.is_asked() {
            return Vec::new();
        }
        players.iter().map(|player| self.roles.wishes(&player.roles)).collect()
    }

    /// Of a party with these wishes, how many play a role that they did not name at least, be it alone in a match; 0 where that is not
    /// forbidden.
    pub(crate) fn off_roles_alone(&self, wishes: &[Vec<usize>]) -> usize {
        if self.minds_roles() { self.roles.least_off_alone(wishes) } else { 0 }
    }
}

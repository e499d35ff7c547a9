use super::ramp::Ramp;

/// Hard requirements, relaxed by the age of the oldest ticket; infinite where none is declared.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    /// Most rating points between the highest and the lowest team mean.
    pub rating_gap: Ramp,
    /// Most rating points between the best and the weakest player.
    pub rating_range: Ramp,
    /// Longest round trip of any player to the match's region, in ms,
    pub rtt_ms: Ramp,
    /// unless it is no more than this above his best one.
    pub rtt_over_best_ms: Option<Ramp>,
    /// Most players in roles that they did not name.
    pub off_roles: Ramp,
    /// Most players by which the largest party of one team may exceed that of another.
    pub party_size: Ramp,
    /// Number attributes, and the most between any two players.
    pub numbers: Vec<(String, Ramp)>,
    /// Set attributes by their place in the rules' sets, and how many members all players share at least.
    pub overlaps: Vec<(usize, Ramp)>,
    /// String attributes that all share up to an age in ms.
    pub same_until_ms: Vec<(String, u64)>,
    /// Whether nobody meets whom he blocks. No rules file says otherwise.
    pub keeps_blocks: bool,
    /// Age in ms up to which nobody plays beside whom he avoids.
    pub avoided_until_ms: u64,
}

impl Limits {
    /// Whether any of them is wider when the oldest of a match has waited longer.
    pub fn relaxes(&self, from_ms: u64, to_ms: u64) -> bool {
        let always = [&self.rating_gap, &self.rating_range, &self.rtt_ms, &self.off_roles, &self.party_size];
        let numbers = self.numbers.iter().map(|(_, ramp)| ramp);
        let overlaps = self.overlaps.iter().map(|(_, ramp)| ramp);
        let mut ramps = always.into_iter().chain(&self.rtt_over_best_ms).chain(numbers).chain(overlaps);
        let mut ends_ms = self.same_until_ms.iter().map(|(_, until_ms)| *until_ms).chain([self.avoided_until_ms]);
        ramps.any(|ramp| ramp.at_ms(from_ms) != ramp.at_ms(to_ms))
            || ends_ms.any(|end_ms| from_ms < end_ms && end_ms <= to_ms)
    }
}

use crate::{Candidate, PlayerId, Rules, TicketId};

/// A ticket in the numbers that judging needs, worked out once for each search.
#[derive(Debug, Clone)]
pub(crate) struct Unit {
    /// Its index in the range's candidates.
    pub at: usize,
    pub id: TicketId,
    pub size: usize,
    /// Mean rating of the party.
    pub rating: f64,
    pub rating_sum: f64,
    pub rating_sum_sq: f64,
    pub low: f64,
    pub high: f64,
    pub queued_ms: u64,
    pub patience_s: f64,
    /// One for each region of the rules, in their order.
    pub legs: Vec<Leg>,
}

/// A party's way to one region.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Leg {
    /// Round trip above the free part, in ms, summed over the players.
    pub excess_ms: f64,
    /// Longest round trip of a player, in ms.
    pub worst_ms: f64,
}

impl Unit {
    pub fn new(at: usize, candidate: &Candidate, rules: &Rules, now_ms: u64) -> Self {
        let players = candidate.party.players();
        let ratings = || players.iter().map(|player| player.rating);
        let rating_sum = ratings().sum::<f64>();
        Self {
            at,
            id: candidate.id,
            size: players.len(),
            rating: rating_sum / players.len() as f64,
            rating_sum,
            rating_sum_sq: ratings().map(|rating| rating * rating).sum(),
            low: ratings().fold(f64::INFINITY, f64::min),
            high: ratings().fold(f64::NEG_INFINITY, f64::max),
            queued_ms: candidate.queued_ms,
            patience_s: rules.patience_s(candidate.age_ms(now_ms), candidate.tries),
            legs: rules.legs_of(players),
        }
    }

    /// Its size where sums are weighed by players.
    pub fn players(&self) -> f64 {
        self.size as f64
    }

    pub fn age_ms(&self, now_ms: u64) -> u64 {
        now_ms.saturating_sub(self.queued_ms)
    }
}

/// The players of several candidates, to be seen each once.
pub(crate) fn player_ids<'a>(
    candidates: impl IntoIterator<Item = &'a Candidate>,
) -> impl Iterator<Item = &'a PlayerId> {
    candidates.into_iter().flat_map(|candidate| candidate.party.player_ids())
}

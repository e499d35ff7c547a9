use crate::people::People;
use crate::{Candidate, Outlook, Party, PlayerId, Rules, TicketId};

/// A ticket in the numbers that judging needs, worked out once for each search.
#[derive(Debug, Clone)]
pub(crate) struct Unit<'a> {
    /// Its index in the range's candidates.
    pub at: usize,
    pub id: TicketId,
    pub party: &'a Party,
    pub size: usize,
    /// Mean rating of the party.
    pub rating: f64,
    pub rating_sum: f64,
    pub rating_sum_sq: f64,
    pub deviation_sq_sum: f64,
    pub low: f64,
    pub high: f64,
    pub queued_ms: u64,
    pub patience_s: f64,
    /// One for each region of the rules, in their order.
    pub legs: Vec<Leg>,
    /// Lowest and highest of each number that the rules limit; nobody's are (∞, -∞).
    pub numbers: Vec<(f64, f64)>,
    /// Members of each of the rules' sets that all of its players take, as bits.
    pub sets: Vec<u64>,
    /// Each player's roles, most wanted first; empty where the rules know no roles.
    pub wishes: Vec<Vec<usize>>,
    /// How many of them play a role that they did not name in whatever team they sit, at least.
    pub off_roles: usize,
    pub people: People,
}

/// A party's way to one region.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leg {
    /// Round trip, in ms, summed over the players.
    pub rtt_ms: f64,
    /// That part of it that is not free.
    pub excess_ms: f64,
    /// Longest round trip of a player, in ms.
    pub worst_ms: f64,
    /// Shortest round trip of a player, in ms; infinite where nobody reported any.
    pub best_ms: f64,
    /// The age from which on the limits allow this region to all of them, in ms; the highest number where they never do.
    pub allowed_age_ms: u64,
}

impl Default for Leg {
    fn default() -> Self {
        Self { rtt_ms: 0.0, excess_ms: 0.0, worst_ms: 0.0, best_ms: f64::INFINITY, allowed_age_ms: 0 }
    }
}

impl Leg {
    /// That of several parties together.
    pub fn of_all<'a>(legs: impl Iterator<Item = &'a Self>) -> Self {
        let mut all = Self::default();
        legs.for_each(|leg| all.add(leg));
        all
    }

    pub fn add(&mut self, other: &Self) {
        self.rtt_ms += other.rtt_ms;
        self.excess_ms += other.excess_ms;
        self.worst_ms = self.worst_ms.max(other.worst_ms);
        self.best_ms = self.best_ms.min(other.best_ms);
        self.allowed_age_ms = self.allowed_age_ms.max(other.allowed_age_ms);
    }

    /// Between the longest and the shortest round trip, in ms.
    pub fn difference_ms(&self) -> f64 {
        (self.worst_ms - self.best_ms).max(0.0)
    }
}

impl<'a> Unit<'a> {
    pub fn new(at: usize, candidate: &'a Candidate, rules: &Rules, outlook: &Outlook, now_ms: u64) -> Self {
        let mut unit =
            Self { at, id: candidate.id, queued_ms: candidate.queued_ms, ..Self::of(&candidate.party, rules) };
        unit.patience_s = rules.patience_of(&unit, candidate.tries, outlook, now_ms);
        unit
    }

    /// A party as such: not waiting, with nothing to give.
    pub fn of(party: &'a Party, rules: &Rules) -> Self {
        let players = party.players();
        let ratings = || players.iter().map(|player| player.rating);
        let rating_sum = ratings().sum::<f64>();
        let wishes = rules.wishes_of(players);
        Self {
            at: 0,
            id: TicketId(0),
            party,
            size: players.len(),
            rating: rating_sum / players.len() as f64,
            rating_sum,
            rating_sum_sq: ratings().map(|rating| rating * rating).sum(),
            deviation_sq_sum: players.iter().map(|player| player.deviation * player.deviation).sum(),
            low: ratings().fold(f64::INFINITY, f64::min),
            high: ratings().fold(f64::NEG_INFINITY, f64::max),
            queued_ms: 0,
            patience_s: 0.0,
            legs: rules.legs_of(players),
            numbers: rules.numbers_of(players),
            sets: rules.sets_of(players),
            off_roles: rules.off_roles_alone(&wishes),
            wishes,
            people: People::of(players),
        }
    }

    /// The region nearest to it on average, the first of equals.
    pub fn home(&self) -> usize {
        let nearest = self.legs.iter().enumerate().min_by(|(_, a), (_, b)| a.rtt_ms.total_cmp(&b.rtt_ms));
        nearest.map_or(0, |(at, _)| at)
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

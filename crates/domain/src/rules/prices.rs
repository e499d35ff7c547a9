use super::measure::Measures;

/// What imperfections cost, in seconds of waiting.
#[derive(Debug, Clone)]
pub(super) struct Prices {
    /// For each rating point between the highest and the lowest team mean.
    pub rating_gap: f64,
    /// For each percentage point by which the best team is expected to win more often than every other time.
    pub win_probability: f64,
    /// For each rating point of standard deviation among the match's players.
    pub rating_spread: f64,
    /// For each millisecond of a player's round trip that is not free, averaged over the players.
    pub rtt: f64,
    /// A round trip of up to this is free,
    pub rtt_free_ms: f64,
    /// and one of up to so much more than the player's best.
    pub rtt_free_over_best_ms: f64,
    /// For each millisecond between the longest and the shortest round trip.
    pub rtt_difference: f64,
    /// For a player in a role that he did not name, averaged over the players.
    pub off_role: f64,
    /// For each player by which the largest party of one team exceeds that of another.
    pub party_size: f64,
    /// For a player who meets someone of his last matches, averaged over the players.
    pub rematch: f64,
}

/// The keys of the prices in the order of [`Prices::parts_s`].
pub(crate) const PRICE_KEYS: [&str; 8] = [
    "price.rating_gap",
    "price.win_probability",
    "price.rating_spread",
    "price.rtt",
    "price.rtt_difference",
    "price.off_role",
    "price.party_size",
    "price.rematch",
];

impl Prices {
    /// The parts of a match's cost, a mean over its players, in seconds.
    pub fn parts_s(&self, match_: &Measures) -> [f64; PRICE_KEYS.len()] {
        [
            self.rating_gap * match_.rating_gap,
            self.win_probability_s(match_.win_probability),
            self.rating_spread * match_.rating_spread,
            self.rtt * match_.rtt_excess_ms,
            self.rtt_difference * match_.rtt_difference_ms,
            self.off_role * match_.off_roles / match_.players,
            self.party_size * match_.party_difference,
            self.rematch * match_.rematches / match_.players,
        ]
    }

    pub fn cost_s(&self, match_: &Measures) -> f64 {
        self.parts_s(match_).iter().sum()
    }

    /// What it costs that the better side wins this often, in seconds.
    pub fn win_probability_s(&self, win_probability: f64) -> f64 {
        self.win_probability * 100.0 * (win_probability - 0.5)
    }

    /// What a region costs, apart from all else, in seconds.
    pub fn region_s(&self, rtt_excess_ms: f64, rtt_difference_ms: f64) -> f64 {
        self.rtt * rtt_excess_ms + self.rtt_difference * rtt_difference_ms
    }

    /// Whether one against one costs nothing but a price for each rating point: then costs add up along the scale of ratings.
    pub fn is_linear(&self) -> bool {
        let others = [self.win_probability, self.rtt, self.rtt_difference, self.off_role, self.rematch];
        others.iter().all(|price| *price == 0.0)
    }

    /// The same prices, each times `factor`; what is free stays.
    pub fn scaled(&self, factor: f64) -> Self {
        Self {
            rating_gap: self.rating_gap * factor,
            win_probability: self.win_probability * factor,
            rating_spread: self.rating_spread * factor,
            rtt: self.rtt * factor,
            rtt_difference: self.rtt_difference * factor,
            off_role: self.off_role * factor,
            party_size: self.party_size * factor,
            rematch: self.rematch * factor,
            ..*self
        }
    }
}

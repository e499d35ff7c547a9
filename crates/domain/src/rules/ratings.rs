use crate::unit::Unit;

/// What a judgement needs to know of the ratings, gathered in one pass.
pub(super) struct Ratings {
    pub players: f64,
    sum: f64,
    sum_sq: f64,
    pub low: f64,
    pub high: f64,
    /// Between the highest and the lowest team mean.
    pub gap: f64,
    /// Summed over the players.
    pub patience_s: f64,
    /// When the oldest ticket was queued.
    pub queued_ms: u64,
}

impl Ratings {
    pub fn of(teams: &[&[&Unit]]) -> Self {
        let (low, high) = (f64::INFINITY, f64::NEG_INFINITY);
        let mut all =
            Self { players: 0.0, sum: 0.0, sum_sq: 0.0, low, high, gap: 0.0, patience_s: 0.0, queued_ms: u64::MAX };
        let (mut mean_low, mut mean_high) = (low, high);
        for team in teams {
            let (mut players, mut sum) = (0.0, 0.0);
            for unit in *team {
                players += unit.players();
                sum += unit.rating_sum;
                all.add(unit);
            }
            mean_low = mean_low.min(sum / players);
            mean_high = mean_high.max(sum / players);
            all.players += players;
            all.sum += sum;
        }
        all.gap = mean_high - mean_low;
        all
    }

    fn add(&mut self, unit: &Unit) {
        self.sum_sq += unit.rating_sum_sq;
        self.low = self.low.min(unit.low);
        self.high = self.high.max(unit.high);
        self.patience_s += unit.patience_s * unit.players();
        self.queued_ms = self.queued_ms.min(unit.queued_ms);
    }

    /// Population standard deviation of the players' ratings.
    pub fn deviation(&self) -> f64 {
        let mean = self.sum / self.players;
        // Rounding can leave a variance of almost nothing below zero.
        (self.sum_sq / self.players - mean * mean).max(0.0).sqrt()
    }
}

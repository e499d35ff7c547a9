//! What waiting on is worth: learned from a queue's recent arrivals, so that a quiet night tunes itself.

mod rate;
mod survey;

use crate::Party;

/// A ticket that came into a queue lately, whatever became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    /// When it came, in ms since the Unix epoch.
    pub queued_ms: u64,
    pub party: Party,
}

/// What waiting on is worth in one queue and pool, by home region, role and rating. Empty: nothing is known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outlook {
    pub prospects: Vec<Prospect>,
}

/// What waiting on is worth to tickets of one home region and one first role.
#[derive(Debug, Clone, PartialEq)]
pub struct Prospect {
    /// Empty where the queue knows no regions.
    pub region: String,
    /// The role that its player wants most; empty for parties, for players who name none, and where the queue knows no roles.
    pub role: String,
    /// Ratings in rating points, ascending, and what waiting on is worth there, in seconds; between them it runs straight, beyond
    /// them it stays.
    pub worth_s: Vec<(f64, f64)>,
}

impl Outlook {
    /// What waiting on is worth to one who lives in `region`, wants `role` most and has this rating, in seconds; that of any role
    /// where nothing is known of his. None where nothing is known at all.
    pub fn worth_s(&self, region: &str, role: &str, rating: f64) -> Option<f64> {
        let of = |role: &str| self.prospects.iter().find(|prospect| prospect.region == region && prospect.role == role);
        of(role).or_else(|| of("")).and_then(|prospect| prospect.at(rating))
    }
}

impl Prospect {
    fn at(&self, rating: f64) -> Option<f64> {
        let above = self.worth_s.partition_point(|(knot, _)| *knot < rating);
        let after = self.worth_s.get(above);
        let before = above.checked_sub(1).and_then(|below| self.worth_s.get(below));
        match (before, after) {
            (Some((low, low_s)), Some((high, high_s))) => {
                let way = (rating - low) / (high - low);
                Some(low_s + way * (high_s - low_s))
            }
            (known, other) => known.or(other).map(|(_, worth_s)| *worth_s),
        }
    }
}

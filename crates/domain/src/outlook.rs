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
    /// The role that its players want most; empty where the queue knows no roles, and for players who name none.
    pub role: String,
    /// Ratings in rating points, ascending, and what waiting on is worth there, in seconds; between them it runs straight.
    pub worth_s: Vec<(f64, f64)>,
}

use crate::{Rejection, TicketId};

/// Why a ticket is still waiting.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// How long it has waited, in ms.
    pub age_ms: u64,
    /// Other tickets seen around it.
    pub seen: u32,
    /// What kept them from matching with it, by rule.
    pub rejections: Vec<Rejection>,
    /// The most that a match may cost it now, in seconds of waiting; infinite when it takes any that the limits allow.
    pub patience_s: f64,
    /// The best match with it that the limits allow, were it worth making.
    pub nearest_miss: Option<Miss>,
    /// For each rule, what would have to change for a match now, all other rules standing.
    pub remedies: Vec<Remedy>,
    /// Age in ms at which the present rules make a match of the tickets now seen; none if they never do.
    pub matches_at_age_ms: Option<u64>,
}

/// A match that was possible but not worth making.
#[derive(Debug, Clone, PartialEq)]
pub struct Miss {
    /// Everyone in it, team by team.
    pub teams: Vec<Vec<TicketId>>,
    /// Empty when the queue knows no regions.
    pub region: String,
    /// What it costs its players, in seconds of waiting.
    pub cost_s: f64,
    /// What they would have given for it: the mean of their patience, in seconds.
    pub patience_s: f64,
    /// The parts of the cost by price, in seconds; those that are 0 are left out.
    pub costs: Vec<(&'static str, f64)>,
}

/// One rule's change that would match the ticket now.
#[derive(Debug, Clone, PartialEq)]
pub struct Remedy {
    /// The key of the rules file: `limit.rating_gap`, `price.rtt`, `patience`.
    pub key: String,
    /// Its value now, at the age of the oldest ticket, in the key's unit.
    pub is: f64,
    /// The nearest value that would do.
    pub needed: f64,
}

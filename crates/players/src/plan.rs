use std::time::Duration;

/// How they play. Times are those of the clock, not of a trace.
#[derive(Debug, Clone)]
pub struct Plan {
    pub queue: String,
    pub realm: String,
    pub speed: f64,
    pub game: Duration,
    pub ack_delay: Option<Duration>,
    pub cancel_share: f64,
    pub cancel_after: Duration,
    /// Parties that go away without a word `vanish_after` they were queued, unless they have a match by then.
    pub vanish_share: f64,
    pub vanish_after: Duration,
    pub drain: Duration,
    pub players_max: usize,
}

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
    pub drain: Duration,
    pub players_max: usize,
}

use domain::Instance;
use std::time::Duration;

/// Who this mover is.
#[derive(Debug, Clone)]
pub struct Config {
    pub instance: Instance,
    /// Whether anyone who reaches it may have it leave, by `Inspect.Drain`.
    pub drainable: bool,
}

/// Proposals in work on one stream.
pub const PROPOSALS_IN_WORK_MAX: usize = 1_024;
/// Commits at the store at once, of all streams; the others wait for their turn. Enough to keep it busy, few enough that what was committed
/// is read from there and delivered meanwhile.
pub const COMMITS_IN_WORK_MAX: usize = 256;
/// How long a commit's outcome is asked for. Shorter than a matchmaker waits for one answer, so that it hears UNKNOWN.
pub const COMMIT_WAIT_MAX: Duration = Duration::from_millis(1_200);
/// Pause between tries.
pub const COMMIT_PAUSE: Duration = Duration::from_millis(25);

/// The lead is taken for this long and renewed each [`LEAD_RENEW`].
pub const LEAD_TTL: Duration = Duration::from_millis(3_000);
pub const LEAD_RENEW: Duration = Duration::from_millis(1_000);
/// A leader that could not renew for this long stops by itself, on its own monotonic clock, before the lease runs out.
pub const LEAD_SELF_STOP: Duration = Duration::from_millis(2_000);
/// How often a standby looks whether the lead is free.
pub const STANDBY_POLL: Duration = Duration::from_millis(250);

/// Events read from the outbox at once.
pub const EVENTS_READ_MAX: usize = 1_000;
/// How long one read waits for the first event. Short, so that a mover that lost the lead notices.
pub const EVENTS_WAIT: Duration = Duration::from_millis(500);
/// Events read and not yet taken by everyone who should hear of them. When reached, no more are read.
pub const EVENTS_IN_FLIGHT_MAX: usize = 8_192;
/// How often the outbox is trimmed.
pub const TRIM_EVERY: Duration = Duration::from_millis(500);

/// Events read and not yet taken by one playserver; beyond it they are dropped and the playserver is told to resync. A quarter of all: so
/// one that hangs keeps no other from being told, nor do three. More than two reads bring: one that only lags is seldom told to.
pub const COURIER_EVENTS_MAX: usize = EVENTS_IN_FLIGHT_MAX / 4;
/// A playserver that was told to resync is not told so again for as long, and what waits for it is delivered meanwhile. One that
/// always has more to be told than it takes would be told nothing else.
pub const RESYNC_PAUSE: Duration = Duration::from_millis(500);
/// Events of one delivery. Each is no more than a match with its tickets: many times fewer bytes than a message may have.
pub const EVENTS_TOGETHER_MAX: usize = 64;
/// Deliveries in flight to one playserver.
pub const DELIVERIES_IN_FLIGHT_MAX: usize = 256;
/// How long one try of a delivery may take.
pub const DELIVERY_TRY_MAX: Duration = Duration::from_millis(2_000);
/// Pause before a playserver that could not be reached is tried again.
pub const DELIVERY_PAUSE: Duration = Duration::from_millis(100);

/// How often matches are looked after.
pub const TEND_EVERY: Duration = Duration::from_millis(250);
/// Matches looked after in one turn, and those of them in work at the same time.
pub const TEND_MAX: usize = 1_000;
pub const TENDED_IN_WORK_MAX: usize = 32;
/// A committed match that its host has not started by then is published again, or given to another host.
pub const START_WAIT_MS: u64 = 2_000;
/// A committed match that no host has started by then fails: its tickets go back with their age.
pub const START_WAIT_MS_MAX: u64 = 10_000;
/// An assigned match that not everybody acknowledged is told again when as long has passed again as it stood, and at least this.
pub const REMIND_MS_MIN: u64 = 1_000;

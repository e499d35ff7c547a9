use domain::Instance;
use std::time::Duration;

/// Who this playserver is.
#[derive(Debug, Clone)]
pub struct Config {
    /// `capacity` counts matches hosted at the same time.
    pub instance: Instance,
    /// Whether anyone who reaches it may have it leave, by `Inspect.Drain`.
    pub drainable: bool,
    /// The assignment: what the players of a match hosted here are told to connect to.
    pub game_address: String,
    /// How long a ticket whose last watcher went away may wait on for him; none: as long as any other.
    pub unwatched_max: Option<Duration>,
}

/// Updates waiting for one client; beyond it the client is cut and comes back to a snapshot.
pub const WATCH_QUEUE_MAX: usize = 64;
/// Updates waiting on one realm server's stream; beyond it the stream is cut, as a client's is.
pub const FOLLOW_QUEUE_MAX: usize = 4_096;
/// First updates of whoever is followed that wait on one realm server's stream; further ones wait for room. The rest of the stream's queue
/// is kept for changes, which cannot wait.
pub const FOLLOW_FIRSTS_MAX: usize = FOLLOW_QUEUE_MAX / 2;
/// Players and tickets followed on one stream.
pub const FOLLOWED_MAX: usize = 100_000;
/// Calls in work on one realm server's stream.
pub const FOLLOW_CALLS_MAX: usize = 256;
/// Watchers here, counting each subject of a realm server's stream; beyond it a watch is refused.
pub const WATCHERS_MAX: usize = 200_000;
/// Watchers of one player or one ticket, here: the devices of a party, and what is left of connections that broke.
pub const WATCHERS_OF_ONE_MAX: usize = 64;
/// Deliveries in work on the mover's stream, each of up to 64 events.
pub const DELIVERIES_IN_WORK_MAX: usize = 1_024;
/// Subjects whose last watcher left, waiting to be signed off; and those of them in work at the same time.
pub const SIGN_OFF_QUEUE_MAX: usize = WATCHERS_MAX;
pub const SIGN_OFFS_IN_WORK_MAX: usize = 32;
/// Subjects read at the same time in a resync.
pub const RESYNC_READS_MAX: usize = 32;
/// Everyone watched here is signed on again this often; the store keeps the note for a day.
pub const SIGN_ON_AGAIN: Duration = Duration::from_secs(6 * 3_600);
/// Pause before a resync that failed is tried again.
pub const RESYNC_PAUSE: Duration = Duration::from_millis(500);
/// Matches being started at the same time.
pub const STARTS_IN_WORK_MAX: usize = 256;
/// Tries to note a match as started; then the mover's look after it takes over.
pub const START_TRIES_MAX: usize = 5;
pub const START_PAUSE: Duration = Duration::from_millis(200);
/// How often matches that ran as long as they may are counted out.
pub const RECOUNT_EVERY: Duration = Duration::from_secs(1);
/// When a started match that must be acknowledged is first looked at, in ms.
pub const ACKNOWLEDGE_LOOK_MS: u64 = 1_000;
/// Tickets whose watchers went away, waiting for them to come back; further ones are left to expire.
pub const ABSENCES_MAX: usize = WATCHERS_MAX;
/// Those of them that are due, being let go of at the same time.
pub const ABSENCES_IN_WORK_MAX: usize = 32;
/// Tries to let one of them leave, and the pause between two.
pub const ABSENCE_TRIES_MAX: u32 = 5;
pub const ABSENCE_PAUSE: Duration = Duration::from_millis(500);

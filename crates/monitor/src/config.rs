use chassis::HttpLimits;
use std::time::Duration;

/// What the monitor may do besides look, and what it tells.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Whether the page may spawn clients.
    pub may_spawn: bool,
    /// Where a trace is shown, with `{trace_id}` in it; none: nowhere.
    pub traces: Option<String>,
    /// Names by which the page may be asked for besides IP addresses and `localhost`: without this list, another site could give its own
    /// name this machine's address, and read along.
    pub hosts: Vec<String>,
}

/// Pages open at once.
pub const VIEWERS_MAX: usize = 16;
/// How long the system is watched after the last page was closed, so that one that is loaded again finds its charts.
pub const LINGER: Duration = Duration::from_secs(30);
/// How often pages are told what changed.
pub const PACE: Duration = Duration::from_millis(250);

/// How long a search or a proposal is shown at the least: it takes milliseconds, which no eye can follow.
pub const GLIMPSE: Duration = Duration::from_millis(700);
/// Searches and proposals that are shown although they are over.
pub const GLIMPSES_MAX: usize = 512;
/// Tickets that are remembered of one instance; of the others only the number is known.
pub const INSTANCE_TICKETS_MAX: usize = 50_000;
/// Waiting tickets of a queue that are shown one by one; where there are more, how many of like rating and wait.
pub const SINGLES_MAX: usize = 300;
/// Of those many, the oldest, who are named all the same.
pub const CROWD_NAMED_MAX: usize = 24;
/// Tickets in each later stage that are shown one by one.
pub const STAGE_SHOWN_MAX: usize = 150;
/// Watched players who are named for each playserver.
pub const WATCHED_NAMED_MAX: usize = 30;
/// Rating points from one cell to the next.
pub const CELL_RATING: f64 = 50.0;
/// Steps of a tenfold wait, counted from one second, from one cell to the next.
pub const CELLS_PER_DECADE: f64 = 8.0;

/// Seconds that the charts show.
pub const HISTORY_S_MAX: usize = 300;
/// Matches whose figures go into one second's sample.
pub const SAMPLED_MAX: usize = 2_000;

/// Tickets of a match whose cost is told by its parts: each of them is asked for.
pub const APPRAISED_TICKETS_MAX: usize = 20;

/// Longest body of a request, in bytes.
pub const BODY_BYTES_MAX: usize = 4 * 1024;
/// Requests in work at once, with the pages' streams.
pub const REQUESTS_MAX: usize = 64;
/// How long a request that is no stream may take.
pub const REQUEST_WAIT_MAX: Duration = Duration::from_secs(10);
/// How long spawned clients may take to leave at shutdown.
pub const FINISH_WAIT_MAX: Duration = Duration::from_secs(2);
/// A browser opens up to six connections to a page, and one that was cut comes back by itself.
pub const PAGE: HttpLimits = HttpLimits {
    connections_max: 256,
    head_wait_max: Duration::from_secs(10),
    open_max: Duration::from_secs(3_600),
    keep_alive: true,
};
/// How often a page hears that it is still connected.
pub const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// Parties that were spawned and are still here.
pub const SPAWNED_MAX: usize = 4_000;
/// Parties spawned in a second.
pub const SPAWN_RATE_MAX: f64 = 200.0;
/// How long their games last, in ms.
pub const GAME_MS: std::ops::Range<u64> = 8_000..16_000;
/// How long a spawned party stays past the end of its ticket's wait and of its game.
pub const VISIT_GRACE: Duration = Duration::from_secs(30);
/// Connections of the spawned clients to each instance.
pub const CONNECTIONS: usize = 2;

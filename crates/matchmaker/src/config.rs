use domain::Instance;
use std::time::Duration;

/// Who this matchmaker is.
#[derive(Debug, Clone)]
pub struct Config {
    pub instance: Instance,
    /// Whether anyone who reaches it may have it leave, by `Inspect.Drain`.
    pub drainable: bool,
}

/// Searches in work on one stream; an orchestrator whose stream is full passes this matchmaker over.
pub const SEARCHES_IN_WORK_MAX: usize = 64;
/// Proposals in flight to the mover.
pub const PROPOSALS_IN_FLIGHT_MAX: usize = 1_024;
/// Ranges with more tickets than this are searched away from the threads that serve sockets.
pub const INLINE_TICKETS_MAX: usize = 256;
/// How long one proposal may look for its verdict, over all tries. Longer than a mover's takeover usually takes, so that a
/// proposal lives through one.
pub const PROPOSE_WAIT_MAX: Duration = Duration::from_millis(4_000);
/// How long one try to have a proposal committed may take.
pub const PROPOSE_TRY_MAX: Duration = Duration::from_millis(1_500);
/// Pause between two tries to have a proposal committed.
pub const PROPOSE_PAUSE: Duration = Duration::from_millis(50);
/// How often it looks who leads.
pub const LEADER_POLL: Duration = Duration::from_millis(100);

/// How long after it was sought a ticket is looked for again that stood in a proposal in work then, in ms.
pub const UNDECIDED_AGAIN_MS: u64 = 20;
/// How long the tickets of a match are left out of ranges: one that was read before the match was made is hardly ever longer under way.
pub const CLAIMS_KEPT: Duration = Duration::from_millis(3_000);
/// Tickets of matches that are remembered; beyond them the oldest are forgotten, and may be proposed in vain.
pub const CLAIMS_MAX: usize = 100_000;

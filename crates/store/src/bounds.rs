//! Every bound of the store, by name.

use std::time::Duration;

/// Most tickets QUEUED in a realm.
pub const TICKETS_WAITING_MAX: u64 = 2_000_000;
/// Most events in a realm's outbox that nobody took.
pub const EVENTS_UNTAKEN_MAX: u64 = 1_000_000;
/// Most playservers noted as watching one subject.
pub const WATCHERS_MAX: usize = 8;
/// Most tries that are counted.
pub const TRIES_MAX: u32 = 1_000;
/// How long a ticket or match is kept after its end, in ms.
pub const TERMINAL_KEPT_MS: u64 = 600_000;
/// How long a player's tries are kept after his ticket's end, in ms.
pub const TRIES_KEPT_MS: u64 = 86_400_000;
/// How long a player's memory of whom he met is kept after the end of his last match, in ms.
pub const RECENT_KEPT_MS: u64 = 3_600_000;
/// Most tickets or matches that one step of adopt, release, expiring or due answers, whatever limit is asked for;
/// and most players of whom recent answers.
pub const BATCH_MAX: usize = 1_000;
/// Largest party, in bytes, that Redis lists in an index and among arrivals; a larger one stands in its ticket alone, and is read from
/// there. A list is read by the number of its entries: a range of so many tickets reads up to twice as many for each of its regions.
pub const PARTY_LISTED_BYTES_MAX: usize = 4_096;
/// About how many tickets one step of a walk over all that wait, or that somebody holds, comes to.
pub const WALK_STEP: usize = 500;
/// Most events that one call answers, whatever limit is asked for.
pub const EVENTS_MAX: usize = 1_000;
/// Longest wait for an event, whatever is asked for.
pub const EVENTS_WAIT_MAX: Duration = Duration::from_secs(10);
/// Most arrivals of one queue that are kept.
pub const ARRIVALS_KEPT: usize = 1_024;
/// How long a queue's arrivals are kept after the last of them, in ms.
pub const ARRIVALS_KEPT_MS: u64 = 3_600_000;
/// Most instances of one role that are answered.
pub const INSTANCES_MAX: usize = 10_000;

/// The two bounds at which a realm takes no more tickets. The default is [`TICKETS_WAITING_MAX`] and [`EVENTS_UNTAKEN_MAX`];
/// tests choose bounds that they can reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Most tickets QUEUED.
    pub tickets_waiting_max: u64,
    /// Most events in the outbox.
    pub events_untaken_max: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { tickets_waiting_max: TICKETS_WAITING_MAX, events_untaken_max: EVENTS_UNTAKEN_MAX }
    }
}

impl Bounds {
    /// Names the bound of QUEUED tickets in [`EnqueueOutcome::Full`](crate::EnqueueOutcome::Full).
    pub const TICKETS: &'static str = "tickets waiting";
    /// Names the bound of events in [`EnqueueOutcome::Full`](crate::EnqueueOutcome::Full).
    pub const EVENTS: &'static str = "events nobody took";
}

/// Most bytes of the parties of up to `limit` tickets that range, arrivals, adopt or expiring answers, but for one party: the answer ends
/// with the first by which it comes to more.
pub const fn parties_bytes_max(limit: usize) -> usize {
    limit.saturating_mul(PARTY_LISTED_BYTES_MAX)
}

/// What is answered of that which is found, in its order; `bytes` tells those of a party.
pub(crate) fn answered<T>(
    found: impl IntoIterator<Item = T>,
    limit: usize,
    bytes: impl Fn(&T) -> usize,
) -> impl Iterator<Item = T> {
    let mut before = 0;
    found.into_iter().take(limit).take_while(move |one| {
        let has_room = before <= parties_bytes_max(limit);
        before += bytes(one);
        has_room
    })
}

/// Whether an answer that was cut to these bounds, by the bytes of each of its parties, came to neither of them.
pub(crate) fn is_whole(limit: usize, bytes: impl ExactSizeIterator<Item = usize>) -> bool {
    bytes.len() < limit && bytes.sum::<usize>() <= parties_bytes_max(limit)
}

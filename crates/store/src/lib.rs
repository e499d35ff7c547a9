//! The one place where truth is kept. A store handle serves one realm.
//!
//! Every verb is one atomic step: it happens wholly or not at all, and whatever players should hear of appends its event to the
//! realm's outbox in that same step. Every verb may be repeated with the same arguments after a failure, and answers then what
//! the first try achieved: that is how an ambiguous outcome is settled.
//!
//! Architecture invariant: the store decides nothing. It never reads a party, a rule or a clock: times are arguments.
//! Only leases, and how long what is over is kept, run on the store's own clock.

pub mod bounds;
mod check;
#[cfg(feature = "testing")]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "it is a test that two crates run")]
pub mod conformance;
mod error;
mod memory;
pub mod recent;
mod redis;
#[cfg(feature = "testing")]
#[allow(clippy::disallowed_methods, clippy::panic, reason = "tests use it: it waits without a runtime, and fails them")]
pub mod testing;
mod verbs;

pub use self::bounds::Bounds;
pub use self::error::StoreError;
pub use self::memory::MemoryStore;
#[cfg(feature = "testing")]
pub use self::redis::Scripts;
pub use self::redis::{Observer, Operation, RedisStore, RoundTrip, RoundTripEnd};
pub use self::verbs::{
    AcknowledgeOutcome, Arrived, CommitOutcome, CommitRequest, Enqueue, EnqueueOutcome, Fence, Held, IndexedRange,
    IndexedTicket, Leadership, Leases, Leave, LeaveOutcome, MatchOutcome, Matches, NOBODY, Outbox, Snapshot, Store,
    Subject, Tickets, UNWATCHED_REASON, Versioned, Watched,
};

//! Lets whoever wants to see what this instance is and holds: `muster.v1.Inspect`.
//!
//! What is held is always known ([`Holdings`]), and costs a place in a map; it is put into words only while somebody listens. One task
//! then tells all listeners the same, through a bounded [`record`], which also lets them resume.

mod holdings;
mod record;
mod service;
mod telling;

pub use holdings::{Describe, Hold, Holdings};
pub use record::{Reader, Record};
pub use service::{Inspect, Oneself};

use std::time::Duration;

/// Changes are told together, this far apart.
pub const INSPECT_PACE: Duration = Duration::from_millis(200);
/// Messages of changes kept for those who lag behind or come back; whoever is farther behind is cut.
pub const RECORD_MESSAGES_MAX: usize = 64;
/// Listeners at once.
pub const INSPECTORS_MAX: usize = 16;
/// How long changes are still written down when nobody listens any more: a listener whose connection broke comes back.
pub const INSPECT_LINGER: Duration = Duration::from_secs(5);
/// Holds told in a snapshot.
pub const SNAPSHOT_HOLDS_MAX: usize = 20_000;
/// New or changed holds told in one interval.
pub const INTERVAL_HOLDS_MAX: usize = 4_000;
/// Holds let go of in one interval; beyond it everyone who listens begins with a snapshot again.
pub const INTERVAL_RELEASED_MAX: usize = 100_000;
/// Tickets of one hold that are told.
pub const HOLD_TICKETS_MAX: usize = 256;
/// Tickets and players in one message, after which the next begins: with names of the longest it stays far below gRPC's usual bound of
/// 4 MiB, whatever one more hold adds.
pub const MESSAGE_NAMES_MAX: usize = 8_192;

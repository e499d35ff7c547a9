//! What every service of Muster stands on: its server, its channels, calls over streams, discovery, the rules in force, time and
//! shutdown; and the one page on which a process tells what it measures.
//!
//! Architecture invariant: every limit of the network is a named constant here, and no service sets one of its own,
//! except the size of its messages.

pub mod backoff;
mod bearer;
mod calls;
mod channel;
mod clock;
mod compute;
mod discovery;
mod entrance;
mod fleet;
mod gather;
mod http;
mod inspect;
mod live_rules;
mod network;
mod ownership;
mod readable;
mod readiness;
mod scrape;
mod server;
pub mod status;

pub use bearer::Bearer;
pub use calls::{CallError, Caller, Requests, Traces, answer};
pub use channel::{Channel, ChannelError, channel};
pub use clock::Clock;
pub use compute::compute;
pub use discovery::{LEASE_TTL_MS, Load, PEERS_POLL_MS, PEERS_STALE_MS_MAX, Peers, Registration};
pub use entrance::Entrance;
pub use fleet::Fleet;
pub use gather::Gather;
pub use http::{HttpLimits, serve_http};
pub use inspect::{Describe, Hold, Holdings, INSPECT_PACE, Inspect, Oneself, Reader, Record};
pub use live_rules::LiveRules;
pub use network::{Listener, Network, Socket};
pub use ownership::check_ticket_is_of;
pub use readable::all_readable;
pub use readiness::Readiness;
pub use scrape::{SCRAPE_PATH, serve_metrics};
pub use server::{DRAIN_MS_MAX, ServeError, serve};
/// Fires once, when the process is to end. Child tokens end parts of it.
pub use tokio_util::sync::CancellationToken as Shutdown;

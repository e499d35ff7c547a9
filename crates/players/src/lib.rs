//! Players on the other side of the contract, and what they can say of it.
//!
//! A [`Client`] makes calls that survive a failure; `feed` lets an [`Arrival`] after the other queue, each a `party` whose `member`s
//! watch, acknowledge, play and leave; what they were told is kept in [`TicketRecord`]s, and [`audit`](audit()) tells which promise
//! those show broken.
//!
//! Architecture invariant: nothing here knows more than a player could. No store, no service, no rules.

mod arrival;
mod audit;
mod client;
mod feed;
pub mod history;
mod last_look;
mod member;
mod party;
mod plan;
mod record;
mod stage;
mod tally;

pub use arrival::{Arrival, Person};
pub use audit::{Broken, Which, audit};
pub use client::{Client, Pool, Pulse, Retry, Subject, Watch, code_name, is_passing};
pub use feed::play_all;
pub use plan::Plan;
pub use record::{Lost, Member, Point, Seen, TicketRecord, Told};
pub use stage::Stage;
pub use tally::{Refusals, Tally};

//! Pure matchmaking: what a ticket, a party, a rule set and a match are, and which matches are worth making.
//!
//! Architecture invariant: nothing here knows a clock, randomness, a socket or an executor. Time and seeds are
//! arguments, so the same input gives the same output, bit for bit, in a live service, a simulation and a test.

mod error;
mod event;
mod explain;
mod ids;
mod index;
mod instance;
pub mod limits;
mod matched;
mod outlook;
mod party;
mod people;
mod rules;
mod search;
mod ticket;
mod traceparent;
mod unit;

pub use error::Invalid;
pub use event::{Change, Cursor, Event, EventTicket};
pub use explain::{Explanation, Miss, Remedy, explain};
pub use ids::{InstanceId, MatchId, PlayerId, QueueName, RealmId, RegionName, RoleName, RulesVersion, TicketId};
pub use index::IndexRating;
pub use instance::{Instance, Role};
pub use matched::{Match, MatchState};
pub use outlook::{Arrival, Outlook, Prospect};
pub use party::{Party, Player};
pub use rules::{
    Appraisal, Doubt, DoubtKind, EARLIER_VERSIONS_MAX, EARLIER_VERSIONS_OF_ALL_MAX, Look, Mistake, Place, Placement,
    Review, RuleSet, Rules, RulesChange, RulesError, Term, Violation,
};
pub use search::{Budget, Outcome, Proposal, Range, Rejection, Ripening, Sought, search, search_within};
pub use ticket::{Candidate, Encoded, Ticket, TicketState};
pub use traceparent::{PackedTraceparent, Traceparent};

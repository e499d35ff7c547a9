//! Wire ⇄ domain, the only place. What comes from a client is checked here, once; what is inside is domain types.

mod event;
mod explain;
mod held;
mod outlook;
mod party;
mod ticket;

pub use explain::{explanation_to_wire, outage_name};
pub use held::held_ticket;
pub use outlook::{outlook_from_wire, outlook_to_wire};
pub use party::{decode_party, encode_party, party_from_wire};
pub use ticket::{decode_sheet, ticket_id_from_bytes, ticket_id_to_bytes, trace_id};

use domain::{Invalid, RealmId};

/// The `realm` of a request: empty stands for the realm that the service serves, and no other name is known.
pub fn check_realm(named: &str, served: &RealmId) -> Result<(), Invalid> {
    if named.is_empty() || named == served.as_str() {
        return Ok(());
    }
    Err(Invalid::new("realm", format!("must be empty or `{served}`, the realm served here")))
}

/// Parses an id written as hexadecimal digits; the error names `field`.
pub fn parse_id<T: std::str::FromStr<Err = Invalid>>(field: &str, text: &str) -> Result<T, Invalid> {
    text.parse().map_err(|invalid: Invalid| Invalid::new(field, invalid.bound))
}

/// A reason within its bound.
pub fn check_reason(reason: &str) -> Result<(), Invalid> {
    let max = domain::limits::REASON_BYTES_MAX;
    if reason.len() <= max {
        return Ok(());
    }
    Err(Invalid::new("reason", format!("must have at most {max} bytes, has {}", reason.len())))
}

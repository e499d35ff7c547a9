//! What the inner errors become on the wire.

use store::StoreError;
use tonic::Status;

/// INVALID_ARGUMENT that names the field and its bound.
pub fn invalid(invalid: domain::Invalid) -> Status {
    Status::invalid_argument(invalid.to_string())
}

/// As [`of_store`]; what this build cannot read is logged here.
pub fn unavailable(error: StoreError) -> Status {
    if matches!(error, StoreError::Corrupt(_)) {
        tracing::error!(%error, "the store answered what it should never");
    }
    of_store(error)
}

/// UNAVAILABLE while the store is away; INTERNAL when it holds what this build cannot read.
pub fn of_store(error: StoreError) -> Status {
    match error {
        StoreError::Unavailable(_) => Status::unavailable(error.to_string()),
        StoreError::Corrupt(_) => Status::internal(error.to_string()),
    }
}

/// NOT_FOUND.
pub fn no_ticket(id: domain::TicketId) -> Status {
    Status::not_found(format!("no ticket {id}"))
}

/// An error as it stands in a stream, where it ends one call and not the others.
pub fn failure(status: &Status) -> api::v1::Failure {
    api::v1::Failure { code: status.code() as i32, message: status.message().to_owned() }
}

/// FAILED_PRECONDITION for what is in a state that does not allow the call; the state stands in the message and the metadata.
pub fn in_state(what: &str, id: impl std::fmt::Display, state: &str) -> Status {
    let mut status = Status::failed_precondition(format!("{what} {id} is {state}"));
    describe(&mut status, api::TICKET_STATE_METADATA, state);
    status
}

/// Adds a detail that a program can read to a status. Text that metadata cannot carry is left out.
pub fn describe(status: &mut Status, key: &'static str, text: &str) {
    if let Ok(value) = text.parse() {
        status.metadata_mut().insert(key, value);
    }
}

//! What a failed call means to the person who asked.

use super::addresses::{Addresses, Side};
use std::error::Error;
use tonic::{Code, Status};

/// One line: the code and what the server said; where nobody listens, what to start. `side` is the one that was asked.
pub fn explain(status: &Status, addresses: &Addresses, side: Side) -> anyhow::Error {
    let asked = addresses.of(side).join(", ");
    if is_refused(status) {
        let flag = side.flag();
        return anyhow::anyhow!(
            "nothing listens (asked {asked}): start a system with `cargo run --release`, or name one with {flag}"
        );
    }
    if status.code() == Code::Unimplemented && status.message().is_empty() {
        return anyhow::anyhow!("{asked} answers, but is no {}: are --target and --play swapped?", side.role());
    }
    let message = status.message().lines().collect::<Vec<_>>().join(" ");
    anyhow::anyhow!("{}: {message}", code_name(status.code()))
}

fn is_refused(status: &Status) -> bool {
    let mut source = status.source();
    while let Some(error) = source {
        if error.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionRefused) {
            return true;
        }
        source = error.source();
    }
    false
}

/// The code as the gRPC documents write it.
pub fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

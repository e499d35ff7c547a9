//! What a failed call means to the person who asked.

use super::addresses::{Addresses, Side};
use players::code_name;
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

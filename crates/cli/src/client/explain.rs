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
        // Of several only the last that was asked is known.
        let what =
            if addresses.of(side).len() == 1 { "nothing listens" } else { "one does not listen, and no other took it" };
        return anyhow::anyhow!(
            "{what} (asked {asked}): start a system with `cargo run --release`, or name one with {flag}"
        );
    }
    if status.code() == Code::Unimplemented && status.message().is_empty() {
        return anyhow::anyhow!("{asked} answers, but is no {}: are --target and --play swapped?", side.role());
    }
    let message = cause(status).lines().collect::<Vec<_>>().join(" ");
    let asked = if is_of_transport(status) { format!(" (asked {asked})") } else { String::new() };
    anyhow::anyhow!("{}: {message}{asked}{}", code_name(status.code()), hint(status, &message, addresses))
}

/// What to do about it, where that is known; else nothing.
fn hint(status: &Status, message: &str, addresses: &Addresses) -> &'static str {
    let is_plain = addresses.are_encrypted().is_ok_and(|are| !are);
    match status.code() {
        _ if is_of_transport(status) && is_plain => " (is it behind TLS? then it is reached by https://)",
        _ if message.contains("UnknownIssuer") => " (--ca FILE names the authority that signed it)",
        Code::Unauthenticated if addresses.token_file.is_none() => " (--token-file FILE holds a token)",
        Code::AlreadyExists => " (cancel that ticket first, or end its match: `muster ticket show` tells which)",
        _ => "",
    }
}

/// What the server said; where it said nothing, what came in between.
pub fn cause(status: &Status) -> String {
    if !is_of_transport(status) {
        return status.message().to_owned();
    }
    let mut told = status.message().to_owned();
    let mut source = status.source();
    while let Some(error) = source {
        told = error.to_string();
        source = error.source();
    }
    told
}

fn is_of_transport(status: &Status) -> bool {
    status.source().is_some_and(|source| source.is::<tonic::transport::Error>())
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

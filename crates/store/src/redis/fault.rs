//! What an answer that is an error means to whoever asked, in words that hold no secret.

use crate::StoreError;
use ::redis::{ErrorKind, RedisError};
use std::error::Error;
use std::io;
use std::sync::Arc;

/// What a server says that is starting, or does not lead, or cannot have its replicas hold anything now.
const PASSING: [&str; 9] =
    ["LOADING", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN", "READONLY", "MOVED", "ASK", "NOREPLICAS", "UNBLOCKED"];
/// What it says of what it holds, or of what it was asked.
const LASTING: [&str; 3] = ["CORRUPT", "WRONGTYPE", "ERR"];
/// What the client says of it.
const NO_DATABASE: &str = "Redis server refused to switch database";
/// What Redis 7.0, and what later ones say within a script that may not do something.
const REFUSED_IN_SCRIPT: [&str; 2] = ["The user executing the script", "ACL failure in script"];

/// What it says that has no memory left, in a script too.
const NO_MEMORY: &str = "OOM command not allowed";

/// What it says that cannot write its append-only file or its snapshot, in a script too.
const NO_DISK: &str = "MISCONF ";

/// Whether the same may succeed in a moment: the connection is down, the server is starting or changing its role, or another leads.
pub(super) fn is_passing(error: &RedisError) -> bool {
    matches!(error.kind(), ErrorKind::Io | ErrorKind::MasterNameNotFoundBySentinel) || says(error, &PASSING)
}

/// Whether a connection could be had and is of no use: it was not let in, or not to the database of its URL.
pub(super) fn is_of_login(error: &RedisError) -> bool {
    matches!(error.kind(), ErrorKind::AuthenticationFailed) || error.to_string().starts_with(NO_DATABASE)
}

/// What Redis holds or the script does is at fault when it says so; all else is Redis being away, or refusing.
pub(super) fn fault(error: &RedisError, is_encrypted: bool) -> StoreError {
    if let Some(refusal) = refusal(error).or_else(|| guess(error, is_encrypted)) {
        return StoreError::Unavailable(refusal);
    }
    let is_lasting = matches!(error.kind(), ErrorKind::UnexpectedReturnType) || says(error, &LASTING);
    if is_lasting && !is_passing(error) {
        StoreError::Corrupt(error.to_string())
    } else {
        StoreError::Unavailable(error.to_string())
    }
}

/// What is wrong where one side is there and does not want the other.
fn refusal(error: &RedisError) -> Option<String> {
    let text = error.to_string();
    if matches!(error.kind(), ErrorKind::AuthenticationFailed) {
        return Some("Redis refuses the user or the password of its URL".to_owned());
    }
    if text.starts_with(NO_DATABASE) {
        return Some(text);
    }
    if says(error, &["NOAUTH"]) {
        return Some("Redis wants a user and a password, and its URL has none".to_owned());
    }
    if text.contains(NO_MEMORY) {
        return Some("Redis has no memory left: its maxmemory is too low for what it holds".to_owned());
    }
    if text.contains(NO_DISK) {
        return Some(format!("Redis takes no writes, for it cannot bring them to its disk: {text}"));
    }
    if says(error, &["NOPERM"]) || REFUSED_IN_SCRIPT.iter().any(|words| text.contains(words)) {
        return Some(format!("the user of the Redis URL lacks a permission: {text}"));
    }
    match of_tls(error)? {
        rustls::Error::InvalidCertificate(why) => Some(format!(
            "the certificate of Redis is not to be trusted: {why:?}; the authority that signed it is named by --redis-ca"
        )),
        rustls::Error::InvalidMessage(_) => Some(format!("Redis does not speak TLS at this port: {text}")),
        other => Some(format!("no TLS with Redis: {other}")),
    }
}

/// What it may be that a connection ends so: a port that speaks TLS alone hangs up on whoever does not, and one that speaks none waits
/// for more.
fn guess(error: &RedisError, is_encrypted: bool) -> Option<String> {
    match of_io(error)?.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe if !is_encrypted => {
            Some(format!("{error}; if Redis speaks TLS alone at this port, its URL must begin with rediss"))
        }
        io::ErrorKind::TimedOut if is_encrypted => {
            Some(format!("{error}; if Redis does not speak TLS at this port, its URL must begin with redis"))
        }
        _ => None,
    }
}

/// What TLS itself found wrong.
fn of_tls(error: &RedisError) -> Option<&rustls::Error> {
    of_io(error)?.get_ref()?.downcast_ref()
}

fn of_io(error: &RedisError) -> Option<&io::Error> {
    error.source()?.downcast_ref::<Arc<dyn Error + Send + Sync>>()?.downcast_ref()
}

/// Whether the server answered one of these codes.
fn says(error: &RedisError, codes: &[&str]) -> bool {
    let is_one = |code: Option<&str>| code.is_some_and(|code| codes.contains(&code));
    // A pipeline's error has no code of its own, but those of its commands.
    let of_commands = error.clone().into_server_errors();
    is_one(error.code()) || of_commands.is_some_and(|errors| errors.iter().any(|(_, error)| is_one(Some(error.code()))))
}

//! This program once more, in a process of its own.

use super::export::Export;
use crate::run::args::{QUIET, RealmArgs};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;
use tokio::process::Command;

/// What is each process's own: told to it by flags, or not at all.
const OF_ONE: [&str; 10] = [
    "MUSTER_ADVERTISE",
    "MUSTER_HEALTH",
    "MUSTER_INSECURE",
    "MUSTER_INSTANCE",
    "MUSTER_METRICS",
    "MUSTER_TLS_CA",
    "MUSTER_TLS_CERT",
    "MUSTER_TLS_KEY",
    "MUSTER_TOKEN_ISSUER",
    "MUSTER_TOKEN_KEYS",
];

/// How many threads a process of tokio's has, as tokio reads it.
const WORKERS: &str = "TOKIO_WORKER_THREADS";

/// A subcommand in the realm on this Redis, which ends with this process. It logs to `log`; without one to this process's stderr, and
/// then only what is amiss.
pub fn process(
    subcommand: &str,
    realm: &RealmArgs,
    redis: &str,
    export: &Export,
    log: Option<File>,
) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("this program cannot be found again")?);
    command.args([subcommand, "--realm", &realm.realm, "--with-parent", &std::process::id().to_string()]);
    for name in OF_ONE {
        command.env_remove(name);
    }
    // Its password is not for whoever lists the processes.
    command.env("MUSTER_REDIS", redis);
    match &realm.redis_ca {
        Some(file) => command.env("MUSTER_REDIS_CA", file),
        None => command.env_remove("MUSTER_REDIS_CA"),
    };
    if !realm.rules.is_empty() {
        command.arg("--rules").arg(joined(&realm.rules));
    }
    command.args(["--unwatched-s", &realm.unwatched_s.to_string()]);
    if realm.log_json {
        command.arg("--log-json");
    }
    match log {
        Some(file) => {
            command.stderr(file);
        }
        None if std::env::var_os("RUST_LOG").is_none() => {
            command.env("RUST_LOG", QUIET);
        }
        None => {}
    }
    if std::env::var_os(WORKERS).is_none() {
        command.env(WORKERS, workers().to_string());
    }
    export.tell(&mut command);
    command.process_group(0).kill_on_drop(true).stdin(Stdio::null());
    Ok(command)
}

/// Threads for one of many that share this machine: with one for every core in each of them, they spend their time on waking each other.
fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| (cores.get() / 2).max(1))
}

/// As `--rules` takes them.
pub fn joined(paths: &[PathBuf]) -> OsString {
    let paths: Vec<OsString> = paths.iter().map(OsString::from).collect();
    paths.join(OsString::from(",").as_os_str())
}

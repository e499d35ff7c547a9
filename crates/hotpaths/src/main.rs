//! Counts the instructions of each path under callgrind, and fails where they differ from those that are committed.
//! `cargo run --profile counted --locked -p hotpaths`; with `MUSTER_BLESS=1` it writes them anew.
//!
//! Architecture invariant: nothing here depends on time, so that a busy machine says the same as an idle one.

mod callgrind;
mod counts;

use counts::Counts;
use hotpaths::paths;
use std::path::Path;
use std::process::ExitCode;

/// The one that `muster` runs on.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What stands in the workspace's Cargo.toml for this.
const PROFILE: &str = "counted";
/// Tells the guard to write the file anew.
const BLESS: &str = "MUSTER_BLESS";
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.txt");

type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

fn main() -> ExitCode {
    let done = match std::env::args().nth(1) {
        Some(name) => go_along(&name),
        None => guard(),
    };
    done.unwrap_or_else(|error| {
        eprintln!("{error}");
        ExitCode::FAILURE
    })
}

/// What callgrind runs: one path.
fn go_along(name: &str) -> Result<ExitCode> {
    let path = paths().find(|path| path.name == name).ok_or_else(|| format!("no path is named {name:?}"))?;
    callgrind::be_counted(&(path.prepare)());
    Ok(ExitCode::SUCCESS)
}

fn guard() -> Result<ExitCode> {
    // Cargo names the directory after the profile.
    if std::env::current_exe()?.parent().and_then(Path::file_name).is_none_or(|profile| profile != PROFILE) {
        return Err(format!(
            "Counts are of the profile `{PROFILE}`: cargo run --profile {PROFILE} --locked -p hotpaths"
        )
        .into());
    }
    let now = Counts { tools: counts::tools()?, paths: callgrind::count(paths().filter(|path| path.is_counted))? };
    if std::env::var_os(BLESS).is_some() {
        std::fs::write(FILE, now.to_string())?;
        println!("{FILE} is written anew.");
        return Ok(ExitCode::SUCCESS);
    }
    let before = Counts::parse(&std::fs::read_to_string(FILE)?)?;
    let verdict = now.against(&before);
    print!("{verdict}");
    Ok(if verdict.is_held() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

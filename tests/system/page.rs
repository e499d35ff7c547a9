//! The commands that a page has its reader type, and the shell that they are typed into.

use crate::processes::MUSTER;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// Where the reader stands.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
/// Where `tests/run` installs programs.
const PROGRAMS: [&str; 2] = ["target/python/bin", "examples/typescript/node_modules/.bin"];

/// The lines of all blocks of commands in a page.
pub fn commands(page: &str) -> impl Iterator<Item = &str> {
    let blocks = page.split("```sh\n").skip(1).filter_map(|block| block.split("```").next());
    blocks.flat_map(str::lines)
}

/// Can it be tested with `program`, which needs `runtime`? Where not, that is said, and a story is left out. Since `tests/run` installs
/// the program wherever there is the runtime, in CI it must be there.
pub fn is_there(program: &str, runtime: &str) -> Result<bool> {
    let has = |name: &str| path().map(|mut path| path.any(|folder| folder.join(name).is_file()));
    let (is_there, can_be) = (has(program)?, has(runtime)?);
    ensure!(is_there || !can_be || std::env::var_os("CI").is_none(), "{program} is missing, which tests/run installs");
    if !is_there {
        eprintln!("left out: {program} is missing, which tests/run installs where there is {runtime}");
    }
    Ok(is_there)
}

/// A shell in which `script` runs, in the root of the project, with the tested binary as `muster`.
pub fn shell(script: &str) -> Result<Command> {
    let mut command = Command::new("sh");
    command.args(["-ec", &format!("muster() {{ '{MUSTER}' \"$@\"; }}\n{script}")]);
    command.current_dir(ROOT).env("PATH", std::env::join_paths(path()?)?).stdin(Stdio::null()).kill_on_drop(true);
    Ok(command)
}

fn path() -> Result<impl Iterator<Item = PathBuf>> {
    let path = std::env::var_os("PATH").context("PATH is not set")?;
    let inherited: Vec<PathBuf> = std::env::split_paths(&path).collect();
    Ok(PROGRAMS.into_iter().map(|folder| Path::new(ROOT).join(folder)).chain(inherited))
}

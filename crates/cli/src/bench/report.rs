//! What was measured, as a file.

use crate::misuse::Misuse;
use anyhow::{Context, Result};
use serde::Serialize;
use std::path::Path;

/// Fails where `--json` names what cannot become a file: before it is measured.
pub fn check(file: Option<&Path>) -> Result<(), Misuse> {
    let Some(file) = file else { return Ok(()) };
    let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if file.is_dir() || !dir.is_dir() {
        return Err(Misuse::new(format!(
            "--json must name a file in a directory that is there, is {}",
            file.display()
        )));
    }
    Ok(())
}

pub fn write(file: Option<&Path>, measured: &impl Serialize) -> Result<()> {
    let Some(file) = file else { return Ok(()) };
    let json = serde_json::to_string_pretty(measured)? + "\n";
    std::fs::write(file, json).with_context(|| format!("{} cannot be written", file.display()))
}

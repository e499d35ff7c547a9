//! What was measured, as a file and in print.

use crate::misuse::Misuse;
use anyhow::{Context, Result};
use serde::Serialize;
use std::fmt::Display;
use std::io::{self, Write, stdout};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// Write what was measured to a file
    #[arg(long, env = "MUSTER_BENCH_JSON", value_name = "FILE")]
    json: Option<PathBuf>,
}

impl ReportArgs {
    /// Fails where `--json` names what cannot become a file: before it is measured.
    pub fn check(&self) -> Result<(), Misuse> {
        let Some(file) = &self.json else { return Ok(()) };
        let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if file.is_dir() || !dir.is_dir() {
            return Err(Misuse::new(format!(
                "--json must name a file in a directory that is there, is {}",
                file.display()
            )));
        }
        Ok(())
    }

    /// Prints a row, before all is measured. That nobody reads on is an error, unless a file is yet to have it all.
    pub fn row(&self, row: impl Display) -> io::Result<()> {
        let printed = writeln!(stdout(), "{row}");
        if self.json.is_some() { Ok(()) } else { printed }
    }

    pub fn write(&self, measured: &impl Serialize) -> Result<()> {
        let Some(file) = &self.json else { return Ok(()) };
        let json = serde_json::to_string_pretty(measured)? + "\n";
        std::fs::write(file, json).with_context(|| format!("{} cannot be written", file.display()))
    }

    /// Writes it and prints what is `shown` of it; in this order, so that whoever reads no more of what is printed still has the file.
    pub fn tell(&self, measured: &impl Serialize, shown: impl Display) -> Result<()> {
        self.write(measured)?;
        Ok(writeln!(stdout(), "{shown}")?)
    }
}

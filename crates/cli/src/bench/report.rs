//! What was measured, as a file and in print.

use crate::misuse::{Misuse, check_json_file};
use anyhow::{Context, Result};
use serde::Serialize;
use std::fmt::Display;
use std::io::{self, Write, stdout};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// Write what was measured to a file
    #[arg(long, env = "MUSTER_BENCH_JSON", value_name = "FILE")]
    json: Option<PathBuf>,
}

impl ReportArgs {
    /// Fails where `--json` names what cannot become a file: before it is measured.
    pub fn check(&self) -> Result<(), Misuse> {
        self.json.as_deref().map_or(Ok(()), check_json_file)
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

    /// Writes it and prints what is `shown` of it; in this order, so that whoever reads no more of what is printed still has the file, and
    /// both, so that what cannot be written is still read.
    pub fn tell(&self, measured: &impl Serialize, shown: impl Display) -> Result<()> {
        let written = self.write(measured);
        let printed = writeln!(stdout(), "{shown}");
        written?;
        Ok(printed?)
    }
}

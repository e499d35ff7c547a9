//! Flags of `muster check`.

use clap::builder::FalseyValueParser;
use std::path::PathBuf;

const EXAMPLES: &str = "\
A file that can be used is told queue by queue: name, version, teams, and what binds a fresh ticket
and one about to expire. Then, each with file, line and column:
  error    keeps the file from being used
  warning  does not, but can hardly be meant: a limit that no match can keep, a key without effect

Exit code 0: all can be used; 1: some cannot, or there are warnings and --strict; 2: asked wrongly.

Examples:
  muster check rules/*.toml
  muster check --strict --json rules/*.toml";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Rules files, or directories of them, that would be given to a service together: no two may name one queue
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Fail on warnings too
    #[arg(long, env = "MUSTER_CHECK_STRICT", value_parser = FalseyValueParser::new())]
    pub strict: bool,
    /// One JSON document, for programs
    #[arg(long, env = "MUSTER_CHECK_JSON", value_parser = FalseyValueParser::new())]
    pub json: bool,
}

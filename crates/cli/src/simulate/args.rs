//! Flags of `muster simulate`. Each can come from the environment instead.

use crate::misuse::Misuse;
use crate::trace::Source;
use clap::builder::FalseyValueParser;
use std::path::PathBuf;

const EXAMPLES: &str = "\
A trace is a CSV file in order of time, with one of these headers:
  queue_ms,player_id,rating                          every row a player on his own
  queue_ms,party_id,player_id,rating,city,country    rows of one party_id that follow one another
                                                     queue together, one without queues alone

Every row is a ticket of its own; two rows of one player never stand in one match. Where the
rules price a rematch, he knows whom he met in his earlier matches of the run. In DIR:
  matches.csv     who played whom, when, after which wait: one line a player
  summary.json    what it came to; the same inputs give the same bytes
  report.html     the same in pictures, one page that needs nothing else
  compare/        the same two files for the rules of --compare

Examples:
  muster simulate --rules rules/duel.toml --trace arena --out /tmp/duel
  muster simulate --rules rules/duel.toml --compare mine.toml --trace arena --minutes 6 --out /tmp/mine";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Rules to play by
    #[arg(long, env = "MUSTER_SIMULATE_RULES", value_name = "FILE")]
    pub rules: PathBuf,
    /// Trace to play: a CSV file, or the word `arena` for the excerpt that ships with Muster
    #[arg(long, env = "MUSTER_SIMULATE_TRACE", value_name = "CSV")]
    pub trace: String,
    /// Directory to write to; it is made where it is missing, files of the same names are replaced
    #[arg(long, env = "MUSTER_SIMULATE_OUT", value_name = "DIR")]
    pub out: PathBuf,
    /// Other rules, shown beside the first in every picture and table
    #[arg(long, env = "MUSTER_SIMULATE_COMPARE", value_name = "FILE")]
    pub compare: Option<PathBuf>,
    /// Queue to play in, where a rules file holds several
    #[arg(long, env = "MUSTER_SIMULATE_QUEUE", value_name = "NAME")]
    pub queue: Option<String>,
    /// Take only rows that queue before this, in ms of the trace
    #[arg(long, env = "MUSTER_SIMULATE_UNTIL_MS", value_name = "MS", conflicts_with = "minutes")]
    pub until_ms: Option<u64>,
    /// Take only rows that queue within the first minutes of the trace
    #[arg(long, env = "MUSTER_SIMULATE_MINUTES", value_name = "N")]
    pub minutes: Option<f64>,
    /// Round-trip times from cities to regions [default: city_rtt.csv beside a trace that names cities]
    #[arg(long, env = "MUSTER_SIMULATE_RTT", value_name = "CITY_RTT.csv")]
    pub rtt: Option<PathBuf>,
    /// Leave out the trade-off curve, which plays the trace four more times for each rules file
    #[arg(long, env = "MUSTER_SIMULATE_NO_CURVE", value_parser = FalseyValueParser::new())]
    pub no_curve: bool,
}

/// A thousand years.
const MINUTES_MAX: f64 = 526_000_000.0;

impl Args {
    pub fn source(&self) -> Source<'_> {
        Source { trace: &self.trace, rtt: self.rtt.as_deref(), rows_max: None, prefix: "" }
    }

    /// Where the trace is cut, in ms of the trace.
    pub fn until_ms(&self) -> Result<u64, Misuse> {
        let Some(minutes) = self.minutes else { return Ok(self.until_ms.unwrap_or(u64::MAX)) };
        if !(minutes > 0.0 && minutes <= MINUTES_MAX) {
            return Err(Misuse::new(format!("--minutes must be above 0 and at most {MINUTES_MAX}, is {minutes}")));
        }
        Ok((minutes * 60_000.0).round() as u64)
    }
}

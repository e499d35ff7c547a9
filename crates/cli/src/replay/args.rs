//! Flags of `muster replay`. Each can come from the environment instead.

use crate::client::Addresses;
use crate::misuse::Misuse;
use crate::trace::Source;
use clap::builder::FalseyValueParser;
use players::Plan;
use std::path::PathBuf;
use std::time::Duration;

const EXAMPLES: &str = "\
A trace is a CSV file in order of time, with one of these headers:
  queue_ms,player_id,rating                          every row a player on his own
  queue_ms,party_id,player_id,rating,city,country    rows of one party_id that follow one another
                                                     queue together, one without queues alone

Seconds of the trace pass --speed times as fast; waits are reported in both. When an invariant is
broken the exit code is 1, and `BROKEN <which>: player <id> ...` says which and for whom: the first of
each kind, and how many more.

Examples:
  muster replay arena --speed 20                     ten real minutes, in thirty seconds
  muster replay my-trace.csv --queue teams-5v5 --speed 10 --json report.json
  muster replay arena --target 127.0.0.1:7600,127.0.0.1:7601 --play 127.0.0.1:7610,127.0.0.1:7611

Start a system to play against with `cargo run --release`.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Trace to play: a CSV file, or the word `arena` for the excerpt that ships with Muster
    #[arg(env = "MUSTER_REPLAY_TRACE")]
    pub trace: String,
    /// Queue that everyone waits in
    #[arg(long, env = "MUSTER_REPLAY_QUEUE", default_value = "duel", value_name = "NAME")]
    pub queue: String,
    /// Seconds of the trace per second of yours
    #[arg(long, env = "MUSTER_REPLAY_SPEED", default_value_t = 1.0, value_name = "N")]
    pub speed: f64,
    /// Play only the first rows
    #[arg(long, env = "MUSTER_REPLAY_LIMIT_ROWS", value_name = "N")]
    pub limit_rows: Option<usize>,
    /// Length of a game, in seconds of the trace
    #[arg(long, env = "MUSTER_REPLAY_GAME_S", default_value_t = 60.0, value_name = "SECONDS")]
    pub game_s: f64,
    /// How long a player takes to acknowledge his match, in seconds of the trace
    #[arg(long, env = "MUSTER_REPLAY_ACK_DELAY_S", default_value_t = 0.0, value_name = "SECONDS")]
    pub ack_delay_s: f64,
    /// Never acknowledge: what does the system do about silent clients?
    #[arg(long, env = "MUSTER_REPLAY_NO_ACK", value_parser = FalseyValueParser::new())]
    pub no_ack: bool,
    /// Share of the tickets that change their mind (0 to 1): they cancel while they wait
    #[arg(long, env = "MUSTER_REPLAY_CANCEL_SHARE", default_value_t = 0.0, value_name = "SHARE")]
    pub cancel_share: f64,
    /// When those cancel, after queueing, in seconds of the trace
    #[arg(long, env = "MUSTER_REPLAY_CANCEL_AFTER_S", default_value_t = 2.0, value_name = "SECONDS")]
    pub cancel_after_s: f64,
    /// Share of the tickets whose players go away without a word (0 to 1): they stop watching while they wait
    #[arg(long, env = "MUSTER_REPLAY_VANISH_SHARE", default_value_t = 0.0, value_name = "SHARE")]
    pub vanish_share: f64,
    /// When those go, after queueing, in seconds of the trace
    #[arg(long, env = "MUSTER_REPLAY_VANISH_AFTER_S", default_value_t = 2.0, value_name = "SECONDS")]
    pub vanish_after_s: f64,
    /// How long tickets may still wait after the trace's last row, in your seconds; then they are cancelled and counted,
    /// and matches under way are played to their end
    #[arg(long, env = "MUSTER_REPLAY_DRAIN_S", default_value_t = 30.0, value_name = "SECONDS")]
    pub drain_s: f64,
    /// Write the report as JSON here; `-` is standard output
    #[arg(long, env = "MUSTER_REPLAY_JSON", value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Round-trip times from cities to regions [default: city_rtt.csv beside a trace that names cities]
    #[arg(long, env = "MUSTER_REPLAY_RTT", value_name = "CITY_RTT.csv")]
    pub rtt: Option<PathBuf>,
    /// Report round-trip times to these regions only [default: all of the file]
    #[arg(long, env = "MUSTER_REPLAY_REGION", value_delimiter = ',', value_name = "NAME")]
    pub region: Vec<String>,
    /// Put before each player id, so that two replays can share a system
    #[arg(long, env = "MUSTER_REPLAY_PREFIX", default_value = "", hide_default_value = true, value_name = "TEXT")]
    pub prefix: String,
    /// Connections to each address
    #[arg(long, env = "MUSTER_REPLAY_CONNECTIONS", default_value_t = 4, value_name = "N")]
    pub connections: usize,
    /// Most players in queue and in match at once; rows beyond are skipped and counted
    #[arg(long, env = "MUSTER_REPLAY_PLAYERS_MAX", default_value_t = 30_000, value_name = "N")]
    pub players_max: usize,
    #[command(flatten)]
    pub addresses: Addresses,
}

impl Args {
    /// The trace to play.
    pub fn source(&self) -> Source<'_> {
        Source { trace: &self.trace, rtt: self.rtt.as_deref(), rows_max: self.limit_rows, prefix: &self.prefix }
    }
}

const SPEED_MAX: f64 = 10_000.0;
const SECONDS_MAX: f64 = 86_400.0;
const CONNECTIONS_MAX: usize = 64;
/// Streams that one server connection carries; the servers' bound is 10,000.
const STREAMS_PER_CONNECTION: usize = 9_000;

impl TryFrom<&Args> for Plan {
    type Error = Misuse;

    fn try_from(args: &Args) -> Result<Self, Misuse> {
        let speed = within("--speed", args.speed, 0.001, SPEED_MAX)?;
        let wall = |flag, seconds| Ok(Duration::from_secs_f64(within(flag, seconds, 0.0, SECONDS_MAX)? / speed));
        let ack_delay = wall("--ack-delay-s", args.ack_delay_s)?;
        within("--connections", args.connections as f64, 1.0, CONNECTIONS_MAX as f64)?;
        let streams_max = args.connections * args.addresses.play.len() * STREAMS_PER_CONNECTION;
        within("--players-max", args.players_max as f64, 1.0, streams_max as f64)?;
        Ok(Self {
            queue: args.queue.clone(),
            realm: args.addresses.realm.clone(),
            speed,
            game: wall("--game-s", args.game_s)?,
            ack_delay: (!args.no_ack).then_some(ack_delay),
            cancel_share: within("--cancel-share", args.cancel_share, 0.0, 1.0)?,
            cancel_after: wall("--cancel-after-s", args.cancel_after_s)?,
            vanish_share: within("--vanish-share", args.vanish_share, 0.0, 1.0)?,
            vanish_after: wall("--vanish-after-s", args.vanish_after_s)?,
            drain: Duration::from_secs_f64(within("--drain-s", args.drain_s, 0.0, SECONDS_MAX)?),
            players_max: args.players_max,
        })
    }
}

fn within(flag: &str, value: f64, least: f64, most: f64) -> Result<f64, Misuse> {
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    Err(Misuse::new(format!("{flag} must be {least} to {most}, is {value}")))
}

//! Flags of `muster ticket`. Each can come from the environment instead.

use crate::client::Addresses;
use clap::ValueEnum;
use clap::builder::FalseyValueParser;

const EXAMPLES: &str = "\
Examples:
  muster ticket enqueue --queue duel --player ada:1510 --watch --ack   queue and wait for the match
  muster ticket enqueue --queue teams-5v5 --player ada:1510 --player bob:1620 --rtt westeurope=21
  muster ticket watch --player ada --until assigned                    whatever ticket she is in
  muster ticket show 0123456789abcdef0123456789abcdef                  or --player ada
  muster ticket explain --player ada                                   why she still waits
  muster ticket cancel 0123456789abcdef0123456789abcdef
  muster ticket end <MATCH_ID>                                         as the game server would

Start a system to talk to with `cargo run --release`.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    pub verb: Verb,
    #[command(flatten)]
    pub addresses: Addresses,
    /// Print JSON, one object a line
    #[arg(long, global = true, help_heading = "Everywhere", env = "MUSTER_TICKET_JSON", value_parser = FalseyValueParser::new())]
    pub json: bool,
}

#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// Put one player, or several as a party, into one or more queues
    Enqueue(EnqueueArgs),
    /// Take a waiting ticket out of its queues
    Cancel(CancelArgs),
    /// Print every change of a player's or a ticket's state, one a line; reconnects by itself
    Watch(WatchArgs),
    /// Say why a ticket still waits: whom it sees, what keeps them apart, and what would match it
    Explain(WhichArgs),
    /// End a match: its players may queue again
    End {
        /// The match's id, 32 hexadecimal digits
        #[arg(env = "MUSTER_TICKET_MATCH_ID")]
        match_id: String,
        /// Told to its players, at most 256 bytes
        #[arg(long, env = "MUSTER_TICKET_REASON", default_value = "", hide_default_value = true)]
        reason: String,
    },
    /// Print a ticket as it stands, with its match
    #[command(mut_arg("player", |player| player.env("MUSTER_TICKET_SHOW_PLAYER")))]
    Show(WhichArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Round-trip times, roles and attributes hold for every player of the party.\n\n\
    Example: muster ticket enqueue --queue duel --player ada:1510 --string input=pad --watch --ack")]
pub struct EnqueueArgs {
    /// Queue to wait in; several may be named
    #[arg(long, required = true, env = "MUSTER_TICKET_QUEUE", value_delimiter = ',', value_name = "NAME")]
    pub queue: Vec<String>,
    /// A player and his rating (1500 where none is given); repeated for a party
    #[arg(long, required = true, env = "MUSTER_TICKET_PLAYER", value_delimiter = ',', value_name = "ID[:RATING]")]
    pub player: Vec<String>,
    /// Rating deviation, in rating points
    #[arg(long, env = "MUSTER_TICKET_DEVIATION", default_value_t = 0.0, value_name = "POINTS")]
    pub deviation: f64,
    /// Measured round-trip time to a region; repeated for more
    #[arg(long, env = "MUSTER_TICKET_RTT", value_delimiter = ',', value_name = "REGION=MS")]
    pub rtt: Vec<String>,
    /// Role to play, most wanted first
    #[arg(long, env = "MUSTER_TICKET_ROLE", value_delimiter = ',', value_name = "NAME")]
    pub role: Vec<String>,
    /// String attribute
    #[arg(long, env = "MUSTER_TICKET_STRING", value_delimiter = ',', value_name = "KEY=TEXT")]
    pub string: Vec<String>,
    /// Number attribute
    #[arg(long, env = "MUSTER_TICKET_NUMBER", value_delimiter = ',', value_name = "KEY=NUMBER")]
    pub number: Vec<String>,
    /// Client key: asking again with the same key and players is the same ticket [default: a random one]
    #[arg(long, env = "MUSTER_TICKET_KEY", value_name = "KEY")]
    pub key: Option<String>,
    /// Then watch the ticket until it is over
    #[arg(long, env = "MUSTER_TICKET_WATCH", value_parser = FalseyValueParser::new())]
    pub watch: bool,
    /// With --watch: acknowledge the match for every player of the party
    #[arg(long, env = "MUSTER_TICKET_ACK", requires = "watch", value_parser = FalseyValueParser::new())]
    pub ack: bool,
    /// With --watch: stop once the ticket has got this far; without it, at its end
    #[arg(long, env = "MUSTER_TICKET_UNTIL", value_enum, requires = "watch")]
    pub until: Option<Until>,
}

#[derive(Debug, clap::Args)]
pub struct CancelArgs {
    /// The ticket's id, 32 hexadecimal digits
    #[arg(env = "MUSTER_TICKET_ID")]
    pub ticket_id: String,
    /// Kept with the ticket and told to its watchers, at most 256 bytes
    #[arg(long, env = "MUSTER_TICKET_REASON", default_value = "", hide_default_value = true)]
    pub reason: String,
}

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("subject").required(true).args(["ticket_id", "player"]))]
pub struct WatchArgs {
    /// The ticket's id, 32 hexadecimal digits: followed until it is over
    #[arg(env = "MUSTER_TICKET_ID")]
    pub ticket_id: Option<String>,
    /// Follow a player instead: whatever ticket he is in, now and later
    #[arg(long, env = "MUSTER_TICKET_WATCH_PLAYER", value_name = "ID")]
    pub player: Option<String>,
    /// Acknowledge each match (for the player, or for everyone in the ticket)
    #[arg(long, env = "MUSTER_TICKET_ACK", value_parser = FalseyValueParser::new())]
    pub ack: bool,
    /// Stop when this is reached; exit code 1 if the ticket is over before
    #[arg(long, env = "MUSTER_TICKET_UNTIL", value_name = "STATE")]
    pub until: Option<Until>,
}

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("which").required(true).args(["ticket_id", "player"]))]
pub struct WhichArgs {
    /// The ticket's id, 32 hexadecimal digits
    #[arg(env = "MUSTER_TICKET_ID")]
    pub ticket_id: Option<String>,
    /// The ticket that this player queued with last
    #[arg(long, env = "MUSTER_TICKET_EXPLAIN_PLAYER", value_name = "ID")]
    pub player: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Until {
    /// The match has an address
    Assigned,
    /// The match is over
    Ended,
}

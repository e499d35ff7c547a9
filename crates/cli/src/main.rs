//! `muster`: one binary, one subcommand per role, and the tools around them.

mod client;
mod misuse;
mod replay;
mod ticket;

use clap::Parser;
use misuse::{Misuse, one_line};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Matchmaking for online games: queue, watch and replay from here; run the services from here.
#[derive(Debug, clap::Parser)]
#[command(name = "muster", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Queue, cancel, watch and end by hand: a thin client over the public contract.
    Ticket(ticket::Args),
    /// Play a trace against a running system as its players would, and check what they were told.
    Replay(replay::Args),
}

/// Exit code of a command that was asked wrongly.
const EXIT_MISUSE: u8 = 2;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Help and version are answers, not errors: clap prints them in full.
        Err(answer) if !answer.use_stderr() => answer.exit(),
        Err(error) => {
            eprintln!("{}", one_line(&error));
            return ExitCode::from(EXIT_MISUSE);
        }
    };
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            if error.is::<Misuse>() { ExitCode::from(EXIT_MISUSE) } else { ExitCode::FAILURE }
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Ticket(args) => ticket::run(args).await,
            Command::Replay(args) => replay::run(args).await,
        }
    })
}

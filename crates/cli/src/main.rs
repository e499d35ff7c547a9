//! `muster`: one binary, one subcommand per role, and the tools around them.

// They panic where nobody reads any more, as after `| head` or where a terminal has closed.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod bench;
mod chaos;
mod check;
mod client;
mod dice;
mod health;
mod keys;
mod misuse;
mod replay;
mod run;
mod simulate;
mod stats;
mod tell;
mod ticket;
mod trace;

use clap::Parser;
use domain::Role;
use misuse::{Misuse, one_line};
use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

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
    /// Run every service in this process: what a bare `muster` does.
    Dev(run::DevArgs),
    /// Run every service in processes of their own, on one Redis.
    Cluster(run::ClusterArgs),
    /// Run an orchestrator: takes players' requests and has them looked for.
    #[command(mut_arg("listen", run::with_own_port(Role::Orchestrator)))]
    Orchestrator(run::RoleArgs),
    /// Run a sweeper: takes up tickets whose orchestrator is gone, and expires those that waited too long.
    #[command(mut_arg("listen", run::with_own_port(Role::Sweeper)))]
    Sweeper(run::RoleArgs),
    /// Run a matchmaker: finds matches among tickets.
    #[command(mut_arg("listen", run::with_own_port(Role::Matchmaker)))]
    Matchmaker(run::RoleArgs),
    /// Run a mover: commits matches and delivers them. One leads, the others stand by.
    #[command(mut_arg("listen", run::with_own_port(Role::Mover)))]
    Mover(run::RoleArgs),
    /// Run a playserver: tells players what became of their tickets, and hosts matches.
    #[command(mut_arg("listen", run::with_own_port(Role::Playserver)))]
    Playserver(run::PlayserverArgs),
    /// Run the monitor: a page that shows every instance, whom it holds, and how players move through the system.
    #[command(mut_arg("unwatched_s", |flag| flag.hide(true)))]
    Monitor(run::MonitorArgs),
    /// Ask a service of this machine whether it is well.
    Health(health::Args),
    /// Make certificates and keys for locked doors, to try them out.
    Keys(keys::Args),
    /// Sign a player's or a realm server's token with such a key.
    Token(keys::TokenArgs),
    /// Queue, cancel, watch and end by hand: a thin client over the public contract.
    Ticket(ticket::Args),
    /// Play a trace against a running system as its players would, and check what they were told.
    Replay(replay::Args),
    /// Play a trace against a cluster of its own whose processes and Redis are killed, stopped and cut off meanwhile, and check
    /// that nothing was lost.
    Chaos(chaos::Args),
    /// Measure how much the whole takes, with all its processes on this machine.
    Bench(bench::Args),
    /// Play a trace through the engine on a virtual clock, and draw what its players would get.
    Simulate(simulate::Args),
    /// Say what is wrong or doubtful in rules files, before a service reads them.
    Check(check::Args),
}

/// How long threads may be waited for at the end that nobody waits for any more.
const THREADS_END_MAX: Duration = Duration::from_millis(200);
/// Exit code of a command that was asked wrongly.
const EXIT_MISUSE: u8 = 2;

fn main() -> ExitCode {
    let cli = match Cli::try_parse_from(arguments()) {
        Ok(cli) => cli,
        // Help and version are answers, not errors: clap prints them in full.
        Err(answer) if !answer.use_stderr() => answer.exit(),
        Err(error) => {
            tell::err(one_line(&error));
            return ExitCode::from(EXIT_MISUSE);
        }
    };
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell::err(format_args!("error: {error:#}"));
            if error.is::<Misuse>() { ExitCode::from(EXIT_MISUSE) } else { ExitCode::FAILURE }
        }
    }
}

/// The command line; bare `muster` is `muster dev`.
fn arguments() -> Vec<OsString> {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    if arguments.len() < 2 {
        arguments.push("dev".into());
    }
    arguments
}

fn run(command: Command) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(async {
        match command {
            Command::Dev(args) => run::dev(args).await,
            Command::Cluster(args) => run::cluster(args).await,
            Command::Orchestrator(args) => run::role(Role::Orchestrator, args).await,
            Command::Sweeper(args) => run::role(Role::Sweeper, args).await,
            Command::Matchmaker(args) => run::role(Role::Matchmaker, args).await,
            Command::Mover(args) => run::role(Role::Mover, args).await,
            Command::Playserver(args) => run::playserver(args).await,
            Command::Monitor(args) => run::monitor(args).await,
            Command::Health(args) => health::run(args).await,
            Command::Keys(args) => keys::run(&args),
            Command::Token(args) => keys::token(&args),
            Command::Ticket(args) => ticket::run(args).await,
            Command::Replay(args) => replay::run(args).await,
            Command::Chaos(args) => chaos::run(args).await,
            Command::Bench(args) => bench::run(args).await,
            Command::Simulate(args) => simulate::run(&args),
            Command::Check(args) => check::run(&args),
        }
    });
    // A thread that resolves a name, or reads a file that hangs, is waited for no longer.
    runtime.shutdown_timeout(THREADS_END_MAX);
    done
}

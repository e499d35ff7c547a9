//! `muster bench`: how much the whole takes, measured over the public contract with all its processes on this machine.

mod book;
mod bounds;
mod callers;
mod ceiling;
mod cold_start;
mod crowd;
mod desk;
mod find;
mod fit;
mod house;
mod isolation;
mod latency;
mod load;
mod local;
mod measure;
mod measured;
mod named;
mod overhead;
mod overload;
mod page;
mod place;
mod proc;
mod progress;
mod range;
mod realm_server;
mod report;
mod scenario;
mod scripts;
mod usage;
mod waiting;
mod watchers;

use crate::run::shutdown_on_signal;
use anyhow::{Result, bail};
use named::Named;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    #[command(flatten)]
    Scenario(Named),
    /// Hold idle Watch streams open: how much memory each takes, and what all of them cost while nothing happens.
    Watchers(watchers::Args),
    /// Start `muster dev` again and again: how long it takes until two players are told of a match.
    ColdStart(cold_start::Args),
    /// Have one process or client fall ill: how much longer all others wait for their match.
    Isolation(isolation::Args),
    /// Run the store's scripts alone, as for the way of a ticket: what Redis cannot do without.
    Scripts(scripts::Args),
    /// Offer several times of what is sustained: how much is still matched, what becomes of the rest, and how soon all is well again.
    Overload(overload::Args),
    /// Measure what observing costs: CPU time per matched ticket with traces going out, with the monitor page open, and with neither.
    Overhead(overhead::Args),
}

/// What was started for it, and written, goes with it where a signal ends it.
pub async fn run(args: Args) -> Result<()> {
    let measured = shutdown_on_signal()?.run_until_cancelled_owned(measure(args.what)).await;
    measured.unwrap_or_else(|| bail!("a signal ended it before everything was measured"))
}

async fn measure(what: What) -> Result<()> {
    match what {
        What::Scenario(Named { scenario, args }) => measure::run(scenario, args).await,
        What::Watchers(args) => watchers::run(args).await,
        What::ColdStart(args) => cold_start::run(args).await,
        What::Isolation(args) => isolation::run(args).await,
        What::Scripts(args) => scripts::run(args).await,
        What::Overload(args) => overload::run(args).await,
        What::Overhead(args) => overhead::run(args).await,
    }
}

//! `muster bench`: how much the whole takes, measured over the public contract with all its processes on this machine.

mod addresses;
mod arrivals;
mod bounds;
mod callers;
mod ceiling;
mod cluster;
mod cold_start;
mod driver;
mod find;
mod fit;
mod isolation;
mod latency;
mod load;
mod local;
mod measure;
mod measured;
mod named;
mod overhead;
mod overload;
mod population;
mod proc;
mod progress;
mod range;
mod realm_server;
mod recorder;
mod report;
mod scenario;
mod scripts;
mod stats;
mod target;
mod usage;
mod waiting;
mod watchers;

use crate::run::{Interrupts, interrupts};
use anyhow::{Result, bail};
use chassis::Shutdown;
use futures::FutureExt;
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

/// What was started for it, and written, goes with it where a signal ends it; a second one waits for nothing.
pub async fn run(args: Args) -> Result<()> {
    let Interrupts { finish, stop } = interrupts()?;
    let measured = stop.run_until_cancelled(measure(args, &finish)).await;
    measured.unwrap_or_else(|| bail!("a second signal ended it at once"))
}

async fn measure(args: Args, shutdown: &Shutdown) -> Result<()> {
    let measuring = match args.what {
        // What it leaves in a system that runs on goes with it.
        What::Scenario(Named { scenario, args }) => return measure::run(scenario, args, shutdown).await,
        What::Watchers(args) => watchers::run(args).boxed_local(),
        What::ColdStart(args) => cold_start::run(args).boxed_local(),
        What::Isolation(args) => isolation::run(args).boxed_local(),
        What::Scripts(args) => scripts::run(args).boxed_local(),
        What::Overload(args) => overload::run(args).boxed_local(),
        What::Overhead(args) => overhead::run(args).boxed_local(),
    };
    unless_ended(shutdown, measuring).await
}

/// What comes of `work`, unless a signal comes first.
async fn unless_ended<T>(shutdown: &Shutdown, work: impl Future<Output = Result<T>>) -> Result<T> {
    let done = shutdown.run_until_cancelled(work).await;
    done.unwrap_or_else(|| bail!("a signal ended it before everything was measured"))
}

//! `muster bench`: how much the whole takes, measured over the public contract with all its processes on this machine.

mod book;
mod bounds;
mod house;
mod latency;
mod load;
mod measured;
mod overhead;
mod overload;
mod proc;
mod realm_server;
mod scripts;
mod steady;
mod usage;

use anyhow::Result;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    scenario: Scenario,
}

#[derive(Debug, clap::Subcommand)]
enum Scenario {
    /// Offer a rate for a while: how long players wait, and what each process takes for it.
    Steady(steady::Args),
    /// Run the store's scripts alone, as for the way of a ticket: what Redis cannot do without.
    Scripts(scripts::Args),
    /// Offer several times of what is sustained: how much is still matched, what becomes of the rest, and how soon all is well again.
    Overload(overload::Args),
    /// Measure what observing costs: CPU time per matched ticket with traces going out, with the monitor page open, and with neither.
    Overhead(overhead::Args),
}

pub async fn run(args: Args) -> Result<()> {
    match args.scenario {
        Scenario::Steady(args) => steady::run(args).await,
        Scenario::Scripts(args) => scripts::run(args).await,
        Scenario::Overload(args) => overload::run(args).await,
        Scenario::Overhead(args) => overhead::run(args).await,
    }
}

//! `muster bench`: how much the whole takes, measured over the public contract with all its processes on this machine.

mod book;
mod house;
mod load;
mod overhead;
mod overload;
mod realm_server;

use anyhow::Result;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    scenario: Scenario,
}

#[derive(Debug, clap::Subcommand)]
enum Scenario {
    /// Offer several times of what is sustained: how much is still matched, what becomes of the rest, and how soon all is well again.
    Overload(overload::Args),
    /// Measure what observing costs: CPU time per matched ticket with traces going out, with the monitor page open, and with neither.
    Overhead(overhead::Args),
}

pub async fn run(args: Args) -> Result<()> {
    match args.scenario {
        Scenario::Overload(args) => overload::run(args).await,
        Scenario::Overhead(args) => overhead::run(args).await,
    }
}

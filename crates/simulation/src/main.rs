//! Every service on a simulated network and clock, with the memory store, through faults that a seed chooses.
//!
//! `run` is one run; its players (`crowd`) reach the services over `network`, the services their store over the links of `storage`,
//! and `faults` says what fails. `ledger` writes down what the store did, which `judge` holds against the rules and `waiting` against the
//! longest wait; `verdict` says what was broken, and `seeds` runs many. `plant` breaks the store on purpose.
//!
//! Architecture invariant: one run to a process, on one thread, with every clock and every source of chance its own. So nothing that
//! happens in it comes from anywhere but its seed.

mod crowd;
mod dice;
mod faults;
mod judge;
mod ledger;
mod network;
mod plant;
mod run;
mod seeds;
mod storage;
mod verdict;
mod waiting;
mod wire;

use clap::Parser;
use std::process::ExitCode;

/// Runs every service on a simulated network and clock, under faults that a seed chooses.
#[derive(Debug, Parser)]
pub struct Args {
    /// Run this seed here, and say what came of it
    #[arg(long, conflicts_with = "seeds")]
    seed: Option<u64>,
    /// Print everything that the store and the network did
    #[arg(long, requires = "seed")]
    trace: bool,
    /// Run so many seeds, at least one, each in a process of its own
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// The first of them
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Processes at once
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: u16,
    /// Break the store or the rules in this way: a run in which it does harm must then find it
    #[arg(long, value_enum)]
    plant: Option<plant::Fault>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let sound = match args.seed {
        Some(seed) => verdict::tell(seed, args.plant, args.trace),
        None => seeds::run_all(&args),
    };
    match sound {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

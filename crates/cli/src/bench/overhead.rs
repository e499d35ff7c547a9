//! What observing costs: the CPU time that the services take for each ticket that is matched, while traces go out, while the monitor page
//! is open, and while neither is.

mod cpu;
mod monitor_page;
mod run;
mod sink;
mod stage;
mod summary;

use super::bounds::{ROUNDS, check_number, check_rate, check_seconds};
use super::cluster::ClusterArgs;
use super::report::ReportArgs;
use super::scenario::DUEL;
use anyhow::{Context, Result};
use futures::future::join_all;
use run::{Run, Setting};
use stage::Stage;
use summary::Summary;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Players who arrive per second
    #[arg(long, env = "MUSTER_BENCH_RATE", default_value_t = 500.0, value_name = "RATE")]
    rate: f64,
    /// How often each setting is measured
    #[arg(long, env = "MUSTER_BENCH_ROUNDS", default_value_t = 3, value_name = "N")]
    rounds: usize,
    /// For how long each time, in seconds
    #[arg(long, env = "MUSTER_BENCH_SECONDS", default_value_t = 20, value_name = "SECONDS")]
    seconds: u64,
    /// For how long before that players come while nothing is measured, in seconds; traces go out 5 s after they were made
    #[arg(long, env = "MUSTER_BENCH_WARM_UP", default_value_t = 5, value_name = "SECONDS")]
    warm_up: u64,
    #[command(flatten)]
    cluster: ClusterArgs,
    #[command(flatten)]
    report: ReportArgs,
}

pub async fn run(args: Args) -> Result<()> {
    args.check()?;
    let mut stages = Vec::new();
    for setting in Setting::ALL {
        stages.push(Stage::open(&args.cluster, setting).await?);
    }
    let measured = measure(&args, &mut stages).await;
    join_all(stages.into_iter().map(Stage::close)).await;
    let rounds = measured?;
    args.report.tell(&rounds, format_args!("\n{}", Summary { rate: args.rate, rounds: &rounds }))
}

impl Args {
    fn check(&self) -> Result<()> {
        check_rate("--rate", self.rate)?;
        check_number("--rounds", self.rounds, ROUNDS)?;
        check_seconds("--seconds", self.seconds)?;
        check_seconds("--warm-up", self.warm_up)?;
        self.report.check()?;
        self.cluster.game(&DUEL).map(drop)
    }
}

async fn measure(args: &Args, stages: &mut [Stage]) -> Result<Vec<Vec<Run>>> {
    args.report.row(run::HEADER)?;
    let mut rounds = Vec::new();
    for number in 1..=args.rounds {
        rounds.push(round(args, number, stages).await?);
        // Another one is the first each time: what comes and goes with the time befalls all alike.
        stages.rotate_left(1);
    }
    Ok(rounds)
}

/// Each setting once.
async fn round(args: &Args, number: usize, stages: &mut [Stage]) -> Result<Vec<Run>> {
    let mut own = vec![std::process::id()];
    for stage in &*stages {
        own.extend(stage.pids()?);
    }
    let mut runs = Vec::new();
    for stage in stages {
        let name = stage.setting.name();
        let run = stage.count(args, &own).await.with_context(|| format!("{name} in round {number}"))?;
        args.report.row(run.line(number))?;
        runs.push(run);
    }
    Ok(runs)
}

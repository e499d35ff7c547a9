//! The script ceiling alone.

use super::bounds::check_seconds;
use super::ceiling::{self, Ceiling};
use super::report::ReportArgs;
use super::scenario::DUEL;
use crate::run::{FsyncArg, start_redis};
use anyhow::Result;
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// For how long, in seconds
    #[arg(long, env = "MUSTER_BENCH_SECONDS", default_value_t = 10, value_name = "SECONDS")]
    seconds: u64,
    /// fsync of the redis-server that is started: always, everysec or no
    #[arg(long, env = "MUSTER_BENCH_FSYNC", value_enum, default_value = "everysec")]
    fsync: FsyncArg,
    #[command(flatten)]
    report: ReportArgs,
}

pub async fn run(args: Args) -> Result<()> {
    check_seconds("--seconds", args.seconds)?;
    args.report.check()?;
    let redis = start_redis(args.fsync.into())?;
    let rules = DUEL.rules()?;
    let ceiling = ceiling::measure(&redis, &DUEL, &rules, Duration::from_secs(args.seconds)).await?;
    let Ceiling { tickets_per_s, redis_us_per_ticket } = ceiling;
    let shown = format_args!("scripts: {tickets_per_s:.0} tickets/s, redis {redis_us_per_ticket:.1} µs/ticket");
    args.report.tell(&ceiling, shown)
}

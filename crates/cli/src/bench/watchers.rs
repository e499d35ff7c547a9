//! Idle Watch streams: what each takes while nothing happens.

use super::addresses::{Addresses, Via};
use super::bounds::{check_number, check_seconds};
use super::cluster::{Cluster, ClusterArgs};
use super::report::ReportArgs;
use super::scenario::DUEL;
use super::usage::{Counters, Figures, LOAD, Usage, times};
use crate::client::cause;
use crate::misuse::Misuse;
use crate::run::Export;
use anyhow::{Context, Result, anyhow};
use api::v1::play_client::PlayClient;
use api::v1::{self, watch_request};
use chassis::Channel;
use domain::Role;
use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;
use tokio::time::sleep;
use tonic::Streaming;

const STREAMS_MAX: usize = 100_000;
/// As many as a playserver takes on one.
const STREAMS_PER_CONNECTION_MAX: usize = 10_000;
const CONNECTIONS_MAX: usize = 10_000;
/// Streams that are being opened at once.
const OPENING: usize = 64;
/// What came of opening them is over after this.
const SETTLE: Duration = Duration::from_secs(2);

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Streams that are held open, each for a player of its own
    #[arg(long, env = "MUSTER_BENCH_STREAMS", default_value_t = 10_000, value_name = "N")]
    streams: usize,
    /// Connections that carry them; not more than there are streams
    #[arg(long, env = "MUSTER_BENCH_CONNECTIONS", default_value_t = 100, value_name = "N")]
    connections: usize,
    /// For how long they are looked at while nothing happens, in seconds; before that as long without them
    #[arg(long, env = "MUSTER_BENCH_SECONDS", default_value_t = 10, value_name = "SECONDS")]
    seconds: u64,
    #[command(flatten)]
    report: ReportArgs,
    #[command(flatten)]
    cluster: ClusterArgs,
}

#[derive(Debug, Serialize)]
struct Measured {
    scenario: &'static str,
    streams: usize,
    connections: usize,
    seconds: u64,
    /// In all playservers together, for each stream.
    kib_per_stream: f64,
    without: Idle,
    with: Idle,
}

/// While nothing happens.
#[derive(Debug, Serialize)]
struct Idle {
    /// By role, in ms of CPU time a second: a thousand are one core.
    cpu_ms_per_s: Figures,
    /// Redis's commands a second, those within scripts among them.
    redis_calls_per_s: Figures,
}

pub async fn run(args: Args) -> Result<()> {
    args.check()?;
    let mut cluster = Cluster::open(&args.cluster, &DUEL, &Export::Nowhere).await?;
    let measured = cluster.whole(measure(&args, &cluster)).await;
    cluster.leave().await;
    let measured = measured?;
    args.report.tell(&measured, &measured)
}

impl Args {
    fn check(&self) -> Result<()> {
        check_number("--streams", self.streams, (1, STREAMS_MAX))?;
        let least = self.streams.div_ceil(STREAMS_PER_CONNECTION_MAX);
        check_number("--connections", self.connections, (least, CONNECTIONS_MAX))?;
        check_seconds("--seconds", self.seconds)?;
        self.report.check()?;
        if self.cluster.via != Via::Stream {
            return Err(Misuse::new("--via has no effect here: each stream is a Watch").into());
        }
        self.cluster.game(&DUEL).map(drop)
    }
}

async fn measure(args: &Args, cluster: &Cluster) -> Result<Measured> {
    let lasts = Duration::from_secs(args.seconds);
    let without = idle(cluster, lasts).await?;
    let before = Usage::of(cluster).await?;
    let connections = args.connections.min(args.streams);
    let streams = watch(&cluster.addresses(), args.streams, connections).await?;
    sleep(SETTLE).await;
    let each = Usage::of(cluster).await?.bytes_each(&before, args.streams);
    let with = idle(cluster, lasts).await?;
    drop(streams);
    let kib_per_stream = each.get(Role::Playserver.as_str()).copied().unwrap_or_default() / 1024.0;
    Ok(Measured {
        scenario: "watchers",
        streams: args.streams,
        connections,
        seconds: args.seconds,
        kib_per_stream,
        without,
        with,
    })
}

async fn idle(cluster: &Cluster, lasts: Duration) -> Result<Idle> {
    let before = Usage::of(cluster).await?;
    sleep(lasts).await;
    let (Counters { cpu_s, calls, .. }, wall_s) = Usage::of(cluster).await?.since(&before);
    Ok(Idle { cpu_ms_per_s: times(cpu_s, 1e3 / wall_s), redis_calls_per_s: times(calls, 1.0 / wall_s) })
}

/// Opens the streams and hears the first word on each: that its player waits for nothing.
async fn watch(to: &Addresses, streams: usize, connections: usize) -> Result<Vec<Streaming<v1::Update>>> {
    let addresses = to.playservers().into_iter().cycle().take(connections);
    let channels = addresses.map(|address| to.network.channel(address)).collect::<Result<Vec<_>, _>>()?;
    let opening = (0..streams).map(|number| open(channels[number % connections].clone(), number));
    stream::iter(opening).buffer_unordered(OPENING).try_collect().await
}

async fn open(channel: Channel, number: usize) -> Result<Streaming<v1::Update>> {
    let subject = Some(watch_request::Subject::PlayerId(format!("idle-{number}")));
    let request = v1::WatchRequest { subject, ..Default::default() };
    let mut news = PlayClient::new(channel)
        .watch(request)
        .await
        .map_err(|status| anyhow!("no Watch: {}", cause(&status)))?
        .into_inner();
    news.message().await?.context("a Watch ended at once")?;
    Ok(news)
}

impl Idle {
    fn cpu_ms(&self) -> f64 {
        self.cpu_ms_per_s.iter().filter(|(name, _)| *name != LOAD).map(|(_, ms)| ms).sum()
    }

    fn redis_calls(&self) -> f64 {
        self.redis_calls_per_s.values().sum()
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { streams, connections, seconds, kib_per_stream, without, with, .. } = self;
        writeln!(
            f,
            "watchers: {streams} idle streams on {connections} connections, {seconds} s with and without them"
        )?;
        writeln!(f, "  {kib_per_stream:.1} KiB each in the playservers")?;
        writeln!(f, "  {:<36} {:>9} {:>9}", "", "without", "with")?;
        let row = |name: &str, without: f64, with: f64| format!("  {name:<36} {without:>9.1} {with:>9.1}");
        let names: BTreeSet<&String> = with.cpu_ms_per_s.keys().chain(without.cpu_ms_per_s.keys()).collect();
        for name in names.into_iter().filter(|name| *name != LOAD) {
            let of = |idle: &Idle| idle.cpu_ms_per_s.get(name).copied().unwrap_or_default();
            writeln!(f, "{}", row(&format!("{name}, ms of CPU a second"), of(without), of(with)))?;
        }
        writeln!(f, "{}", row("all of them", without.cpu_ms(), with.cpu_ms()))?;
        write!(f, "{}", row("commands of redis a second", without.redis_calls(), with.redis_calls()))
    }
}

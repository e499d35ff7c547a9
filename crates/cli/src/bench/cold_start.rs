//! From the start of `muster dev` to the first match that its players are told of.

use super::bounds::check_number;
use super::range::Range;
use super::report::ReportArgs;
use crate::run::Export;
use anyhow::{Context, Result, bail};
use api::v1::play_client::PlayClient;
use api::v1::queue_client::QueueClient;
use api::v1::{self, TicketState, watch_request};
use chassis::channel;
use serde::Serialize;
use std::net::Ipv4Addr;
use std::process::Stdio;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};
use tonic::Code;

const RUNS_MAX: usize = 100;
const QUEUE_PORT: u16 = 7600;
const PLAY_PORT: u16 = 7610;
/// How long a start may take.
const START_MAX: Duration = Duration::from_secs(30);
/// How long after its connections a process that dies may end.
const END_MAX: Duration = Duration::from_millis(500);
/// Between two tries of a player who finds nobody there yet.
const TRY_EVERY: Duration = Duration::from_millis(1);

#[derive(Debug, clap::Args)]
pub struct Args {
    /// How many starts are measured, one after the other
    #[arg(long, env = "MUSTER_BENCH_RUNS", default_value_t = 5, value_name = "N")]
    runs: usize,
    #[command(flatten)]
    report: ReportArgs,
}

#[derive(Debug, Serialize)]
struct Measured {
    scenario: &'static str,
    median_ms: f64,
    /// Of each start, in order.
    runs_ms: Vec<f64>,
}

pub async fn run(args: Args) -> Result<()> {
    check_number("--runs", args.runs, (1, RUNS_MAX))?;
    args.report.check()?;
    let mut runs_ms = Vec::new();
    for _ in 0..args.runs {
        runs_ms.push(start().await?.as_secs_f64() * 1e3);
    }
    let Range { median: median_ms, lowest, highest } = Range::of(runs_ms.iter().copied());
    let measured = Measured { scenario: "cold-start", median_ms, runs_ms };
    let shown = format_args!(
        "cold start: {median_ms:.0} ms to the first match ({lowest:.0} to {highest:.0} ms, {} runs)",
        args.runs
    );
    args.report.tell(&measured, shown)
}

/// One start, at whose end nothing is left.
async fn start() -> Result<Duration> {
    let host = free_host().await?;
    let mut command = Command::new(std::env::current_exe().context("this program cannot be found again")?);
    command
        .args(["dev", "--with-parent", &std::process::id().to_string(), "--host", &host.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true);
    for (name, _) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"MUSTER_") {
            command.env_remove(name);
        }
    }
    // That services do not know one another at first is what is measured.
    command.env("RUST_LOG", "error");
    Export::Nowhere.tell(&mut command);
    let began = Instant::now();
    let mut dev = command.spawn().context("muster dev cannot be started")?;
    let matched = timeout(START_MAX, first_match(host, &mut dev)).await;
    let took = began.elapsed();
    // All that it holds is in memory.
    let _ = dev.kill().await;
    matched.with_context(|| format!("no match within {} s", START_MAX.as_secs()))??;
    Ok(took)
}

/// An address of this machine's own network on which nobody has the documented ports.
async fn free_host() -> Result<Ipv4Addr> {
    for _ in 0..RUNS_MAX {
        let [_, high, low, end, ..] = *uuid::Uuid::new_v4().as_bytes();
        let host = Ipv4Addr::new(127, high, low, end.clamp(2, 254));
        if TcpListener::bind((host, QUEUE_PORT)).await.is_ok() {
            return Ok(host);
        }
    }
    bail!("no address of 127.0.0.0/8 has port {QUEUE_PORT} free")
}

/// Two players come at once, and both are told.
async fn first_match(host: Ipv4Addr, dev: &mut Child) -> Result<()> {
    let matched = tokio::select! {
        ended = dev.wait() => bail!("muster dev ended: {}", ended?),
        matched = async { tokio::try_join!(plays(host, "ada"), plays(host, "bob")) } => matched,
    };
    let Err(error) = matched else { return Ok(()) };
    // Players hear first of a process that dies.
    match timeout(END_MAX, dev.wait()).await {
        Ok(ended) => bail!("muster dev ended: {}", ended?),
        Err(_) => Err(error),
    }
}

async fn plays(host: Ipv4Addr, name: &str) -> Result<()> {
    let mut queueing = QueueClient::new(channel(&format!("http://{host}:{QUEUE_PORT}"))?);
    let mut playing = PlayClient::new(channel(&format!("http://{host}:{PLAY_PORT}"))?);
    let player = v1::Player { id: name.to_owned(), rating: 1_500.0, ..Default::default() };
    let request = v1::EnqueueRequest { queues: vec!["duel".to_owned()], players: vec![player], ..Default::default() };
    let ticket_id = loop {
        match queueing.enqueue(request.clone()).await {
            Ok(answer) => break answer.into_inner().ticket.unwrap_or_default().id,
            Err(status) if status.code() == Code::Unavailable => sleep(TRY_EVERY).await,
            Err(status) => return Err(status).context("no Enqueue"),
        }
    };
    let subject = Some(watch_request::Subject::TicketId(ticket_id));
    let mut news = playing.watch(v1::WatchRequest { subject, ..Default::default() }).await?.into_inner();
    while let Some(update) = news.message().await? {
        if matches!(update.state(), TicketState::Matched | TicketState::Assigned) {
            return Ok(());
        }
    }
    bail!("a Watch ended before there was a match")
}

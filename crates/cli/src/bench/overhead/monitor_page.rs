//! The monitor in a process of its own, and one page that is open on it.

use crate::run::{Export, RealmArgs, process};
use anyhow::{Context, Result, ensure};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Child;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How long the monitor may take until it listens, and until it begins to answer.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// What a line may be long that is read whole.
const LINE_BYTES_MAX: u64 = 1_024;
const CHUNK_BYTES: usize = 64 * 1024;

pub struct MonitorPage {
    /// Killed with the page: it holds nothing.
    monitor: Child,
    told_bytes: Arc<AtomicU64>,
    /// Ends with the page.
    reading: JoinSet<()>,
}

impl MonitorPage {
    /// Starts a monitor of the realm on this Redis, and has it tell what changes, as a browser does.
    pub async fn open(realm: &RealmArgs, redis: &str) -> Result<Self> {
        let mut command = process("monitor", &realm.on_own_redis(), redis, &Export::Nowhere, None)?;
        command.args(["--insecure", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
        let mut monitor = command.spawn().context("the monitor cannot be started")?;
        let address = address_of(&mut monitor).await?;
        let stream = timeout(ANSWER_MAX, events(&address)).await.context("the monitor does not answer")??;
        let (told_bytes, mut reading) = (Arc::new(AtomicU64::new(0)), JoinSet::new());
        reading.spawn(read(stream, told_bytes.clone()));
        Ok(Self { monitor, told_bytes, reading })
    }

    pub fn monitor_pid(&self) -> Result<u32> {
        self.monitor.id().context("the monitor has ended")
    }

    /// Bytes that were told since this was asked before. Fails where nobody reads the stream any more.
    pub fn take(&mut self) -> Result<u64> {
        ensure!(self.reading.try_join_next().is_none(), "the page's stream has ended");
        Ok(self.told_bytes.swap(0, Ordering::Relaxed))
    }
}

/// As it tells it itself in its first line.
async fn address_of(monitor: &mut Child) -> Result<String> {
    let mut told = BufReader::new(monitor.stdout.take().context("the monitor's output")?.take(LINE_BYTES_MAX));
    let mut line = String::new();
    timeout(ANSWER_MAX, told.read_line(&mut line)).await.context("the monitor does not come up")??;
    let address = line.trim().strip_prefix("monitor http://").map(str::to_owned);
    address.with_context(|| format!("the monitor says {line:?}"))
}

async fn events(address: &str) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /events HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut status = [0; "HTTP/1.1 200".len()];
    stream.read_exact(&mut status).await?;
    ensure!(status.ends_with(b"200"), "the monitor answers {}", String::from_utf8_lossy(&status));
    Ok(stream)
}

/// Until the stream ends.
async fn read(mut stream: TcpStream, told_bytes: Arc<AtomicU64>) {
    let mut chunk = vec![0; CHUNK_BYTES];
    while let Ok(length @ 1..) = stream.read(&mut chunk).await {
        told_bytes.fetch_add(length as u64, Ordering::Relaxed);
    }
}

//! `muster dev` as its user starts it, at its documented ports of an address that nobody else has.

use crate::processes::{MUSTER, WITH_TERMINAL};
use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::net::Ipv4Addr;
use std::process::{ExitStatus, Stdio};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use uuid::Uuid;

/// The last line of what it says once it is up.
const UP: &str = "`muster` stands for";

/// Killed on drop.
pub struct Dev {
    pub host: Ipv4Addr,
    child: Child,
}

impl Dev {
    pub async fn start() -> Result<Self> {
        Self::start_telling(Stdio::inherit()).await
    }

    /// Told to leave as by the end of its terminal, which nobody reads any more: how it ended.
    pub async fn ends_with_its_terminal() -> Result<ExitStatus> {
        let Self { mut child, .. } = Self::start_telling(Stdio::piped()).await?;
        drop(child.stderr.take());
        kill(Pid::from_raw(child.id().context("it has ended")?.cast_signed()), Signal::SIGHUP)?;
        Ok(child.wait().await?)
    }

    async fn start_telling(stderr: Stdio) -> Result<Self> {
        let host = own_host();
        let [env, hears] = WITH_TERMINAL;
        let mut command = Command::new(env);
        command
            .args([hears, MUSTER, "dev", "--host", &host.to_string()])
            .env("RUST_LOG", "error")
            .env_remove("OTEL_EXPORTER_OTLP_ENDPOINT");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr).kill_on_drop(true);
        let mut child = command.spawn().with_context(|| format!("{MUSTER} cannot be started"))?;
        let mut lines = BufReader::new(child.stdout.take().context("its output")?).lines();
        while !lines.next_line().await?.context("muster dev ended before it was up")?.starts_with(UP) {}
        Ok(Self { host, child })
    }

    /// What a page says of the documented address, said of this one.
    pub fn at_home(&self, command: &str) -> String {
        command.replace("127.0.0.1", &self.host.to_string())
    }
}

/// One of the sixteen million addresses of this machine's loopback, by chance: two that run at a time have hardly the same.
pub fn own_host() -> Ipv4Addr {
    let [high, middle, low, ..] = *Uuid::new_v4().as_bytes();
    Ipv4Addr::new(127, high.clamp(1, 254), middle, low)
}

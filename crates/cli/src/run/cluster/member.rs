use super::seat::Seat;
use crate::run::args::{ClusterArgs, QUIET};
use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};

/// How long a child may take to leave after SIGTERM; services promise 10 s.
const LEAVE_WAIT_MAX: Duration = Duration::from_secs(11);

/// One role in a process of its own.
pub struct Member {
    pub seat: Seat,
    child: Child,
}

impl Member {
    pub fn start(args: &ClusterArgs, url: &str, seat: &Seat) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe().context("this program cannot be found again")?);
        command.arg(seat.role.as_str()).args(["--redis", url, "--listen", &seat.address.to_string()]);
        command.args(["--realm", &args.realm.realm, "--instance", seat.instance.as_str(), "--with-parent"]);
        if !args.realm.rules.is_empty() {
            command.arg("--rules").arg(joined(&args.realm.rules));
        }
        if args.realm.log_json {
            command.arg("--log-json");
        }
        if std::env::var_os("RUST_LOG").is_none() {
            command.env("RUST_LOG", QUIET);
        }
        let child = command.process_group(0).kill_on_drop(true).stdin(Stdio::null()).spawn();
        Ok(Self { seat: seat.clone(), child: child.with_context(|| format!("{} cannot be started", seat.name))? })
    }

    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits until it has ended, and says how.
    pub async fn ended(&mut self) -> String {
        match self.child.wait().await {
            Ok(status) => format!("{} ended: {status}", self.seat.name),
            Err(error) => format!("{} is lost: {error}", self.seat.name),
        }
    }

    /// Sends it away, and says what is amiss.
    pub async fn leave(&mut self) {
        // A child that has ended has no id to signal.
        let Some(pid) = self.child.id().and_then(|id| i32::try_from(id).ok()) else { return };
        let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        let name = &self.seat.name;
        match tokio::time::timeout(LEAVE_WAIT_MAX, self.child.wait()).await {
            Ok(Ok(status)) if status.success() => {}
            Ok(Ok(status)) => eprintln!("muster: {name} ended: {status}"),
            Ok(Err(error)) => eprintln!("muster: {name}: {error}"),
            Err(_) => {
                eprintln!("muster: {name} did not leave within {} s and is killed", LEAVE_WAIT_MAX.as_secs());
                let _ = self.child.kill().await;
            }
        }
    }
}

/// As `--rules` takes them.
pub fn joined(paths: &[PathBuf]) -> OsString {
    let paths: Vec<OsString> = paths.iter().map(OsString::from).collect();
    paths.join(OsString::from(",").as_os_str())
}

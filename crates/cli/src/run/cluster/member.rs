use super::export::Export;
use super::process::process;
use super::seat::Seat;
use crate::run::args::RealmArgs;
use crate::tell;
use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::File;
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
    /// It logs to `log`; without one to this process's stderr, and then only what is amiss.
    pub fn start(realm: &RealmArgs, url: &str, seat: &Seat, export: &Export, log: Option<File>) -> Result<Self> {
        let mut command = process(seat.role.as_str(), realm, url, export, log)?;
        lock(&mut command, seat);
        command.args(["--listen", &seat.address.to_string(), "--instance", seat.instance.as_str()]);
        let scheme = if seat.keys.is_some() { "https" } else { "http" };
        command.args(["--advertise", &format!("{scheme}://{}", seat.reached_at)]);
        if let Some(address) = &seat.metrics {
            command.args(["--metrics", &address.to_string()]);
        }
        let child = command.spawn().with_context(|| format!("{} cannot be started", seat.name))?;
        Ok(Self { seat: seat.clone(), child })
    }

    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    pub fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)))
    }

    /// Waits until it has ended, and says how.
    pub async fn ended(&mut self) -> String {
        match self.child.wait().await {
            Ok(status) => format!("{} ended: {status}", self.seat.name),
            Err(error) => format!("{} is lost: {error}", self.seat.name),
        }
    }

    /// False when it has ended: a child that has has no id to signal.
    pub fn signal(&self, signal: Signal) -> bool {
        let pid = self.child.id().and_then(|id| i32::try_from(id).ok());
        pid.is_some_and(|pid| kill(Pid::from_raw(pid), signal).is_ok())
    }

    /// Sends it away, and says what is amiss.
    pub async fn leave(&mut self) {
        if !self.signal(Signal::SIGTERM) {
            return;
        }
        let name = &self.seat.name;
        match tokio::time::timeout(LEAVE_WAIT_MAX, self.child.wait()).await {
            Ok(Ok(status)) if status.success() => {}
            Ok(Ok(status)) => tell::err(format_args!("muster: {name} ended: {status}")),
            Ok(Err(error)) => tell::err(format_args!("muster: {name}: {error}")),
            Err(_) => {
                tell::err(format_args!(
                    "muster: {name} did not leave within {} s and is killed",
                    LEAVE_WAIT_MAX.as_secs()
                ));
                let _ = self.child.kill().await;
            }
        }
    }
}

/// What each member may be asked by reflection is no secret on the machine that they all run on.
fn lock(command: &mut Command, seat: &Seat) {
    command.arg("--reflection");
    let Some(keys) = &seat.keys else {
        command.arg("--insecure");
        return;
    };
    for (flag, value) in keys.flags(seat.role.into()) {
        command.arg(flag).arg(value);
    }
}

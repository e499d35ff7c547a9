use anyhow::{Context, Result, ensure};
use chassis::Shutdown;
use nix::sys::signal::Signal;
use nix::unistd::getppid;
use tokio::signal::unix::{SignalKind, signal};

/// What was asked of a tool by SIGTERM, Ctrl-C or the end of its terminal.
#[derive(Debug, Clone, Default)]
pub struct Interrupts {
    /// Asked once: come to an end.
    pub finish: Shutdown,
    /// Asked again: at once.
    pub stop: Shutdown,
}

/// From now on signals are heard, and no longer end this process by themselves.
pub fn interrupts() -> std::io::Result<Interrupts> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let interrupts = Interrupts::default();
    let fire = interrupts.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if fire.finish.is_cancelled() { fire.stop.cancel() } else { fire.finish.cancel() }
        }
    });
    // Under `nohup` the end of the terminal is none of this process's.
    if !is_ignored(Signal::SIGHUP) {
        let (mut hangup, finish) = (signal(SignalKind::hangup())?, interrupts.finish.clone());
        tokio::spawn(async move {
            // Shell and kernel both tell of one end.
            while hangup.recv().await.is_some() {
                finish.cancel();
            }
        });
    }
    Ok(interrupts)
}

/// Whether whoever started this process had it ignore the signal.
fn is_ignored(signal: Signal) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask >> (signal as u32 - 1) & 1 == 1
}

/// From now on this process leaves, as by SIGTERM, when the one that started it ends, where that is given. Fails where it has ended already.
pub fn leave_with_parent(parent: Option<u32>) -> Result<()> {
    let Some(parent) = parent else { return Ok(()) };
    nix::sys::prctl::set_pdeathsig(Signal::SIGTERM).context("cannot be bound to the parent process")?;
    ensure!(getppid().as_raw().cast_unsigned() == parent, "the process that started this one has ended");
    Ok(())
}

/// Fires on SIGTERM, Ctrl-C or the end of the terminal.
pub fn shutdown_on_signal() -> std::io::Result<Shutdown> {
    interrupts().map(|interrupts| interrupts.finish)
}

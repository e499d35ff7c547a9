use anyhow::{Context, Result};
use chassis::Shutdown;
use nix::sys::signal::Signal;
use tokio::signal::unix::{SignalKind, signal};

/// What was asked of a tool by SIGTERM or Ctrl-C.
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
        for asked in [fire.finish, fire.stop] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            asked.cancel();
        }
    });
    Ok(interrupts)
}

/// From now on this process leaves, as by SIGTERM, when the one that started it ends.
pub fn leave_with_parent() -> Result<()> {
    nix::sys::prctl::set_pdeathsig(Signal::SIGTERM).context("cannot be bound to the parent process")
}

/// Fires on SIGTERM or Ctrl-C.
pub fn shutdown_on_signal() -> std::io::Result<Shutdown> {
    interrupts().map(|interrupts| interrupts.finish)
}

use chassis::Shutdown;
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

/// Fires on SIGTERM or Ctrl-C.
pub fn shutdown_on_signal() -> std::io::Result<Shutdown> {
    interrupts().map(|interrupts| interrupts.finish)
}

use chassis::Shutdown;
use tokio::signal::unix::{SignalKind, signal};

/// Fires on SIGTERM or Ctrl-C.
pub fn shutdown_on_signal() -> std::io::Result<Shutdown> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let shutdown = Shutdown::new();
    let fire = shutdown.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        fire.cancel();
    });
    Ok(shutdown)
}

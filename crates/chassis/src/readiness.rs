use std::sync::Arc;
use tokio::sync::watch;

/// Whether this process wants work: what `grpc.health.v1` answers. Begins not ready. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Readiness(Arc<watch::Sender<State>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    NotReady,
    Ready,
    Closed,
}

impl Default for Readiness {
    fn default() -> Self {
        Self::new()
    }
}

impl Readiness {
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(State::NotReady)))
    }

    /// Does nothing once [`Readiness::close`] was called.
    pub fn set(&self, ready: bool) {
        self.change(if ready { State::Ready } else { State::NotReady });
    }

    /// Not ready for good: the process is ending, and a late heartbeat must not call work back.
    pub fn close(&self) {
        self.change(State::Closed);
    }

    pub fn is_ready(&self) -> bool {
        *self.0.borrow() == State::Ready
    }

    /// Waits until [`Readiness::is_ready`] answers `ready`.
    pub async fn wait_until(&self, ready: bool) {
        // The sender lives as long as `self`, so the wait cannot fail.
        let _ = self.0.subscribe().wait_for(|state| (*state == State::Ready) == ready).await;
    }

    fn change(&self, to: State) {
        self.0.send_if_modified(|state| {
            let changes = *state != to && *state != State::Closed;
            if changes {
                *state = to;
            }
            changes
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_closed_stays_not_ready() {
        let readiness = Readiness::new();
        assert!(!readiness.is_ready());
        readiness.set(true);
        assert!(readiness.is_ready());
        readiness.close();
        readiness.set(true);
        assert!(!readiness.is_ready());
    }
}

use crate::Listener;
use doors::Doors;
use tokio::net::TcpListener;

/// Where an instance is reached, and by whom.
pub struct Entrance<L> {
    pub listener: L,
    pub doors: Doors,
    /// Whether the services are described to whoever asks, by gRPC reflection.
    pub reflection: bool,
    /// Where health alone is served, in plaintext, for probes that know neither TLS nor tokens; none: nowhere.
    pub health: Option<TcpListener>,
}

impl<L: Listener> Entrance<L> {
    /// For everyone, with nothing hidden.
    pub fn open(listener: L) -> Self {
        Self { listener, doors: Doors::open(), reflection: true, health: None }
    }
}

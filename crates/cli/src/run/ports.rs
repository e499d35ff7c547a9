use crate::misuse::Misuse;
use anyhow::Result;
use domain::Role;
use std::io::ErrorKind;
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// The documented port of a role's first instance; further ones on the same machine follow it. All lie below the range from which
/// Linux takes ports for outgoing connections.
pub fn default_port(role: Role) -> u16 {
    match role {
        Role::Orchestrator => 7600,
        Role::Playserver => 7610,
        Role::Matchmaker => 7620,
        Role::Mover => 7630,
        Role::Sweeper => 7640,
    }
}

/// The documented port of the metrics of all services in one process.
pub const METRICS_PORT: u16 = 7660;
/// The documented port of the monitor page.
pub const MONITOR_PORT: u16 = 7650;

/// Listens, or says in one line what is in the way, and `in_use`: what to do where another listens already.
pub async fn listen(who: &str, address: SocketAddr, in_use: &str) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        let todo = if error.kind() == ErrorKind::AddrInUse { in_use } else { "choose an address of this machine" };
        Misuse::new(format!("{who} cannot listen on {address} ({error}): {todo}")).into()
    })
}

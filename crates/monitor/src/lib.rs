//! The monitor: one page that shows every instance, whom it holds, and how players move through the system.
//!
//! `watch` looks while a page is open: it finds instances by their leases, has each `follow`ed over `muster.v1.Inspect`, and keeps what
//! they tell in an `overview`; `picture` is what a page shows of it, and `feed` tells pages how it changes. `web` serves the page, `ask` asks
//! the services about one ticket, and `spawn` lets clients come that play over the public contract.
//!
//! Architecture invariant: nothing in the system depends on it, and it reads nothing from the store but who is alive. While no page is
//! open it asks nobody anything.

mod ask;
mod config;
mod feed;
mod follow;
mod history;
mod overview;
mod picture;
mod spawn;
mod watch;
mod web;

pub use config::Config;

use chassis::{LiveRules, Network, Shutdown};
use std::sync::Arc;
use store::Leases;
use tokio::net::TcpListener;

/// What the monitor needs from outside.
pub struct Deps {
    pub leases: Arc<dyn Leases>,
    /// Of the queues in which it may let clients play.
    pub rules: LiveRules,
    /// To every instance, as the monitor.
    pub network: Network,
    /// To orchestrators and playservers, as whoever queues and plays for the page: what it bears is for them alone.
    pub clients: Network,
    /// The realm's name, for the page.
    pub realm: String,
}

/// Serves the page over HTTP until `shutdown`.
pub async fn serve(config: Config, listener: TcpListener, deps: Deps, shutdown: Shutdown) {
    let monitor = watch::Monitor::new(config, deps, shutdown.clone());
    let watching = tokio::spawn(watch::run(monitor.clone()));
    web::serve(monitor, listener, shutdown).await;
    // Its end is bounded; a panic in it was logged where it happened.
    let _ = watching.await;
}

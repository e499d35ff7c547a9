//! The playserver: tells clients what became of their tickets, and hosts matches.
//!
//! Events come in from the mover at `deliver`; `hub` brings them to whoever watches; `watch` is one client's stream; `host` starts
//! the matches that were given to this playserver; `absence` ends tickets whose clients do not come back; `held` shows whom it holds;
//! `handler` is what clients may do, and `service` and `follow` are its two doors.
//!
//! Architecture invariant: it decides nothing, and what it knows it can read again from the store at any time. So a client may
//! come back to any playserver.

mod absence;
mod config;
mod deliver;
mod follow;
mod followed;
mod handler;
mod held;
mod host;
mod hub;
mod presence;
mod service;
mod watch;

pub use config::Config;

use api::v1::play_server::PlayServer;
use api::v1::playserver_server::PlayserverServer;
use chassis::{Clock, Entrance, Holdings, Inspect, Listener, Oneself, Readiness, Registration, ServeError, Shutdown};
use deliver::Delivery;
use domain::RealmId;
use handler::Handler;
use host::Host;
use hub::Hub;
use presence::Presence;
use service::Service;
use std::sync::Arc;
use store::Store;
use tonic::service::Routes;

/// What a playserver needs from outside.
pub struct Deps {
    pub realm: RealmId,
    pub store: Arc<dyn Store>,
    pub clock: Clock,
}

/// Serves until `shutdown`; then every stream ends with UNAVAILABLE, so that clients go on at another playserver.
pub async fn serve(
    config: Config,
    entrance: Entrance<impl Listener>,
    deps: Deps,
    shutdown: Shutdown,
) -> Result<(), ServeError> {
    let Deps { realm, store, clock } = deps;
    let id = config.instance.id.clone();
    let readiness = Readiness::new();
    let registration = Registration::start(store.clone(), config.instance.clone(), readiness.clone(), shutdown.clone());

    let holdings = Holdings::default();
    let oneself = Oneself::new(config.instance.clone(), registration.load(), &readiness, config.drainable);
    let inspect = Inspect::server(oneself, holdings.clone(), shutdown.clone());
    let hub = Hub::new(holdings.clone());
    let presence =
        Presence::start(store.clone(), hub.clone(), id.clone(), clock, config.unwatched_max, shutdown.clone());
    let host = Arc::new(Host::new(&config, store.clone(), clock, registration.load(), holdings));
    tokio::spawn(host.clone().recount(shutdown.clone()));
    let handler =
        Handler { realm, store, hub: hub.clone(), presence: presence.clone(), clock, shutdown: shutdown.clone() };
    let play = Service(handler);
    let delivery = Delivery::new(hub, presence, host, clock, shutdown.clone());
    let routes = Routes::new(PlayServer::new(play).max_decoding_message_size(api::CLIENT_MESSAGE_BYTES_MAX))
        .add_service(PlayserverServer::new(delivery).max_decoding_message_size(api::SERVICE_MESSAGE_BYTES_MAX))
        .add_service(inspect);
    let names = ["muster.v1.Play", "muster.v1.Playserver", Inspect::NAME];
    let served = chassis::serve(entrance, routes, &names, readiness, shutdown).await;
    registration.leave().await;
    served
}

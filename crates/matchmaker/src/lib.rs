//! The matchmaker: a range of tickets in, proposals to the mover, and back to the asker what came of them.
//!
//! Architecture invariant: it never reads or writes a ticket in the store; the store handle it gets can only tell who is alive. What it
//! remembers from one search to the next, in `claims`, only spares proposals that would be made in vain.

mod claims;
mod config;
mod held;
mod leader;
mod propose;
mod search;
mod service;
mod trace;

pub use config::Config;

use api::v1::matchmaker_server::MatchmakerServer;
use chassis::{
    Entrance, Fleet, Holdings, Inspect, Listener, LiveRules, Network, Oneself, Peers, Readiness, Registration,
    ServeError, Shutdown,
};
use domain::Role;
use propose::Proposer;
use service::Service;
use std::sync::Arc;
use store::Leases;
use tonic::service::Routes;

/// What a matchmaker needs from outside.
pub struct Deps {
    pub leases: Arc<dyn Leases>,
    pub rules: LiveRules,
    pub network: Network,
}

/// Serves until `shutdown`; then finishes the searches in work.
pub async fn serve(
    config: Config,
    entrance: Entrance<impl Listener>,
    deps: Deps,
    shutdown: Shutdown,
) -> Result<(), ServeError> {
    // Searches that are still in work at shutdown go on to propose, to whoever leads then.
    let proposing = Shutdown::new();
    let movers = Peers::watch(deps.leases.clone(), Role::Mover, proposing.clone());
    let fleet = Fleet::start(
        "muster.v1.Mover/Propose",
        deps.network,
        movers,
        config::PROPOSALS_IN_FLIGHT_MAX,
        proposing.clone(),
        propose::open,
    );
    let leader = leader::watch(deps.leases.clone(), proposing.clone());
    let holdings = Holdings::default();
    let service = Service::new(deps.rules, Proposer::new(fleet, leader), holdings.clone(), shutdown.clone());

    let readiness = Readiness::new();
    let registration = Registration::start(deps.leases, config.instance.clone(), readiness.clone(), shutdown.clone());
    let oneself = Oneself::new(config.instance, registration.load(), &readiness, config.drainable);
    let server = MatchmakerServer::new(service)
        .max_decoding_message_size(api::SERVICE_MESSAGE_BYTES_MAX)
        .max_encoding_message_size(api::SERVICE_MESSAGE_BYTES_MAX);
    let routes = Routes::new(server).add_service(Inspect::server(oneself, holdings, shutdown.clone()));
    let served = chassis::serve(entrance, routes, &["muster.v1.Matchmaker", Inspect::NAME], readiness, shutdown).await;
    proposing.cancel();
    registration.leave().await;
    served
}

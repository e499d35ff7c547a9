//! The mover: the only writer of matches. One leads per realm, the others stand by.
//!
//! A proposal comes in at `service`, is re-checked and committed by `commit` under the lead that `lead` holds; what was committed
//! comes out of the store's outbox in `deliver`, which brings it to playservers; `tend` looks after matches that did
//! not start or do not end.
//!
//! Architecture invariant: commit never talks to a playserver and delivery never commits. They meet only in the outbox, so a mover
//! that dies between the two leaves nothing behind that its successor does not find.

mod commit;
mod config;
mod courier;
mod deliver;
mod held;
mod hosts;
mod lead;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests use it, which say what they are sure of")]
mod playground;
mod progress;
mod service;
mod tend;
mod trace;

pub use config::Config;

use api::v1::mover_server::MoverServer;
use chassis::{
    Clock, Entrance, Fleet, Holdings, Inspect, Listener, LiveRules, Network, Oneself, Peers, Readiness, Registration,
    ServeError, Shutdown,
};
use commit::Committer;
use domain::Role;
use hosts::Hosts;
use lead::Lead;
use service::Service;
use std::sync::Arc;
use store::Store;
use tokio_util::task::TaskTracker;
use tonic::service::Routes;

/// What a mover needs from outside.
pub struct Deps {
    pub store: Arc<dyn Store>,
    pub rules: LiveRules,
    pub clock: Clock,
    pub network: Network,
}

/// Serves until `shutdown`; then finishes the commits in work and gives up the lead at once, so that a standby takes it.
pub async fn serve(
    config: Config,
    entrance: Entrance<impl Listener>,
    deps: Deps,
    shutdown: Shutdown,
) -> Result<(), ServeError> {
    let Deps { store, rules, clock, network } = deps;
    // The lead outlives the first word of the shutdown: commits in work need it, and hosts, until the last one is known. It does
    // not outlive them: as long as it is held, nobody else can commit. What is not delivered by then, the successor delivers.
    let led = Shutdown::new();
    let playservers = Peers::watch(store.clone(), Role::Playserver, led.clone());
    let fleet = Fleet::start(
        courier::DELIVER,
        network,
        playservers.clone(),
        config::DELIVERIES_IN_FLIGHT_MAX,
        led.clone(),
        courier::open,
    );
    let hosts = Hosts::new(playservers);
    let (lead, leading) = Lead::start(store.clone(), config.instance.id.clone(), clock, led.clone());
    let delivering = tokio::spawn(deliver::run(store.clone(), lead.clone(), fleet, led.clone()));
    let tending = tokio::spawn(tend::run(store.clone(), lead.clone(), hosts.clone(), clock, shutdown.clone()));

    let readiness = Readiness::new();
    let registration = Registration::start(store.clone(), config.instance.clone(), readiness.clone(), shutdown.clone());
    let holdings = Holdings::default();
    let oneself = Oneself {
        leads: leads(&lead),
        ..Oneself::new(config.instance, registration.load(), &readiness, config.drainable)
    };
    let inspect = Inspect::server(oneself, holdings.clone(), shutdown.clone());
    let service = Service::new(Committer::new(store, rules, lead, hosts, holdings, clock), shutdown.clone());
    let yielding = tokio::spawn(yield_lead(shutdown.clone(), service.in_work(), led.clone()));
    let server = MoverServer::new(service)
        .max_decoding_message_size(api::SERVICE_MESSAGE_BYTES_MAX)
        .max_encoding_message_size(api::SERVICE_MESSAGE_BYTES_MAX);
    let routes = Routes::new(server).add_service(inspect);
    let served = chassis::serve(entrance, routes, &["muster.v1.Mover", Inspect::NAME], readiness, shutdown).await;
    registration.leave().await;
    // Also when the server failed and nobody shut it down.
    led.cancel();
    // Their own ends are bounded; a panic in one of them was logged where it happened.
    let _ = tokio::join!(yielding, leading, delivering, tending);
    served
}

fn leads(lead: &Lead) -> Arc<dyn Fn() -> bool + Send + Sync> {
    let lead = lead.clone();
    Arc::new(move || lead.fence().is_some())
}

/// Ends `led` once `shutdown` came and the proposals in work are answered, or at the latest when the last of them would have
/// given up. It does not wait for connections: a caller that hangs must not keep the lead from a standby.
async fn yield_lead(shutdown: Shutdown, in_work: TaskTracker, led: Shutdown) {
    let answered = async {
        shutdown.cancelled().await;
        in_work.close();
        tokio::time::timeout(config::COMMIT_WAIT_MAX, in_work.wait()).await
    };
    if let Some(Err(_)) = led.run_until_cancelled(answered).await {
        tracing::warn!("proposals still in work lose the lead");
    }
    led.cancel();
}

//! The orchestrator takes requests to be matched, writes them down and has them looked for; the sweeper is the same without clients.
//!
//! `service` is the public face; `arrival` turns a request into a stored ticket, and `recent` adds whom its players met; `landing` is where
//! arrivals wait for one another; `looker` has tickets looked for, at once or when `schedule` says so, which it follows by a `timetable`, in
//! `windows` that read each waiting ticket once, unless `crowds` knows that they are cut; `placer` puts it under the rules in force before;
//! `look` is one such look, and `search` sends what it read to a matchmaker; `sweep` takes up tickets whose orchestrator is gone, and
//! expires those that waited too long; `explain` says why a ticket waits; `held` shows who waits here.
//!
//! Architecture invariant: nothing here decides a match, and nothing that must outlive the process is kept here. The schedule is
//! only a memory of what to look at next: whoever adopts the tickets makes it anew.

mod arrival;
mod attempt;
mod config;
mod crowds;
mod explain;
mod forsaken;
mod grounds;
mod hash;
mod held;
mod intake;
mod landing;
mod look;
mod looker;
mod outages;
mod outcome;
mod outlooks;
mod placer;
mod recent;
mod schedule;
mod search;
mod service;
mod sweep;
mod timetable;
mod trace;
mod waiting;
mod windows;

pub use config::{ARRIVALS_TAKEN_MAX, Config};

/// What tickets say of whom their players met, and when and where they are looked for, without the services: what a simulation goes by.
pub mod plan {
    pub use crate::config::{ARRIVAL_TICKETS_MAX, WINDOW_TICKETS_MAX};
    pub use crate::outlooks::outlook_kept_ms;
    pub use crate::recent::having_met;
    pub use crate::schedule::{Due, Schedule};
    pub use crate::waiting::Waiting;
    pub use crate::windows::{Way, Window, windows};
}

use api::v1::queue_server::QueueServer;
use chassis::{
    Clock, Entrance, Fleet, Holdings, Inspect, Listener, LiveRules, Network, Oneself, Peers, Readiness, Registration,
    ServeError, Shutdown,
};
use domain::{RealmId, Role};
use explain::Explainer;
use look::Eyes;
use looker::Looker;
use outlooks::Outlooks;
use placer::Placer;
use search::Searcher;
use service::Service;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tonic::service::Routes;

/// What an orchestrator needs from outside.
pub struct Deps {
    pub realm: RealmId,
    pub store: Arc<dyn Store>,
    pub rules: LiveRules,
    pub clock: Clock,
    pub network: Network,
    /// How long a ticket may have nobody watching it that somebody watched before; none: for ever.
    pub unwatched_max: Option<Duration>,
}

/// Serves until `shutdown`, as an orchestrator or a sweeper by the instance's role; then finishes what is in work and hands back the
/// tickets held here, so that others adopt them at once.
pub async fn serve(
    config: Config,
    entrance: Entrance<impl Listener>,
    deps: Deps,
    shutdown: Shutdown,
) -> Result<(), ServeError> {
    let Deps { realm, store, rules, clock, network, unwatched_max } = deps;
    let holder = config.instance.id.clone();
    let role = config.instance.role;
    // Looks that are still in work at shutdown go on to search, with whoever there is then.
    let searching = Shutdown::new();
    let matchmakers = Peers::watch(store.clone(), Role::Matchmaker, searching.clone());
    let fleet = Fleet::start(
        "muster.v1.Matchmaker/Search",
        network,
        matchmakers,
        config::SEARCHES_IN_FLIGHT_MAX,
        searching.clone(),
        search::open,
    );
    let outlooks = Outlooks::new(store.clone());
    let eyes = Eyes::new(store.clone(), Searcher::new(fleet), outlooks.clone());
    let placer = Placer::new(store.clone(), rules.clone(), holder.clone());
    let holdings = Holdings::default();
    let looker = Looker::new(&holder, eyes, placer, holdings.clone(), clock);
    let looking = tokio::spawn(looker.clone().run(shutdown.clone()));
    let sweeping =
        tokio::spawn(sweep::run(config.clone(), store.clone(), rules.clone(), looker.clone(), clock, shutdown.clone()));

    let forsaking = tokio::spawn(forsaken::run(store.clone(), rules.clone(), clock, unwatched_max, shutdown.clone()));

    let readiness = Readiness::new();
    let registration = Registration::start(store.clone(), config.instance.clone(), readiness.clone(), shutdown.clone());
    let oneself = Oneself::new(config.instance, registration.load(), &readiness, config.drainable);
    let routes = Routes::new(Inspect::server(oneself, holdings, shutdown.clone()));
    let served = match role {
        Role::Sweeper => chassis::serve(entrance, routes, &[Inspect::NAME], readiness, shutdown).await,
        _ => {
            let service = Service {
                realm,
                explainer: Arc::new(Explainer::new(store.clone(), rules.clone(), outlooks, clock)),
                store: store.clone(),
                rules,
                looker,
                clock,
                here: holder.clone(),
                shutdown: shutdown.clone(),
                intake: Arc::default(),
            };
            let server = QueueServer::new(service).max_decoding_message_size(api::CLIENT_MESSAGE_BYTES_MAX);
            let names = ["muster.v1.Queue", Inspect::NAME];
            chassis::serve(entrance, routes.add_service(server), &names, readiness, shutdown).await
        }
    };
    // Their own ends are bounded; a panic in one of them was logged where it happened.
    let _ = tokio::join!(looking, sweeping, forsaking);
    searching.cancel();
    registration.leave().await;
    match tokio::time::timeout(config::RELEASE_WAIT_MAX, store.release(&holder)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(%error, "could not hand back tickets: they are adopted when the lease runs out")
        }
        Err(_) => {
            tracing::warn!("could not hand back every ticket in time: the rest is adopted when the lease runs out")
        }
    }
    served
}

use crate::Spec;
use chassis::{Clock, Entrance, Listener, LiveRules, Network, ServeError, Shutdown};
use domain::{RealmId, Role};
use std::sync::Arc;
use std::time::Duration;
use store::Store;

/// What every instance of a realm shares.
#[derive(Clone)]
pub struct World {
    pub realm: RealmId,
    pub store: Arc<dyn Store>,
    pub rules: LiveRules,
    pub clock: Clock,
    pub network: Network,
    /// How long a ticket whose last watcher went away may wait on for him; none: as long as any other.
    pub unwatched_max: Option<Duration>,
    /// Whether anyone who reaches an instance may have it leave, by `Inspect.Drain`.
    pub drainable: bool,
}

/// Serves one instance at `entrance` until `shutdown`.
pub async fn serve(
    spec: Spec,
    entrance: Entrance<impl Listener>,
    world: World,
    shutdown: Shutdown,
) -> Result<(), ServeError> {
    let World { realm, store, rules, clock, network, unwatched_max, drainable } = world;
    let Spec { instance, game_address } = spec;
    match instance.role {
        Role::Orchestrator | Role::Sweeper => {
            let deps = orchestrator::Deps { realm, store, rules, clock, network, unwatched_max };
            orchestrator::serve(orchestrator::Config { instance, drainable }, entrance, deps, shutdown).await
        }
        Role::Matchmaker => {
            let deps = matchmaker::Deps { leases: store, rules, network };
            matchmaker::serve(matchmaker::Config { instance, drainable }, entrance, deps, shutdown).await
        }
        Role::Mover => {
            let deps = mover::Deps { store, rules, clock, network };
            mover::serve(mover::Config { instance, drainable }, entrance, deps, shutdown).await
        }
        Role::Playserver => {
            let deps = playserver::Deps { realm, store, clock };
            let config = playserver::Config { instance, drainable, game_address, unwatched_max };
            playserver::serve(config, entrance, deps, shutdown).await
        }
    }
}

//! Watches the system for as long as somebody looks at the page.

use crate::ask::Gateway;
use crate::config::{LINGER, PACE};
use crate::feed::{Feed, News};
use crate::follow::Followers;
use crate::overview::Overview;
use crate::picture::Picture;
use crate::spawn::Spawner;
use crate::{Config, Deps};
use chassis::{Clock, Peers, Shutdown};
use domain::{Instance, Role};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::time::{Instant, MissedTickBehavior};

/// What the page and the watching share. Cheap to clone.
#[derive(Clone)]
pub struct Monitor(Arc<Shared>);

pub struct Shared {
    pub config: Config,
    pub deps: Deps,
    pub feed: Feed,
    pub clock: Clock,
    pub shutdown: Shutdown,
    watched: Mutex<Option<Watched>>,
}

/// The system while it is watched. Cheap to clone.
#[derive(Clone)]
pub struct Watched {
    /// In the order of [`Role::ALL`].
    pub peers: [Peers; Role::ALL.len()],
    pub gateway: Gateway,
    pub spawner: Spawner,
}

impl std::ops::Deref for Monitor {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Monitor {
    pub fn new(config: Config, deps: Deps, shutdown: Shutdown) -> Self {
        let (feed, clock) = (Feed::new(), Clock::system());
        Self(Arc::new(Shared { config, deps, feed, clock, shutdown, watched: Mutex::default() }))
    }

    /// None while no page is open.
    pub fn watched(&self) -> Option<Watched> {
        self.watched.lock().clone()
    }

    /// What does not change while the monitor runs, but for the queues.
    pub fn about(&self) -> Value {
        let rules = self.deps.rules.current();
        let queues = rules.iter().map(|rules| {
            let regions: Vec<&str> = rules.regions().iter().map(|region| region.as_str()).collect();
            json!({ "name": rules.queue().as_str(), "teams": rules.team_sizes(), "regions": regions })
        });
        json!({
            "realm": self.deps.realm,
            "may_spawn": self.config.may_spawn,
            "rate_max": crate::config::SPAWN_RATE_MAX,
            "traces": self.config.traces,
            "queues": queues.collect::<Vec<_>>(),
            "cell": { "rating": crate::config::CELL_RATING, "per_decade": crate::config::CELLS_PER_DECADE },
        })
    }
}

/// Until the monitor's shutdown.
pub async fn run(monitor: Monitor) {
    let shutdown = monitor.shutdown.clone();
    let watching = async {
        loop {
            monitor.feed.came.notified().await;
            watch(&monitor).await;
        }
    };
    shutdown.run_until_cancelled(watching).await;
    if let Some(watched) = monitor.watched() {
        watched.spawner.leave().await;
    }
}

/// Until nobody has looked for a while.
async fn watch(monitor: &Monitor) {
    let over = monitor.shutdown.child_token();
    let _guard = over.clone().drop_guard();
    let Deps { leases, network, clients, rules, .. } = &monitor.deps;
    let peers = Role::ALL.map(|role| Peers::watch(leases.clone(), role, over.clone()));
    let overview = Arc::new(Mutex::new(Overview::default()));
    let gateway = Gateway::new(&peers, clients.clone(), rules.clone());
    let spawner = Spawner::new(gateway.clone(), rules.clone(), over.clone());
    *monitor.watched.lock() = Some(Watched { peers: peers.clone(), gateway, spawner: spawner.clone() });
    let mut followers = Followers::new(overview.clone(), network.clone(), monitor.clock, over.clone());
    let mut ticks = tokio::time::interval(PACE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut second_ms = monitor.clock.now_ms() / 1_000;
    while monitor.feed.deserted().is_none_or(|since| since.elapsed() < LINGER) {
        ticks.tick().await;
        let alive: Vec<Instance> = peers.iter().flat_map(|peers| peers.alive().to_vec()).collect();
        followers.meet(&alive);
        tell(monitor, &overview, &spawner, &mut second_ms);
    }
    *monitor.watched.lock() = None;
    monitor.feed.clear();
    spawner.leave().await;
}

fn tell(monitor: &Monitor, overview: &Mutex<Overview>, spawner: &Spawner, second_ms: &mut u64) {
    let now_ms = monitor.clock.now_ms();
    let mut overview = overview.lock();
    overview.forget(Instant::now());
    let picture = Picture::of(&overview, now_ms);
    let is_next_second = std::mem::replace(second_ms, now_ms / 1_000) != now_ms / 1_000;
    let sample = is_next_second.then(|| overview.history.sample(now_ms, picture.waiting()).clone());
    let news = News { now_ms, sample, samples: overview.history.samples(), spawned: spawner.counts() };
    monitor.feed.tell(picture, &news);
}

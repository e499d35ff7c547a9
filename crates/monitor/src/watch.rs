//! Looks at the house for as long as somebody looks at the page.

use crate::ask::Desk;
use crate::city::City;
use crate::config::{LINGER, PACE};
use crate::feed::{Feed, News};
use crate::follow::Followers;
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
pub struct Lookout(Arc<Shared>);

pub struct Shared {
    pub config: Config,
    pub deps: Deps,
    pub feed: Feed,
    pub clock: Clock,
    pub shutdown: Shutdown,
    watched: Mutex<Option<Watched>>,
}

/// The house while it is watched. Cheap to clone.
#[derive(Clone)]
pub struct Watched {
    /// In the order of [`Role::ALL`].
    pub peers: [Peers; Role::ALL.len()],
    pub desk: Desk,
    pub spawner: Spawner,
}

impl std::ops::Deref for Lookout {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Lookout {
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

/// Until the lookout's shutdown.
pub async fn run(lookout: Lookout) {
    let shutdown = lookout.shutdown.clone();
    let watching = async {
        loop {
            lookout.feed.came.notified().await;
            watch(&lookout).await;
        }
    };
    shutdown.run_until_cancelled(watching).await;
    if let Some(watched) = lookout.watched() {
        watched.spawner.leave().await;
    }
}

/// Until nobody has looked for a while.
async fn watch(lookout: &Lookout) {
    let over = lookout.shutdown.child_token();
    let _guard = over.clone().drop_guard();
    let Deps { leases, network, clients, rules, .. } = &lookout.deps;
    let peers = Role::ALL.map(|role| Peers::watch(leases.clone(), role, over.clone()));
    let city = Arc::new(Mutex::new(City::default()));
    let desk = Desk::new(&peers, clients.clone(), rules.clone());
    let spawner = Spawner::new(desk.clone(), rules.clone(), over.clone());
    *lookout.watched.lock() = Some(Watched { peers: peers.clone(), desk, spawner: spawner.clone() });
    let mut followers = Followers::new(city.clone(), network.clone(), lookout.clock, over.clone());
    let mut ticks = tokio::time::interval(PACE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut second_ms = lookout.clock.now_ms() / 1_000;
    while lookout.feed.deserted().is_none_or(|since| since.elapsed() < LINGER) {
        ticks.tick().await;
        let alive: Vec<Instance> = peers.iter().flat_map(|peers| peers.alive().to_vec()).collect();
        followers.meet(&alive);
        tell(lookout, &city, &spawner, &mut second_ms);
    }
    *lookout.watched.lock() = None;
    lookout.feed.clear();
    spawner.leave().await;
}

fn tell(lookout: &Lookout, city: &Mutex<City>, spawner: &Spawner, second_ms: &mut u64) {
    let now_ms = lookout.clock.now_ms();
    let mut city = city.lock();
    city.forget(Instant::now());
    let picture = Picture::of(&city, now_ms);
    let is_next_second = std::mem::replace(second_ms, now_ms / 1_000) != now_ms / 1_000;
    let sample = is_next_second.then(|| city.history.sample(now_ms, picture.waiting()).clone());
    let news = News { now_ms, sample, samples: city.history.samples(), spawned: spawner.counts() };
    lookout.feed.tell(picture, &news);
}

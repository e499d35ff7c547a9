use crate::support::wait_until;
use async_trait::async_trait;
use chassis::{LEASE_TTL_MS, PEERS_STALE_MS_MAX, Peers, Readiness, Registration, Shutdown};
use domain::{Cursor, Instance, InstanceId, Role};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::{Fence, Leadership, Leases, StoreError};
use tokio::time::{Instant, advance};

type Result<T> = std::result::Result<T, StoreError>;

/// Leases on tokio's time, which the test can take away.
#[derive(Default)]
struct Table {
    away: AtomicBool,
    instances: Mutex<BTreeMap<String, (Instance, Instant)>>,
}

impl Table {
    fn reachable(&self) -> Result<()> {
        let away = self.away.load(Ordering::Relaxed);
        if away { Err(StoreError::Unavailable("away".to_owned())) } else { Ok(()) }
    }

    fn alive(&self) -> Vec<Instance> {
        let instances = self.instances.lock();
        instances.values().filter(|(_, until)| *until > Instant::now()).map(|(one, _)| one.clone()).collect()
    }
}

#[async_trait]
impl Leases for Table {
    async fn register(&self, instance: &Instance, ttl: Duration) -> Result<Option<u64>> {
        self.reachable()?;
        let entry = (instance.clone(), Instant::now() + ttl);
        self.instances.lock().insert(instance.id.to_string(), entry);
        Ok(None)
    }
    async fn deregister(&self, _: Role, id: &InstanceId) -> Result<()> {
        self.reachable()?;
        self.instances.lock().remove(id.as_str());
        Ok(())
    }
    async fn instances(&self, _: Role) -> Result<Vec<Instance>> {
        self.reachable()?;
        Ok(self.alive())
    }
    async fn lead(&self, _: &InstanceId, _: Duration, _: u64, _: Cursor) -> Result<Leadership> {
        unreachable!()
    }
    async fn resign(&self, _: &Fence) -> Result<()> {
        unreachable!()
    }
    async fn leader(&self) -> Result<Option<InstanceId>> {
        unreachable!()
    }
}

struct Scene {
    table: Arc<Table>,
    readiness: Readiness,
    shutdown: Shutdown,
}

impl Scene {
    fn new() -> Self {
        Self { table: Arc::default(), readiness: Readiness::new(), shutdown: Shutdown::new() }
    }

    fn registers(&self) -> Registration {
        let instance = Instance {
            id: "matchmaker-1".parse().unwrap(),
            role: Role::Matchmaker,
            address: "http://127.0.0.1:1".to_owned(),
            region: String::new(),
            capacity: 8,
            load: 0,
        };
        Registration::start(self.table.clone(), instance, self.readiness.clone(), self.shutdown.clone())
    }

    fn watches(&self) -> Peers {
        Peers::watch(self.table.clone(), Role::Matchmaker, self.shutdown.clone())
    }

    fn store_is_away(&self, away: bool) {
        self.table.away.store(away, Ordering::Relaxed);
    }

    async fn until_ready(&self, ready: bool) {
        wait_until(|| self.readiness.is_ready(), |seen| *seen == ready).await;
    }
}

fn loads(peers: &Peers) -> Vec<u32> {
    peers.alive().iter().map(|peer| peer.load).collect()
}

#[tokio::test(start_paused = true)]
async fn an_instance_stays_known_beyond_its_lease_and_tells_its_load() {
    let scene = Scene::new();
    let (registration, peers) = (scene.registers(), scene.watches());
    wait_until(|| loads(&peers), |loads| *loads == [0]).await;
    registration.load().set(5);
    wait_until(|| loads(&peers), |loads| *loads == [5]).await;
    advance(Duration::from_millis(LEASE_TTL_MS * 2)).await;
    assert_eq!(loads(&peers), [5]);
}

#[tokio::test(start_paused = true)]
async fn who_leaves_is_gone_at_once() {
    let scene = Scene::new();
    let registration = scene.registers();
    scene.until_ready(true).await;
    registration.leave().await;
    assert_eq!(scene.table.alive(), []);
    assert!(!scene.readiness.is_ready());
}

#[tokio::test(start_paused = true)]
async fn shutdown_deregisters() {
    let scene = Scene::new();
    let _registration = scene.registers();
    scene.until_ready(true).await;
    scene.shutdown.cancel();
    wait_until(|| scene.table.alive().len(), |alive| *alive == 0).await;
}

#[tokio::test(start_paused = true)]
async fn an_instance_is_ready_only_while_the_store_answers() {
    let scene = Scene::new();
    scene.store_is_away(true);
    let _registration = scene.registers();
    advance(Duration::from_secs(2)).await;
    assert!(!scene.readiness.is_ready());
    for away in [false, true, false] {
        scene.store_is_away(away);
        scene.until_ready(!away).await;
    }
}

#[tokio::test(start_paused = true)]
async fn peers_outlive_a_short_outage_of_the_store_but_not_a_long_one() {
    let scene = Scene::new();
    let (_registration, mut peers) = (scene.registers(), scene.watches());
    peers.changed().await;
    scene.store_is_away(true);
    advance(Duration::from_millis(PEERS_STALE_MS_MAX - 1_000)).await;
    assert_eq!(loads(&peers), [0]);
    peers.changed().await;
    assert!(loads(&peers).is_empty());
    scene.store_is_away(false);
    wait_until(|| loads(&peers), |loads| *loads == [0]).await;
}

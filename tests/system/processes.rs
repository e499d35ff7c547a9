//! Each role in a process of its own on a real Redis, for stories about how processes end.

use crate::house::REALM;
use anyhow::{Context, Result, bail};
use domain::{InstanceId, Role};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sandbox::{Actor, Counts, wait_until};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use store::testing::RedisServer;
use store::{RedisStore, Store};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// The binary that is tested.
pub const MUSTER: &str = env!("CARGO_BIN_EXE_muster");
/// How long a role may take to leave after SIGTERM: what the product promises.
const LEAVE_MAX: Duration = Duration::from_secs(10);

/// Running processes, and the store that tells where they are. Killed on drop.
pub struct Processes {
    // Before Redis, so that they end first and have nothing to complain about.
    running: Vec<Process>,
    store: RedisStore,
    redis: RedisServer,
}

/// One role in a process of its own.
pub struct Process {
    pub role: Role,
    pub id: InstanceId,
    pub address: String,
    child: Child,
}

impl Processes {
    /// Starts `counts` processes on free ports, and waits until all of them are known to the others and a mover leads.
    pub async fn start(counts: Counts) -> Result<Self> {
        let redis = RedisServer::start()?;
        let store = RedisStore::connect(redis.url(), REALM.parse()?)?;
        let mut processes = Self { running: Vec::new(), store, redis };
        for role in counts.roles() {
            processes.running.push(Process::start(role, processes.redis.url())?);
        }
        for process in &mut processes.running {
            process.find(&processes.store).await?;
        }
        wait_until("a mover to lead", || async {
            let leader = processes.store().leader().await.map_err(|error| error.to_string())?;
            leader.map(drop).ok_or_else(|| "nobody leads".to_owned())
        })
        .await?;
        Ok(processes)
    }

    pub fn store(&self) -> &dyn Store {
        &self.store
    }

    /// A process by its role, in the order in which they were started.
    pub fn of(&self, role: Role, index: usize) -> Result<&Process> {
        let mut of_role = self.running.iter().filter(|process| process.role == role);
        of_role.nth(index).with_context(|| format!("no {} number {index}", role.as_str()))
    }

    /// Takes a process out, to end it alone.
    pub fn take(&mut self, role: Role, index: usize) -> Result<Process> {
        let id = self.of(role, index)?.id.clone();
        self.take_by_id(&id)
    }

    /// The mover that leads, taken out.
    pub async fn take_leader(&mut self) -> Result<Process> {
        let leader = self.store().leader().await?.context("nobody leads")?;
        self.take_by_id(&leader)
    }

    fn take_by_id(&mut self, id: &InstanceId) -> Result<Process> {
        let place = self.running.iter().position(|process| process.id == *id);
        Ok(self.running.remove(place.with_context(|| format!("{id} is none of these"))?))
    }

    /// A player at the first orchestrator and the first playserver that run.
    pub fn player(&self, id: &str, rating: f64) -> Result<Actor> {
        Actor::new(id, rating, &self.of(Role::Orchestrator, 0)?.address, &self.of(Role::Playserver, 0)?.address)
    }
}

impl Process {
    fn start(role: Role, redis: &str) -> Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("{}-{}", role.as_str(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let child = Command::new(MUSTER)
            .arg(role.as_str())
            .args(["--redis", redis, "--realm", REALM, "--instance", &name, "--listen", "127.0.0.1:0"])
            // What goes wrong stands in the test's output; what happens by design does not.
            .env("RUST_LOG", "error")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{MUSTER} cannot be started"))?;
        Ok(Self { role, id: name.parse()?, address: String::new(), child })
    }

    /// Waits until it has made its address known.
    async fn find(&mut self, store: &dyn Store) -> Result<()> {
        self.address = wait_until(&format!("{} to register", self.id), || async {
            let alive = store.instances(self.role).await.map_err(|error| error.to_string())?;
            let found = alive.iter().find(|instance| instance.id == self.id);
            found.map(|instance| instance.address.clone()).ok_or_else(|| format!("{alive:?} are registered"))
        })
        .await?;
        Ok(())
    }

    /// Is killed (SIGKILL): dies without goodbye.
    pub async fn dies(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Is told to leave (SIGTERM), and exits with 0 in the promised time.
    pub async fn leaves(mut self) -> Result<()> {
        let pid = self.child.id().with_context(|| format!("{} has ended before", self.id))?;
        kill(Pid::from_raw(i32::try_from(pid)?), Signal::SIGTERM)?;
        let Ok(status) = timeout(LEAVE_MAX, self.child.wait()).await else {
            bail!("{} runs still {} s after SIGTERM", self.id, LEAVE_MAX.as_secs());
        };
        let status = status?;
        if !status.success() {
            bail!("{} ended with {status}", self.id);
        }
        Ok(())
    }
}

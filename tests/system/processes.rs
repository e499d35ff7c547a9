//! Each role in a process of its own on a real Redis, for stories about how processes end.

use crate::house::REALM;
use anyhow::{Context, Result, bail};
use domain::{InstanceId, Role};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sandbox::{Actor, Counts, wait_until};
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use store::testing::RedisServer;
use store::{RedisStore, Store};
use tempfile::NamedTempFile;
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
    /// Flags of all of them.
    more: Vec<String>,
    store: RedisStore,
    redis: RedisServer,
}

/// One role in a process of its own.
pub struct Process {
    pub role: Role,
    pub id: InstanceId,
    pub address: String,
    child: Child,
    log: Log,
}

/// What a process logs.
enum Log {
    /// What goes wrong stands in the test's output; what happens by design does not.
    Shown,
    /// All of it, to be read.
    Kept(NamedTempFile),
}

impl Processes {
    /// Starts `counts` processes on free ports, and waits until all of them are known to the others and a mover leads.
    pub async fn start(counts: Counts) -> Result<Self> {
        Self::start_with(counts, &[], || Ok(Log::Shown)).await
    }

    /// The same by the rules files in `rules`. What they log can be read.
    pub async fn start_by(counts: Counts, rules: &Path) -> Result<Self> {
        let rules = rules.to_str().context("a path in UTF-8")?;
        Self::start_with(counts, &["--rules", rules], || Ok(Log::Kept(NamedTempFile::new()?))).await
    }

    /// The same where a ticket leaves that nobody watches for `seconds`.
    pub async fn start_unwatched(counts: Counts, seconds: u32) -> Result<Self> {
        Self::start_with(counts, &["--unwatched-s", &seconds.to_string()], || Ok(Log::Shown)).await
    }

    /// The same where anyone may have them leave.
    pub async fn start_drainable(counts: Counts) -> Result<Self> {
        Self::start_with(counts, &["--drainable"], || Ok(Log::Shown)).await
    }

    async fn start_with(counts: Counts, more: &[&str], log: impl Fn() -> Result<Log>) -> Result<Self> {
        let redis = RedisServer::start()?;
        let store = RedisStore::connect(redis.url(), REALM.parse()?)?;
        let more = more.iter().map(ToString::to_string).collect();
        let mut processes = Self { running: Vec::new(), more, store, redis };
        for role in counts.roles() {
            let started = Process::start(role, &Process::name(role), processes.redis.url(), &processes.more, log()?)?;
            processes.running.push(started);
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

    /// Waits until each of them has logged a line that holds all of `words`; answers the most such lines that one has.
    pub async fn say(&self, words: &[&str]) -> Result<usize> {
        let mut most = 0;
        for process in &self.running {
            most = most.max(process.says(words).await?);
        }
        Ok(most)
    }

    /// Where the Redis of all of them is.
    pub fn redis(&self) -> &str {
        self.redis.url()
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

    /// One of a role is killed and started again under its name, somewhere else.
    pub async fn dies_and_comes_back(&mut self, role: Role, index: usize) -> Result<()> {
        let before = self.take(role, index)?;
        let (name, address) = (before.id.clone(), before.address.clone());
        before.dies().await?;
        let mut again = Process::start(role, name.as_str(), self.redis.url(), &self.more, Log::Shown)?;
        wait_until(&format!("{name} to have moved"), || async {
            let alive = self.store().instances(role).await.map_err(|error| error.to_string())?;
            let moved = alive.iter().any(|instance| instance.id == name && instance.address != address);
            moved.then_some(()).ok_or_else(|| format!("{alive:?} are registered"))
        })
        .await?;
        again.find(&self.store).await?;
        self.running.push(again);
        Ok(())
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
    /// One that nobody else has.
    fn name(role: Role) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        format!("{}-{}", role.as_str(), NUMBER.fetch_add(1, Ordering::Relaxed))
    }

    fn start(role: Role, name: &str, redis: &str, more: &[String], log: Log) -> Result<Self> {
        let mut command = Command::new(MUSTER);
        command
            .arg(role.as_str())
            .args(["--redis", redis, "--realm", REALM, "--instance", name, "--listen", "127.0.0.1:0"])
            .args(more)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        match &log {
            Log::Shown => command.env("RUST_LOG", "error"),
            Log::Kept(file) => command.env_remove("RUST_LOG").stderr(file.reopen()?),
        };
        let child = command.spawn().with_context(|| format!("{MUSTER} cannot be started"))?;
        Ok(Self { role, id: name.parse()?, address: String::new(), child, log })
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

    /// Waits until it has logged a line that holds all of `words`, and answers how many it has logged.
    async fn says(&self, words: &[&str]) -> Result<usize> {
        let Log::Kept(file) = &self.log else { bail!("what {} logs is not kept", self.id) };
        wait_until(&format!("{} to say {words:?}", self.id), || async {
            let log = std::fs::read_to_string(file.path()).map_err(|error| error.to_string())?;
            let lines = log.lines().filter(|line| words.iter().all(|word| line.contains(word))).count();
            (lines > 0).then_some(lines).ok_or(log)
        })
        .await
    }

    /// Is killed (SIGKILL): dies without goodbye.
    pub async fn dies(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Is told to leave (SIGTERM), and exits with 0 in the promised time.
    pub async fn leaves(self) -> Result<()> {
        let pid = self.child.id().with_context(|| format!("{} has ended before", self.id))?;
        kill(Pid::from_raw(i32::try_from(pid)?), Signal::SIGTERM)?;
        self.has_left().await
    }

    /// Was told to leave, and exits with 0 in the promised time.
    pub async fn has_left(mut self) -> Result<()> {
        let Ok(status) = timeout(LEAVE_MAX, self.child.wait()).await else {
            bail!("{} runs still {} s after it was told to leave", self.id, LEAVE_MAX.as_secs());
        };
        let status = status?;
        if !status.success() {
            bail!("{} ended with {status}", self.id);
        }
        Ok(())
    }
}

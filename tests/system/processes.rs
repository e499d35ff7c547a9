//! Each role in a process of its own on a real Redis, for stories about how processes end.

use crate::authority::{Authority, HERE};
use crate::dev::own_host;
use crate::fixture::REALM;
use crate::users::{TESTER, Users, login};
use anyhow::{Context, Result, bail};
use domain::{InstanceId, Role};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sandbox::{Actor, Counts, wait_until};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use store::testing::{Fsync, Listen, Locks, RedisServer};
use store::{RedisStore, Store};
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// The binary that is tested.
pub const MUSTER: &str = env!("CARGO_BIN_EXE_muster");
/// Has what follows hear the end of a terminal, which whoever runs the tests may have said to ignore, as `nohup` does.
pub const WITH_TERMINAL: [&str; 2] = ["env", "--default-signal=HUP"];
/// The rules of those that are observed.
const DUEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules/duel.toml");
const TEAMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules/teams-2v2.toml");
/// A free port.
const ANYWHERE: &str = "127.0.0.1:0";
/// Outside of those that outgoing connections take: whoever leaves finds it free when he comes back.
const SETTLED_PORT: u16 = 7600;
/// How long a role may take to leave after SIGTERM: what the product promises.
const LEAVE_MAX: Duration = Duration::from_secs(10);

/// Running processes, and the store that tells where they are. Killed on drop.
pub struct Processes {
    // Before Redis, so that they end first and have nothing to complain about.
    running: Vec<Process>,
    setup: Setup,
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

/// How all of them are started.
#[derive(Default)]
struct Setup {
    flags: Vec<String>,
    environment: Vec<(&'static str, String)>,
    /// What they log can be read.
    is_log_kept: bool,
    /// Redis lets in only whom it knows, over TLS.
    locked: Option<Locked>,
    /// Each listens at an address of its own, and at the same when it is started again.
    is_settled: bool,
    /// What locks their doors; none: they stand open.
    keys: Option<PathBuf>,
}

/// The files by which a Redis and those who come to it know one another.
struct Locked {
    users: Users,
    authority: Authority,
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
        Self::start_with(counts, Setup::default()).await
    }

    /// The same by the rules files in `rules`. What they log can be read.
    pub async fn start_by(counts: Counts, rules: &Path) -> Result<Self> {
        let rules = rules.to_str().context("a path in UTF-8")?;
        Self::start_with(counts, Setup { is_log_kept: true, ..Setup::of(&["--rules", rules]) }).await
    }

    /// The same where a ticket leaves that nobody watches for `seconds`.
    pub async fn start_unwatched(counts: Counts, seconds: u32) -> Result<Self> {
        Self::start_with(counts, Setup::of(&["--unwatched-s", &seconds.to_string()])).await
    }

    /// The same where anyone may have them leave.
    pub async fn start_drainable(counts: Counts) -> Result<Self> {
        Self::start_with(counts, Setup::of(&["--drainable"])).await
    }

    /// The same that tell their metrics and, where there is an `endpoint`, export what `sampler` keeps to it. What they log can be
    /// read.
    pub async fn start_observed(counts: Counts, endpoint: Option<&str>, sampler: &str) -> Result<Self> {
        let flags = ["--metrics", "127.0.0.1:0", "--rules", DUEL, "--rules", TEAMS];
        let mut setup = Setup { is_log_kept: true, ..Setup::of(&flags) };
        if let Some(endpoint) = endpoint {
            setup.environment = vec![
                ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.to_owned()),
                ("OTEL_TRACES_SAMPLER", sampler.to_owned()),
                ("OTEL_BSP_SCHEDULE_DELAY", "50".to_owned()),
                ("OTEL_METRIC_EXPORT_INTERVAL", "50".to_owned()),
            ];
        }
        Self::start_with(counts, setup).await
    }

    /// The same on a Redis behind TLS, to which each comes as its role's user. What they log can be read.
    pub async fn start_locked(counts: Counts, rules: &Path, more: &[&str]) -> Result<Self> {
        let locked = Locked { users: Users::of(REALM, &[]), authority: Authority::vouching_for(HERE) };
        let rules = rules.to_str().context("a path in UTF-8")?;
        let ca = locked.authority.file().display().to_string();
        let mut setup = Setup::of(&["--rules", rules, "--redis-ca", &ca]);
        setup.flags.extend(more.iter().map(ToString::to_string));
        Self::start_with(counts, Setup { is_log_kept: true, locked: Some(locked), ..setup }).await
    }

    /// The same behind doors that are locked by what `muster keys` wrote to `keys`; whoever they let in may have them leave.
    pub async fn start_behind_doors(counts: Counts, keys: &Path) -> Result<Self> {
        let setup = Setup::of(&["--drainable", "--reflection"]);
        Self::start_with(counts, Setup { keys: Some(keys.to_owned()), ..setup }).await
    }

    /// A mover alone behind doors that are locked by `keys`, which tells at `health` how it is.
    pub async fn start_probed(keys: &Path, health: &str) -> Result<Self> {
        let alone = Counts { orchestrators: 0, sweepers: 0, matchmakers: 0, movers: 1, playservers: 0 };
        Self::start_with(alone, Setup { keys: Some(keys.to_owned()), ..Setup::of(&["--health", health]) }).await
    }

    /// The same, where all that can be logged is, and can be read.
    pub async fn start_talkative(counts: Counts, keys: &Path) -> Result<Self> {
        let environment = vec![("RUST_LOG", "trace".to_owned())];
        let setup = Setup { environment, is_log_kept: true, keys: Some(keys.to_owned()), ..Setup::default() };
        Self::start_with(counts, setup).await
    }

    /// The same, each at an address that stays its own, as a proxy wants them.
    pub async fn start_settled(counts: Counts) -> Result<Self> {
        Self::start_with(counts, Setup { is_settled: true, ..Setup::default() }).await
    }

    async fn start_with(counts: Counts, setup: Setup) -> Result<Self> {
        let redis = match &setup.locked {
            None => RedisServer::start()?,
            Some(locked) => RedisServer::start_behind(&locked.locks(), Listen::Tcp, Fsync::Always)?,
        };
        let store = RedisStore::connect(&setup.redis(&redis, TESTER), REALM.parse()?)?;
        let store = match &setup.locked {
            None => store,
            Some(locked) => store.trusting(locked.authority.file())?,
        };
        let mut processes = Self { running: Vec::new(), setup, store, redis };
        for role in counts.roles() {
            let url = processes.redis_as(role.as_str());
            let listen =
                if processes.setup.is_settled { format!("{}:{SETTLED_PORT}", own_host()) } else { ANYWHERE.to_owned() };
            let started = Process::start(role, &Process::name(role), &listen, &url, &processes.setup)?;
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

    /// Where it is to a user; the same to all where it lets in anyone.
    pub fn redis_as(&self, user: &str) -> String {
        self.setup.redis(&self.redis, user)
    }

    /// Who vouches for it, where it speaks TLS.
    pub fn redis_ca(&self) -> Result<PathBuf> {
        Ok(self.setup.locked.as_ref().context("a Redis without TLS")?.authority.file())
    }

    /// By which it is reached without TLS, where that is its port's.
    pub fn redis_socket(&self) -> PathBuf {
        self.redis.socket()
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
        let url = self.redis_as(role.as_str());
        let mut again = Process::start(role, name.as_str(), ANYWHERE, &url, &self.setup)?;
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

    /// One of a role leaves, and another is started at its address.
    pub async fn is_replaced(&mut self, role: Role, index: usize) -> Result<()> {
        let before = self.take(role, index)?;
        let listen = before.address.trim_start_matches("http://").to_owned();
        before.leaves().await?;
        let url = self.redis_as(role.as_str());
        let mut next = Process::start(role, &Process::name(role), &listen, &url, &self.setup)?;
        next.find(&self.store).await?;
        self.running.push(next);
        Ok(())
    }

    /// The addresses of all of a role, `host:port`.
    pub fn addresses(&self, role: Role) -> Vec<&str> {
        let of_role = self.running.iter().filter(|process| process.role == role);
        of_role.filter_map(|process| process.address.split_once("://")).map(|(_, place)| place).collect()
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

    /// All of them leave; answers what they logged.
    pub async fn stop(self) -> Result<String> {
        let mut log = String::new();
        for process in self.running {
            log += &process.leaves().await?;
        }
        Ok(log)
    }

    /// What a process that tells its metrics answers to whoever asks for them.
    pub async fn metrics(&self, role: Role) -> Result<String> {
        let process = self.of(role, 0)?;
        let address = wait_until("metrics to be served", || async {
            let log = process.log().map_err(|error| error.to_string())?;
            let told = log.split_once("metrics=").map(|(_, told)| told.split_whitespace().next().unwrap_or_default());
            told.map(str::to_owned).ok_or(log)
        });
        get(&address.await?, chassis::SCRAPE_PATH).await
    }

    /// A player at the first orchestrator and the first playserver that run.
    pub fn player(&self, id: &str, rating: f64) -> Result<Actor> {
        self.player_at(id, rating, 0, 0)
    }

    /// A player at others of them.
    pub fn player_at(&self, id: &str, rating: f64, orchestrator: usize, playserver: usize) -> Result<Actor> {
        let (queue, play) = (self.of(Role::Orchestrator, orchestrator)?, self.of(Role::Playserver, playserver)?);
        Actor::new(id, rating, &queue.address, &play.address)
    }
}

impl Process {
    /// One that nobody else has.
    fn name(role: Role) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        format!("{}-{}", role.as_str(), NUMBER.fetch_add(1, Ordering::Relaxed))
    }

    fn start(role: Role, name: &str, listen: &str, redis: &str, setup: &Setup) -> Result<Self> {
        let log = if setup.is_log_kept { Log::Kept(NamedTempFile::new()?) } else { Log::Shown };
        let mut command = Command::new(MUSTER);
        command
            .arg(role.as_str())
            .args(["--redis", redis, "--realm", REALM, "--instance", name, "--listen", listen])
            .args(setup.doors(role))
            .args(&setup.flags)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        for inherited in ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_TRACES_SAMPLER", "OTEL_METRICS_EXPORTER"] {
            command.env_remove(inherited);
        }
        match &log {
            Log::Shown => command.env("RUST_LOG", "error"),
            Log::Kept(file) => command.env_remove("RUST_LOG").stderr(file.reopen()?),
        };
        command.envs(setup.environment.iter().cloned());
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
        wait_until(&format!("{} to say {words:?}", self.id), || async {
            let log = self.log().map_err(|error| error.to_string())?;
            let lines = log.lines().filter(|line| words.iter().all(|word| line.contains(word))).count();
            (lines > 0).then_some(lines).ok_or(log)
        })
        .await
    }

    /// What it has logged.
    fn log(&self) -> Result<String> {
        let Log::Kept(file) = &self.log else { bail!("what {} logs is not kept", self.id) };
        Ok(std::fs::read_to_string(file.path())?)
    }

    /// Is stopped (SIGSTOP): lives, and does nothing.
    pub fn halts(&self) -> Result<()> {
        self.is_sent(Signal::SIGSTOP)
    }

    /// Goes on (SIGCONT) where it was stopped.
    pub fn goes_on(&self) -> Result<()> {
        self.is_sent(Signal::SIGCONT)
    }

    fn is_sent(&self, signal: Signal) -> Result<()> {
        let pid = self.child.id().with_context(|| format!("{} has ended before", self.id))?;
        Ok(kill(Pid::from_raw(i32::try_from(pid)?), signal)?)
    }

    /// Is killed (SIGKILL): dies without goodbye.
    pub async fn dies(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Is told to leave (SIGTERM), and exits with 0 in the promised time. Answers what it logged, where that is kept.
    pub async fn leaves(self) -> Result<String> {
        self.is_sent(Signal::SIGTERM)?;
        self.has_left().await
    }

    /// Was told to leave, and exits with 0 in the promised time. Answers as [`Process::leaves`].
    pub async fn has_left(mut self) -> Result<String> {
        let Ok(status) = timeout(LEAVE_MAX, self.child.wait()).await else {
            bail!("{} runs still {} s after it was told to leave", self.id, LEAVE_MAX.as_secs());
        };
        let status = status?;
        if !status.success() {
            bail!("{} ended with {status}", self.id);
        }
        Ok(self.log().unwrap_or_default())
    }
}

impl Setup {
    fn doors(&self, role: Role) -> Vec<String> {
        let Some(keys) = &self.keys else { return vec!["--insecure".to_owned()] };
        let file = |name: &str| keys.join(name).display().to_string();
        let (cert, key) = (file(&format!("{}.pem", role.as_str())), file(&format!("{}.key", role.as_str())));
        let flags = [
            ("--tls-cert", cert),
            ("--tls-key", key),
            ("--tls-ca", file("ca.pem")),
            ("--token-keys", file("jwks.json")),
            ("--token-issuer", "muster-keys".to_owned()),
        ];
        flags.into_iter().flat_map(|(flag, value)| [flag.to_owned(), value]).collect()
    }

    fn of(flags: &[&str]) -> Self {
        Self { flags: flags.iter().map(ToString::to_string).collect(), ..Self::default() }
    }

    fn redis(&self, server: &RedisServer, user: &str) -> String {
        match self.locked {
            None => server.url().to_owned(),
            Some(_) => server.url().replace("://", &format!("://{}@", login(user))),
        }
    }
}

impl Locked {
    fn locks(&self) -> Locks {
        Locks { users: Some(self.users.file()), ..self.authority.locks() }
    }
}

/// What is answered to one GET, head and body.
async fn get(address: &str, path: &str) -> Result<String> {
    let mut connection = TcpStream::connect(address).await?;
    connection.write_all(format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes()).await?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await?;
    Ok(answer)
}

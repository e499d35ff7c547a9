//! One process of every role on a Redis of their own, exporting to where they are told.

use crate::house::REALM;
use anyhow::{Context, Result};
use domain::{RealmId, Role};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sandbox::{Actor, Counts, wait_until};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use store::testing::RedisServer;
use store::{Leases, RedisStore};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

pub struct Processes {
    members: Vec<Member>,
    store: RedisStore,
    /// Killed when it is dropped.
    _redis: RedisServer,
}

impl Processes {
    /// Starts them and waits until all are known and a mover leads.
    pub async fn start(endpoint: Option<&str>) -> Result<Self> {
        let redis = RedisServer::start()?;
        let store = RedisStore::connect(redis.url(), REALM.parse::<RealmId>()?)?;
        let members =
            Counts::ONE_EACH.roles().map(|role| Member::start(role, redis.url(), endpoint)).collect::<Result<_>>()?;
        let processes = Self { members, store, _redis: redis };
        for role in Role::ALL {
            processes.address(role).await?;
        }
        let leads =
            || async { processes.store.leader().await.map_err(|error| error.to_string())?.ok_or("none".into()) };
        wait_until("a mover to lead", leads).await?;
        Ok(processes)
    }

    pub async fn player(&self, id: &str, rating: f64) -> Result<Actor> {
        let (queue, play) = (self.address(Role::Orchestrator).await?, self.address(Role::Playserver).await?);
        Actor::new(id, rating, &queue, &play)
    }

    /// Where the process of a role says that it is reached.
    async fn address(&self, role: Role) -> Result<String> {
        wait_until(&format!("the {} to be known", role.as_str()), || async {
            let alive = self.store.instances(role).await.map_err(|error| error.to_string())?;
            alive.into_iter().next().map(|instance| instance.address).ok_or_else(|| "it is not".to_owned())
        })
        .await
    }

    /// Ends them all; answers what they logged.
    pub async fn stop(&mut self) -> Result<String> {
        let mut log = String::new();
        for member in std::mem::take(&mut self.members) {
            log += &member.stop().await?;
        }
        Ok(log)
    }

    /// What the process of a role answers to whoever asks for its metrics.
    pub async fn metrics(&self, role: Role) -> Result<String> {
        let member = self.members.iter().find(|member| member.role == role).context("every role runs")?;
        let address = wait_until("metrics to be served", || async {
            let log = member.log();
            let told = log.split_once("metrics=").map(|(_, told)| told.split_whitespace().next().unwrap_or_default());
            told.map(str::to_owned).ok_or(log)
        });
        get(&address.await?, chassis::SCRAPE_PATH).await
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

/// One process, and what it logged so far.
struct Member {
    role: Role,
    child: Child,
    log: Arc<Mutex<String>>,
    reading: JoinHandle<()>,
}

impl Member {
    fn start(role: Role, redis: &str, endpoint: Option<&str>) -> Result<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
        command.args([role.as_str(), "--redis", redis, "--realm", REALM, "--listen", "127.0.0.1:0"]);
        command.args(["--metrics", "127.0.0.1:0"]);
        for inherited in ["RUST_LOG", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_TRACES_SAMPLER", "OTEL_METRICS_EXPORTER"] {
            command.env_remove(inherited);
        }
        if let Some(endpoint) = endpoint {
            command.env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint).env("OTEL_BSP_SCHEDULE_DELAY", "50");
            command.env("OTEL_METRIC_EXPORT_INTERVAL", "50");
        }
        command.stdin(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().with_context(|| format!("{} cannot be started", role.as_str()))?;
        let mut lines = BufReader::new(child.stderr.take().context("its stderr is read")?).lines();
        let log = Arc::<Mutex<String>>::default();
        let logged = log.clone();
        let reading = tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                *logged.lock().unwrap_or_else(PoisonError::into_inner) += &(line + "\n");
            }
        });
        Ok(Self { role, child, log, reading })
    }

    fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn stop(mut self) -> Result<String> {
        let pid = self.child.id().context("it runs")?;
        kill(Pid::from_raw(i32::try_from(pid)?), Signal::SIGTERM)?;
        self.child.wait().await?;
        (&mut self.reading).await?;
        Ok(self.log())
    }
}

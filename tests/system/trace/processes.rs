//! One process of every role on a Redis of their own, exporting to where they are told.

use crate::house::REALM;
use anyhow::{Context, Result};
use domain::{RealmId, Role};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sandbox::{Actor, Counts, wait_until};
use std::process::Stdio;
use store::testing::RedisServer;
use store::{Leases, RedisStore};
use tokio::process::{Child, Command};

pub struct Processes {
    children: Vec<Child>,
    store: RedisStore,
    /// Killed when it is dropped.
    _redis: RedisServer,
}

impl Processes {
    /// Starts them and waits until all are known and a mover leads.
    pub async fn start(endpoint: Option<&str>) -> Result<Self> {
        let redis = RedisServer::start()?;
        let store = RedisStore::connect(redis.url(), REALM.parse::<RealmId>()?)?;
        let children =
            Counts::ONE_EACH.roles().map(|role| start(role, redis.url(), endpoint)).collect::<Result<_>>()?;
        let processes = Self { children, store, _redis: redis };
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
        for child in std::mem::take(&mut self.children) {
            let pid = child.id().context("it runs")?;
            kill(Pid::from_raw(i32::try_from(pid)?), Signal::SIGTERM)?;
            log += &String::from_utf8_lossy(&child.wait_with_output().await?.stderr);
        }
        Ok(log)
    }
}

fn start(role: Role, redis: &str, endpoint: Option<&str>) -> Result<Child> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
    command.args([role.as_str(), "--redis", redis, "--realm", REALM, "--listen", "127.0.0.1:0"]);
    for inherited in ["RUST_LOG", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_TRACES_SAMPLER"] {
        command.env_remove(inherited);
    }
    if let Some(endpoint) = endpoint {
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint).env("OTEL_BSP_SCHEDULE_DELAY", "50");
    }
    command.stdin(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    command.spawn().with_context(|| format!("{} cannot be started", role.as_str()))
}

//! What is measured: a cluster that is started for it, or a system that is there.

use super::addresses::{Addresses, Realm};
use super::ceiling::{self, Ceiling};
use super::cluster::{Cluster, ClusterArgs};
use super::load::Load;
use super::local;
use super::scenario::{Scenario, Waiting};
use super::usage::{REDIS, Usage};
use super::waiting::{self, Came};
use crate::client::{self, Side, explain, network, parse_address};
use crate::run::Export;
use crate::tell;
use anyhow::{Context, Result};
use api::v1::play_client::PlayClient;
use api::v1::queue_client::QueueClient;
use chassis::Channel;
use domain::Role;
use futures::stream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use tonic::Status;

/// How long a service of a system that is there may take until it answers.
const REACH_MAX: Duration = Duration::from_secs(2);

/// A system that is there.
#[derive(Debug, clap::Args)]
pub struct TargetArgs {
    /// Orchestrators of a system that runs, in place of one that is started here; it has the scenario's queue (`muster dev` has those of
    /// duel, burst and teams, others by `--rules rules/bench/SCENARIO.toml`) and plays by the rules that are known here. What its processes
    /// take is told where all addresses are of this machine. Several are spread over (repeated, or separated by commas)
    #[arg(long, env = "MUSTER_BENCH_TARGET", requires = "play", value_delimiter = ',', value_parser = parse_address, value_name = "ADDR")]
    #[arg(conflicts_with_all = ["orchestrators", "matchmakers", "playservers", "realms", "fsync", "unwatched_s"])]
    target: Vec<String>,
    /// Its playservers
    #[arg(long, env = "MUSTER_BENCH_PLAY", requires = "target", value_delimiter = ',', value_parser = parse_address, value_name = "ADDR")]
    play: Vec<String>,
    /// The authority (PEM) that signed the certificates of https:// addresses [default: those that browsers trust]
    #[arg(long, env = "MUSTER_BENCH_CA", requires = "target", value_name = "FILE")]
    ca: Option<PathBuf>,
    /// A realm server's token to call with, where the doors are locked
    #[arg(long, env = "MUSTER_BENCH_TOKEN_FILE", requires = "target", value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl TargetArgs {
    pub fn is_given(&self) -> bool {
        !self.target.is_empty()
    }

    fn client_addresses(&self, cluster: &ClusterArgs) -> client::Addresses {
        client::Addresses {
            target: self.target.clone(),
            play: self.play.clone(),
            realm: cluster.asked_realm(),
            ca: self.ca.clone(),
            token_file: self.token_file.clone(),
        }
    }

    /// Fails where it is to be reached in a way that does not go together.
    pub fn check(&self, cluster: &ClusterArgs) -> Result<()> {
        if self.is_given() { Ok(network(&self.client_addresses(cluster)).map(drop)?) } else { Ok(()) }
    }

    fn addresses(&self, cluster: &ClusterArgs, scenario: &Scenario) -> Result<Addresses> {
        let game = cluster.game(scenario)?;
        Ok(Addresses {
            via: cluster.via,
            network: network(&self.client_addresses(cluster))?,
            realm: cluster.asked_realm(),
            realms: vec![Realm { orchestrators: self.target.clone(), playservers: self.play.clone() }],
            queue: game.queue,
            rules: game.rules,
            // Others may be there already, and those of an earlier run.
            names: format!("bench-{}", &uuid::Uuid::new_v4().simple().to_string()[..8]),
        })
    }
}

/// Fails where one of the addresses is not reached, or is of another role.
async fn check_reached(addresses: &Addresses, target: &client::Addresses) -> Result<()> {
    for side in [Side::Queue, Side::Play] {
        for address in target.of(side) {
            let (channel, flag) = (addresses.network.channel(address)?, side.flag());
            let opened = timeout(REACH_MAX, opened(channel, side)).await;
            let opened = opened.with_context(|| {
                format!("{address}, which {flag} names, does not answer within {} s", REACH_MAX.as_secs())
            })?;
            let of_one =
                client::Addresses { target: vec![address.clone()], play: vec![address.clone()], ..target.clone() };
            opened.map_err(|status| explain(&status, &of_one, side))?;
        }
    }
    Ok(())
}

/// Opens what players come by, and says nothing on it.
async fn opened(channel: Channel, side: Side) -> Result<(), Status> {
    match side {
        Side::Queue => QueueClient::new(channel).session(stream::empty()).await.map(drop),
        Side::Play => PlayClient::new(channel).follow(stream::empty()).await.map(drop),
    }
}

/// A cluster that was started for it, or what `--target` names.
pub struct Target {
    addresses: Addresses,
    cluster: Option<Cluster>,
    /// Those on this machine, of a system that was there.
    processes: Vec<(String, u32)>,
    /// Who waits in a system that runs on.
    came: Option<Arc<Came>>,
}

impl Target {
    pub async fn open(target: &TargetArgs, args: &ClusterArgs, scenario: &Scenario) -> Result<Self> {
        if target.is_given() {
            let addresses = target.addresses(args, scenario)?;
            check_reached(&addresses, &target.client_addresses(args)).await?;
            let processes = local::processes(&[&target.target[..], &target.play[..]].concat());
            return Ok(Self { addresses, cluster: None, processes, came: Some(Arc::default()) });
        }
        let cluster = Cluster::open(args, scenario, &Export::Nowhere).await?;
        Ok(Self { addresses: cluster.addresses(), cluster: Some(cluster), processes: Vec::new(), came: None })
    }

    /// Has those queue who wait meanwhile.
    pub async fn fill(&self, waiting: Waiting) -> Result<()> {
        waiting::fill(&self.addresses, waiting, self.came.as_ref()).await
    }

    /// Whether every process of it is known: also those behind the ones that are called.
    pub fn is_whole(&self) -> bool {
        let has = |name: &str| self.processes.iter().any(|(role, _)| role == name);
        let roles = Role::ALL.iter().all(|role| has(role.as_str()));
        let has_own_store = |(role, pid): &(String, u32)| role == local::DEV && !local::is_on_redis(*pid);
        self.cluster.is_some() || self.processes.iter().any(has_own_store) || (roles && has(REDIS))
    }

    pub async fn load(&self, scenario: &Scenario) -> Result<Load> {
        Load::open(scenario, &self.addresses).await
    }

    /// What comes of `work`; of what was started here, that a process has ended, where one does before.
    pub async fn whole<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        match &self.cluster {
            Some(cluster) => cluster.whole(work).await,
            None => work.await,
        }
    }

    /// Where it was not started here, what there is of its processes on this machine. Fails where one does not answer, or has ended.
    pub async fn usage(&self) -> Result<Usage> {
        match &self.cluster {
            Some(cluster) => Usage::of(cluster).await,
            None => Usage::of_processes(&self.processes),
        }
    }

    /// Once the services have left.
    pub async fn ceiling(&self, scenario: &Scenario, lasts: Duration) -> Result<Option<Ceiling>> {
        let Some(cluster) = self.cluster.as_ref().filter(|_| !lasts.is_zero()) else { return Ok(None) };
        tell::err(format_args!("the scripts alone, for {} s", lasts.as_secs()));
        Ok(Some(ceiling::measure(&cluster.redis, scenario, &cluster.game.rules, lasts).await?))
    }

    /// Leaves a system that runs on as it was.
    pub async fn clear(&self) {
        if let Some(came) = &self.came {
            waiting::leave(&self.addresses, came).await;
        }
    }

    pub async fn leave(&mut self) {
        if let Some(cluster) = &mut self.cluster {
            cluster.leave().await;
        }
    }
}

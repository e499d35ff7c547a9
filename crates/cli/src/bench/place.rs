//! What is measured: a house that is started for it, or a system that is there.

use super::ceiling::{self, Ceiling};
use super::house::{House, HouseArgs};
use super::load::{Addresses, Load, Realm};
use super::local;
use super::scenario::Scenario;
use super::usage::Usage;
use crate::client::{self, Side, explain, network, parse_address};
use crate::run::Export;
use anyhow::{Error, Result, bail};
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tonic::Status;
use tonic::codegen::http::Uri;
use tonic::codegen::http::uri::Authority;

/// How long it may take until a system that is there lets a connection in.
const REACH_MAX: Duration = Duration::from_secs(2);

/// A system that is there.
#[derive(Debug, clap::Args)]
pub struct TargetArgs {
    /// Orchestrators of a system that runs, in place of one that is started here; it has the scenario's queue (of `muster dev`: by
    /// `--rules rules/bench/SCENARIO.toml`). What its processes take is told where they are on this machine. Several are spread over
    /// (repeated, or separated by commas)
    #[arg(long, env = "MUSTER_BENCH_TARGET", requires = "play", value_delimiter = ',', value_parser = parse_address, value_name = "ADDR")]
    #[arg(conflicts_with_all = ["orchestrators", "matchmakers", "playservers", "realms", "fsync"])]
    target: Vec<String>,
    /// Its playservers
    #[arg(long, env = "MUSTER_BENCH_PLAY", requires = "target", value_delimiter = ',', value_parser = parse_address, value_name = "ADDR")]
    play: Vec<String>,
    /// The authority (PEM) that signed the certificates of https:// addresses [default: those that browsers trust]
    #[arg(long, env = "MUSTER_CA", requires = "target", value_name = "FILE")]
    ca: Option<PathBuf>,
    /// A realm server's token to call with, where the doors are locked
    #[arg(long, env = "MUSTER_TOKEN_FILE", requires = "target", value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl TargetArgs {
    pub fn is_given(&self) -> bool {
        !self.target.is_empty()
    }

    fn addresses(&self) -> client::Addresses {
        client::Addresses {
            target: self.target.clone(),
            play: self.play.clone(),
            realm: String::new(),
            ca: self.ca.clone(),
            token_file: self.token_file.clone(),
        }
    }

    /// Fails where it is to be reached in a way that does not go together.
    pub fn check(&self) -> Result<()> {
        if self.is_given() { Ok(network(&self.addresses()).map(drop)?) } else { Ok(()) }
    }

    fn doors(&self, house: &HouseArgs, scenario: &Scenario) -> Result<Addresses> {
        let game = house.game(scenario)?;
        Ok(Addresses {
            via: house.via,
            network: network(&self.addresses())?,
            realms: vec![Realm { orchestrators: self.target.clone(), playservers: self.play.clone() }],
            queue: game.queue,
            rules: game.rules,
            // Others may be there already, and those of an earlier run.
            names: format!("bench-{}", &uuid::Uuid::new_v4().simple().to_string()[..8]),
        })
    }
}

/// Fails where nothing listens at one of a flag's addresses.
async fn reached(flag: &str, addresses: &[String]) -> Result<()> {
    for address in addresses {
        let uri: Uri = address.parse()?;
        let place = uri.authority().map(Authority::as_str).unwrap_or_default();
        let connected = timeout(REACH_MAX, TcpStream::connect(place)).await;
        if !matches!(connected, Ok(Ok(_))) {
            bail!("nothing listens at {address}, which {flag} names");
        }
    }
    Ok(())
}

pub struct Place {
    doors: Addresses,
    house: Option<House>,
    /// Of a target on this machine.
    processes: Vec<(String, u32)>,
    target: client::Addresses,
}

impl Place {
    pub async fn open(target: &TargetArgs, args: &HouseArgs, scenario: &Scenario) -> Result<Self> {
        if target.is_given() {
            reached("--target", &target.target).await?;
            reached("--play", &target.play).await?;
            let processes = local::processes(&[&target.target[..], &target.play[..]].concat());
            let (doors, target) = (target.doors(args, scenario)?, target.addresses());
            return Ok(Self { doors, house: None, processes, target });
        }
        let house = House::open(args, scenario, &Export::Nowhere).await?;
        Ok(Self { doors: house.doors(), house: Some(house), processes: Vec::new(), target: target.addresses() })
    }

    pub fn doors(&self) -> &Addresses {
        &self.doors
    }

    pub async fn load(&self, scenario: &Scenario) -> Result<Load> {
        let told = |error: Error| match error.downcast_ref::<Status>() {
            Some(status) if self.house.is_none() => explain(status, &self.target, Side::Queue),
            _ => error,
        };
        Load::open(scenario, &self.doors).await.map_err(told)
    }

    /// Where it was not started here, what there is of its processes on this machine.
    pub async fn usage(&self) -> Result<Usage> {
        match &self.house {
            Some(house) => Usage::of(house).await,
            // What was measured of the others is worth telling where one of them has ended.
            None => Ok(Usage::of_processes(&self.processes).unwrap_or_else(|_| Usage::unknown())),
        }
    }

    /// Once the services have left.
    pub async fn ceiling(&self, scenario: &Scenario, lasts: Duration) -> Result<Option<Ceiling>> {
        let Some(house) = self.house.as_ref().filter(|_| !lasts.is_zero()) else { return Ok(None) };
        Ok(Some(ceiling::measure(&house.redis, scenario, &house.game.rules, lasts).await?))
    }

    pub async fn leave(&mut self) {
        if let Some(house) = &mut self.house {
            house.leave().await;
        }
    }
}

//! Flags of everything that runs services. Each can come from the environment instead.

use crate::misuse::Misuse;
use anyhow::Result;
use chassis::Clock;
use domain::{InstanceId, RealmId, RuleSet};
use sandbox::World;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use store::testing::Fsync;
use store::{MemoryStore, RedisStore, Store};
use telemetry::{LogFormat, Options, Telemetry};

/// What all of a realm's services must agree on.
#[derive(Debug, Clone, clap::Args)]
pub struct RealmArgs {
    /// The title served here: all of its keys in the store share this name
    #[arg(long, env = "MUSTER_REALM", default_value = "default", value_name = "NAME")]
    pub realm: String,
    /// Rules files, or directories of them; without it the queues `duel` and `teams-5v5` that come with Muster
    #[arg(long, env = "MUSTER_RULES", value_delimiter = ',', value_name = "PATH")]
    pub rules: Vec<PathBuf>,
    /// Log lines as JSON objects instead of text
    #[arg(long, env = "MUSTER_LOG_JSON")]
    pub log_json: bool,
}

const ROLE_HELP: &str = "\
Environment also read:
  RUST_LOG                      what is logged, for example info or mover=debug  [default: info]
  OTEL_EXPORTER_OTLP_ENDPOINT   where traces go by OTLP/gRPC, for example http://localhost:4317; unset: nowhere
  OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG   which traces are kept  [default: all]

SIGTERM: no longer ready, takes nothing new, finishes or hands back what it holds, exits 0 within 10 s.";

/// One service in a process of its own.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = ROLE_HELP)]
pub struct RoleArgs {
    #[command(flatten)]
    pub realm: RealmArgs,
    /// Redis that keeps the truth, for example redis://127.0.0.1:6379 or unix:///run/redis.sock
    #[arg(long, env = "MUSTER_REDIS", value_name = "URL")]
    pub redis: String,
    /// Address to listen on [default: 127.0.0.1 and the role's port: orchestrator 7600, playserver 7610, matchmaker 7620, mover 7630,
    /// sweeper 7640]
    #[arg(long, env = "MUSTER_LISTEN", value_name = "IP:PORT")]
    pub listen: Option<SocketAddr>,
    /// URL at which the other services reach this one [default: http:// and the address listened on]
    #[arg(long, env = "MUSTER_ADVERTISE", value_name = "URL")]
    pub advertise: Option<String>,
    /// This instance's name, unlike any other's [default: the role and a random suffix]
    #[arg(long, env = "MUSTER_INSTANCE", value_name = "NAME")]
    pub instance: Option<String>,
    /// Region this instance stands in; playservers host matches of their region first
    #[arg(long, env = "MUSTER_REGION", default_value = "", hide_default_value = true, value_name = "NAME")]
    pub region: String,
    /// Playserver: matches hosted at the same time
    #[arg(long, env = "MUSTER_CAPACITY", default_value_t = 100_000, value_name = "MATCHES")]
    pub capacity: u32,
    /// Playserver: the assignment, what players are told to connect to [default: the advertised address]
    #[arg(long, env = "MUSTER_GAME_ADDRESS", value_name = "HOST:PORT")]
    pub game_address: Option<String>,
    /// Leave, as by SIGTERM, when the process that started this one ends
    #[arg(long, hide = true)]
    pub with_parent: bool,
}

/// Every service in this process.
#[derive(Debug, Clone, clap::Args)]
pub struct DevArgs {
    #[command(flatten)]
    pub realm: RealmArgs,
    /// Keep the truth in this Redis instead of in memory
    #[arg(long, env = "MUSTER_REDIS", value_name = "URL")]
    pub redis: Option<String>,
    /// Address to listen on; ports are the documented ones
    #[arg(long, env = "MUSTER_HOST", default_value = "127.0.0.1", value_name = "IP")]
    pub host: IpAddr,
}

/// Every service in processes of their own.
#[derive(Debug, Clone, clap::Args)]
pub struct ClusterArgs {
    #[command(flatten)]
    pub realm: RealmArgs,
    /// Use this Redis; without it a redis-server is started in a directory of its own, with `appendonly yes`, and ended with the rest
    #[arg(long, env = "MUSTER_REDIS", value_name = "URL")]
    pub redis: Option<String>,
    /// fsync of the redis-server that is started: always, everysec or no
    #[arg(long, env = "MUSTER_REDIS_FSYNC", value_enum, default_value = "everysec")]
    pub fsync: FsyncArg,
    #[arg(long, env = "MUSTER_ORCHESTRATORS", default_value_t = 2, value_parser = count(), value_name = "N")]
    pub orchestrators: u16,
    #[arg(long, env = "MUSTER_MATCHMAKERS", default_value_t = 2, value_parser = count(), value_name = "N")]
    pub matchmakers: u16,
    #[arg(long, env = "MUSTER_MOVERS", default_value_t = 2, value_parser = count(), value_name = "N")]
    pub movers: u16,
    #[arg(long, env = "MUSTER_PLAYSERVERS", default_value_t = 2, value_parser = count(), value_name = "N")]
    pub playservers: u16,
    #[arg(long, env = "MUSTER_SWEEPERS", default_value_t = 1, value_parser = count(), value_name = "N")]
    pub sweepers: u16,
}

/// When a redis-server that is started here brings its append-only file to disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum FsyncArg {
    Always,
    Everysec,
    No,
}

impl From<FsyncArg> for Fsync {
    fn from(arg: FsyncArg) -> Self {
        match arg {
            FsyncArg::Always => Self::Always,
            FsyncArg::Everysec => Self::EverySecond,
            FsyncArg::No => Self::Never,
        }
    }
}

/// A role's ports lie ten apart.
fn count() -> clap::builder::RangedI64ValueParser<u16> {
    clap::value_parser!(u16).range(0..=10)
}

impl RealmArgs {
    /// The realm on its store: Redis, or memory where there is no URL.
    pub fn world(&self, redis: Option<&str>) -> Result<World> {
        let realm = RealmId::parse("--realm", &self.realm).map_err(|invalid| Misuse::new(invalid.to_string()))?;
        let rules = Arc::new(self.rules()?);
        let store: Arc<dyn Store> = match redis {
            None => Arc::new(MemoryStore::new()),
            Some(url) => {
                let connect = RedisStore::connect(url, realm.clone());
                Arc::new(connect.map_err(|error| Misuse::new(format!("--redis {url}: {error}")))?)
            }
        };
        Ok(World { realm, store, rules, clock: Clock::system() })
    }

    fn rules(&self) -> Result<RuleSet> {
        if self.rules.is_empty() {
            return sandbox::built_in_rules().map_err(|error| Misuse::new(error.to_string()).into());
        }
        sandbox::load_rules(&self.rules).map_err(|error| Misuse::new(error.to_string()).into())
    }

    pub fn telemetry(&self, service: &str, instance: &InstanceId, log_default: &str) -> Result<Telemetry> {
        let options = Options {
            service: service.to_owned(),
            instance: instance.to_string(),
            log: if self.log_json { LogFormat::Json } else { LogFormat::Human },
            log_default: log_default.to_owned(),
        };
        telemetry::init(options).map_err(|error| Misuse::new(error.to_string()).into())
    }
}

//! Flags of everything that runs services. Each can come from the environment instead.

use super::doors::{DoorArgs, TlsArgs};
use super::ports::{MONITOR_PORT, default_port};
use super::redacted::redacted;
use super::round_trips;
use crate::misuse::Misuse;
use anyhow::Result;
use chassis::{Clock, LiveRules, Network, Shutdown};
use domain::{InstanceId, RealmId, Role, RuleSet};
use sandbox::{Counts, RulesFollower, World};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::testing::Fsync;
use store::{MemoryStore, RedisStore, Store};
use telemetry::{LogFormat, Options, Telemetry};

/// What is logged where many services share a terminal: what is amiss, and what became of rules that someone edits meanwhile.
pub const QUIET: &str = "warn,sandbox::rules=info";

/// The realm that is served where none is named.
pub const DEFAULT_REALM: &str = "default";

/// What all of a realm's services must agree on.
#[derive(Debug, Clone, clap::Args)]
pub struct RealmArgs {
    /// The title served here: all of its keys in the store share this name
    #[arg(long, env = "MUSTER_REALM", default_value = DEFAULT_REALM, value_name = "NAME")]
    pub realm: String,
    /// Rules files, or directories of them, followed while they change; without it the queues `duel` and `teams-5v5` that come
    /// with Muster, or in `muster bench` the scenario's own
    #[arg(long, env = "MUSTER_RULES", value_delimiter = ',', value_name = "PATH")]
    pub rules: Vec<PathBuf>,
    /// Seconds after which a ticket leaves the queue when it was watched and nobody watches it any more; 0: never
    #[arg(long, env = "MUSTER_UNWATCHED_S", default_value_t = 30, value_parser = clap::value_parser!(u32).range(0..=86_400), value_name = "SECONDS")]
    pub unwatched_s: u32,
    /// Authorities (PEM) that vouch for a Redis with TLS, read again when they change [default: the public ones]
    #[arg(long, env = "MUSTER_REDIS_CA", value_name = "FILE")]
    pub redis_ca: Option<PathBuf>,
    /// Log lines as JSON objects instead of text
    #[arg(long, env = "MUSTER_LOG_JSON")]
    pub log_json: bool,
}

const ENVIRONMENT_HELP: &str = "\
Traces go by OTLP/gRPC where OTEL_EXPORTER_OTLP_ENDPOINT says, for example
http://localhost:4317; `muster orchestrator --help` lists all variables.";

const ROLE_HELP: &str = "\
Environment also read:
  RUST_LOG                      what is logged, for example info,mover=debug
                                [default: info]
  OTEL_EXPORTER_OTLP_ENDPOINT   where traces and metrics go by OTLP/gRPC, for
                                example http://localhost:4317 [default: nowhere]
  OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG
                                which traces are kept whole [default: 0.01 of them]
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT
                                where traces, metrics go instead
  OTEL_METRIC_EXPORT_INTERVAL   how often, in ms [default: 60000]
  OTEL_TRACES_EXPORTER, OTEL_METRICS_EXPORTER
                                none: nowhere

SIGTERM: no longer ready, takes nothing new, finishes or hands back what it
holds, exits 0 within 10 s.";

/// One service in a process of its own.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = ROLE_HELP)]
pub struct RoleArgs {
    #[command(flatten)]
    pub realm: RealmArgs,
    /// Redis that keeps the truth: redis://127.0.0.1:6379, unix:///run/redis.sock, redis+sentinel://one:26379,two:26379/mymaster or
    /// redis+cluster://one:6379,two:6379; the last two with ?replicas=N to say how many replicas must hold each write (1). With
    /// rediss in place of redis it is spoken to over TLS; user:password@ stands before the host
    #[arg(long, env = "MUSTER_REDIS", value_name = "URL")]
    pub redis: String,
    // Its help, with the role's own port, is put in by `with_own_port`.
    #[arg(long, env = "MUSTER_LISTEN", value_name = "IP:PORT")]
    pub listen: Option<SocketAddr>,
    /// Let anyone who reaches this port have it leave, by `Inspect.Drain` or from the monitor page
    #[arg(long, env = "MUSTER_DRAINABLE")]
    pub drainable: bool,
    /// URL at which the other services reach this one [default: http:// or, with a certificate, https:// and the address listened on]
    #[arg(long, env = "MUSTER_ADVERTISE", value_name = "URL")]
    pub advertise: Option<String>,
    /// Address on which Prometheus finds this process's metrics, at /metrics [default: none]
    #[arg(long, env = "MUSTER_METRICS", value_name = "IP:PORT")]
    pub metrics: Option<SocketAddr>,
    /// This instance's name, unlike any other's [default: the role and a random suffix]
    #[arg(long, env = "MUSTER_INSTANCE", value_name = "NAME")]
    pub instance: Option<String>,
    /// Region this instance stands in; playservers host matches of their region first
    #[arg(long, env = "MUSTER_REGION", default_value = "", hide_default_value = true, value_name = "NAME")]
    pub region: String,
    /// Leave, as by SIGTERM, when the process that started this one, which has this id, ends
    #[arg(long, hide = true, value_name = "PID")]
    pub with_parent: Option<u32>,
    #[command(flatten)]
    pub doors: DoorArgs,
}

/// A playserver in a process of its own.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = ROLE_HELP)]
pub struct PlayserverArgs {
    #[command(flatten)]
    pub role: RoleArgs,
    /// Matches hosted at the same time
    #[arg(long, env = "MUSTER_CAPACITY", default_value_t = 100_000, value_name = "MATCHES")]
    pub capacity: u32,
    /// The assignment, what players are told to connect to [default: the advertised address]
    #[arg(long, env = "MUSTER_GAME_ADDRESS", value_name = "HOST:PORT")]
    pub game_address: Option<String>,
}

/// Tells the help of `--listen` which port is the role's own.
pub fn with_own_port(role: Role) -> impl FnOnce(clap::Arg) -> clap::Arg {
    move |listen| listen.help(format!("Address to listen on [default: 127.0.0.1:{}]", default_port(role)))
}

/// Every service in this process.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = ENVIRONMENT_HELP)]
pub struct DevArgs {
    #[command(flatten)]
    pub realm: RealmArgs,
    /// Leave, as by SIGTERM, when the process that started this one, which has this id, ends
    #[arg(long, hide = true, value_name = "PID")]
    pub with_parent: Option<u32>,
    /// Keep the truth in this Redis instead of in memory
    #[arg(long, env = "MUSTER_REDIS", value_name = "URL")]
    pub redis: Option<String>,
    /// Address to listen on; ports are the documented ones
    #[arg(long, env = "MUSTER_HOST", default_value = "127.0.0.1", value_name = "IP")]
    pub host: IpAddr,
    /// Address on which Prometheus finds the metrics, at /metrics [default: port 7660 of the host]
    #[arg(long, env = "MUSTER_METRICS", value_name = "IP:PORT")]
    pub metrics: Option<SocketAddr>,
    #[command(flatten)]
    pub page: PageArgs,
    /// Do without the monitor page
    #[arg(long, env = "MUSTER_NO_MONITOR")]
    pub no_monitor: bool,
}

/// What the monitor page tells, and to whom.
#[derive(Debug, Clone, clap::Args)]
pub struct PageArgs {
    /// Where the page links traces to, for example http://localhost:16686/trace/{trace_id}
    #[arg(long, env = "MUSTER_TRACES", value_name = "URL")]
    pub traces: Option<String>,
    /// Names by which the page may be asked for, besides IP addresses and localhost
    #[arg(long, env = "MUSTER_HOST_NAMES", value_delimiter = ',', value_name = "NAME")]
    pub host_name: Vec<String>,
}

/// The monitor page.
#[derive(Debug, Clone, clap::Args)]
pub struct MonitorArgs {
    #[command(flatten)]
    pub realm: RealmArgs,
    /// Redis in which the services have their leases, as they are told it
    #[arg(long, env = "MUSTER_REDIS", value_name = "URL")]
    pub redis: String,
    /// Address to listen on
    #[arg(long, env = "MUSTER_LISTEN", default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, MONITOR_PORT)), value_name = "IP:PORT")]
    pub listen: SocketAddr,
    #[command(flatten)]
    pub page: PageArgs,
    /// Let whoever opens the page have clients come that queue and play
    #[arg(long, env = "MUSTER_SPAWN")]
    pub spawn: bool,
    #[command(flatten)]
    pub tls: TlsArgs,
    /// A realm server's token, under which such clients come
    #[arg(long, env = "MUSTER_TOKEN_FILE", help_heading = "Doors", requires = "spawn", value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Leave, as by SIGTERM, when the process that started this one, which has this id, ends
    #[arg(long, hide = true, value_name = "PID")]
    pub with_parent: Option<u32>,
}

impl PageArgs {
    /// What a monitor is told; fails where the link has no place for a trace's id.
    pub fn config(&self, may_spawn: bool) -> Result<monitor::Config> {
        let traces = self.traces.clone();
        if traces.as_ref().is_some_and(|url| !url.starts_with("http") || !url.contains("{trace_id}")) {
            return Err(Misuse::new("--traces must be a URL with {trace_id} in it").into());
        }
        Ok(monitor::Config { may_spawn, traces, hosts: self.host_name.clone() })
    }
}

/// Every service in processes of their own.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = ENVIRONMENT_HELP)]
pub struct ClusterArgs {
    #[command(flatten)]
    pub realm: RealmArgs,
    /// Use this Redis; without it a redis-server is started in a directory of its own, with `appendonly yes`, and ended with the rest
    #[arg(long, env = "MUSTER_REDIS", value_name = "URL")]
    pub redis: Option<String>,
    /// fsync of the redis-server that is started: always, everysec or no
    #[arg(long, env = "MUSTER_REDIS_FSYNC", value_enum, default_value = "everysec")]
    pub fsync: FsyncArg,
    /// Lock the doors, with what `muster keys` wrote to this directory; without it they stand open
    #[arg(long, env = "MUSTER_KEYS", value_name = "DIR")]
    pub keys: Option<PathBuf>,
    /// Orchestrators: on 127.0.0.1:7600 and the ports after it
    #[arg(long, env = "MUSTER_ORCHESTRATORS", default_value_t = 2, value_parser = count(), value_name = "N")]
    pub orchestrators: u16,
    /// Matchmakers: on 127.0.0.1:7620 and the ports after it
    #[arg(long, env = "MUSTER_MATCHMAKERS", default_value_t = 2, value_parser = count(), value_name = "N")]
    pub matchmakers: u16,
    /// Movers, of which one leads: on 127.0.0.1:7630 and the ports after it
    #[arg(long, env = "MUSTER_MOVERS", default_value_t = 2, value_parser = count(), value_name = "N")]
    pub movers: u16,
    /// Playservers: on 127.0.0.1:7610 and the ports after it
    #[arg(long, env = "MUSTER_PLAYSERVERS", default_value_t = 2, value_parser = count(), value_name = "N")]
    pub playservers: u16,
    /// Sweepers: on 127.0.0.1:7640 and the ports after it
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

impl FsyncArg {
    pub fn name(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Everysec => "everysec",
            Self::No => "no",
        }
    }
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

impl ClusterArgs {
    pub fn counts(&self) -> Counts {
        Counts {
            orchestrators: self.orchestrators.into(),
            sweepers: self.sweepers.into(),
            matchmakers: self.matchmakers.into(),
            movers: self.movers.into(),
            playservers: self.playservers.into(),
        }
    }
}

fn no_redis_url(text: &str) -> Misuse {
    Misuse::new(format!(
        "--redis {} is no Redis URL: write for example redis://127.0.0.1:6379 or redis+sentinel://127.0.0.1:26379/mymaster",
        redacted(text)
    ))
}

/// A role's ports lie ten apart.
fn count() -> clap::builder::RangedI64ValueParser<u16> {
    clap::value_parser!(u16).range(0..=10)
}

impl RealmArgs {
    /// The realm on its store: Redis, or memory where there is no URL.
    pub fn world(&self, redis: Option<&str>) -> Result<World> {
        let realm = RealmId::parse("--realm", &self.realm).map_err(|invalid| Misuse::new(invalid.to_string()))?;
        let rules = LiveRules::new(self.rules()?);
        let store: Arc<dyn Store> = match redis {
            None => Arc::new(MemoryStore::new()),
            Some(url) => Arc::new(self.redis(url, realm.clone())?.observed(round_trips::OBSERVER)),
        };
        let unwatched_max = (self.unwatched_s > 0).then(|| Duration::from_secs(self.unwatched_s.into()));
        Ok(World {
            realm,
            store,
            rules,
            clock: Clock::system(),
            network: Network::tcp(),
            unwatched_max,
            drainable: false,
        })
    }

    /// The realm on this Redis.
    pub fn redis(&self, url: &str, realm: RealmId) -> Result<RedisStore> {
        let store = RedisStore::connect(url, realm).map_err(|_| no_redis_url(url))?;
        let Some(ca) = &self.redis_ca else { return Ok(store) };
        let unusable = |error| Misuse::new(format!("--redis-ca {}: {error}", ca.display()));
        Ok(store.trusting(ca.clone()).map_err(unusable)?)
    }

    /// These arguments for a Redis that is started here, which speaks no TLS.
    pub fn on_own_redis(&self) -> Self {
        Self { redis_ca: None, ..self.clone() }
    }

    /// For a tool whose players wait in `--queue`: they would be refused only when all is up.
    pub fn check_queue(&self, queue: &str) -> Result<()> {
        let rules = self.rules()?;
        let names: Vec<&str> = rules.iter().map(|rules| rules.queue().as_str()).collect();
        if names.contains(&queue) {
            return Ok(());
        }
        Err(Misuse::new(format!("--queue must be one of {}, is {queue}", names.join(", "))).into())
    }

    fn rules(&self) -> Result<RuleSet> {
        if self.rules.is_empty() {
            return sandbox::built_in_rules().map_err(|error| Misuse::new(error.to_string()).into());
        }
        sandbox::load_rules(&self.rules).map_err(|error| Misuse::new(format!("--rules {error}")).into())
    }

    /// Keeps the world's rules as the files say until `shutdown`. Those that come with Muster never change.
    pub fn follow_rules(&self, world: &World, shutdown: &Shutdown) {
        if !self.rules.is_empty() {
            let follower = RulesFollower::new(self.rules.clone(), world.rules.clone());
            tokio::spawn(follower.run(shutdown.clone()));
        }
    }

    /// `traced_share` of the traces is kept, unless the environment says otherwise.
    pub fn telemetry(
        &self,
        service: &str,
        instance: &InstanceId,
        log_default: &str,
        traced_share: f64,
    ) -> Result<Telemetry> {
        let options = Options {
            service: service.to_owned(),
            instance: instance.to_string(),
            log: if self.log_json { LogFormat::Json } else { LogFormat::Human },
            log_default: log_default.to_owned(),
            traced_share,
        };
        telemetry::init(options).map_err(|error| Misuse::new(error.to_string()).into())
    }
}

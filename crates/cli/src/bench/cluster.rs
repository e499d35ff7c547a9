//! What is measured: every role in processes of their own on a Redis of its own, with nothing in between.

use super::addresses::{Addresses, Realm, Via};
use super::load::Load;
use super::scenario::Scenario;
use super::usage::{LOAD, REDIS, while_all_run};
use crate::misuse::Misuse;
use crate::run::{DEFAULT_REALM, Export, FsyncArg, Member, RealmArgs, ready, seats_at, start_redis};
use anyhow::{Context, Result};
use chassis::{Network, PEERS_POLL_MS};
use domain::{Role, Rules};
use futures::future::{join_all, try_join_all};
use sandbox::Counts;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use store::testing::{RedisServer, free_port};
use tempfile::TempDir;
use tokio::time::sleep;

/// How long members take to find one another once all are registered: whoever came before would be told that nobody has room.
const MEET: Duration = Duration::from_millis(2 * PEERS_POLL_MS);
/// Processes of one role.
const MEMBERS_MAX: i64 = 16;
const MOVERS: usize = 2;
const SWEEPERS: usize = 1;

/// Which cluster, and who comes to it.
#[derive(Debug, clap::Args)]
pub struct ClusterArgs {
    /// Queue that everyone waits in [default: the scenario's]
    #[arg(long, env = "MUSTER_BENCH_QUEUE", value_name = "NAME")]
    queue: Option<String>,
    /// How players reach it
    #[arg(long, env = "MUSTER_BENCH_VIA", value_enum, default_value = "stream")]
    pub via: Via,
    /// fsync of the redis-server that is started: always, everysec or no
    #[arg(long, env = "MUSTER_BENCH_FSYNC", value_enum, default_value = "everysec")]
    pub fsync: FsyncArg,
    #[command(flatten)]
    pub started: Started,
    #[command(flatten)]
    realm: RealmArgs,
}

fn members() -> clap::builder::RangedI64ValueParser<u16> {
    clap::value_parser!(u16).range(1..=MEMBERS_MAX)
}

/// How many are started for a measurement, of services in each realm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::Args, Serialize, Deserialize)]
pub struct Started {
    /// Orchestrators that are started
    #[arg(long, env = "MUSTER_BENCH_ORCHESTRATORS", default_value_t = 2, value_parser = members(), value_name = "N")]
    orchestrators: u16,
    /// Matchmakers that are started
    #[arg(long, env = "MUSTER_BENCH_MATCHMAKERS", default_value_t = 2, value_parser = members(), value_name = "N")]
    matchmakers: u16,
    /// Playservers that are started
    #[arg(long, env = "MUSTER_BENCH_PLAYSERVERS", default_value_t = 2, value_parser = members(), value_name = "N")]
    playservers: u16,
    /// Realms that are started on the one Redis, each with services of its own and its share of the players
    #[arg(long, env = "MUSTER_BENCH_REALMS", default_value_t = 1, value_parser = members(), value_name = "N")]
    realms: u16,
}

impl fmt::Display for Started {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { orchestrators, matchmakers, playservers, realms } = self;
        write!(
            f,
            "orchestrators {orchestrators}, matchmakers {matchmakers}, playservers {playservers}, realms {realms}"
        )
    }
}

/// What is played: a queue of a realm, by rules that are there.
pub struct Game {
    pub realm: RealmArgs,
    pub queue: String,
    /// The queue's.
    pub rules: Arc<Rules>,
    /// The scenario's rules file, for as long as services read it.
    _dir: Option<TempDir>,
}

impl Game {
    /// The realm with this number: the first keeps its name.
    fn realm(&self, number: u16) -> RealmArgs {
        let mut realm = self.realm.clone();
        if number > 0 {
            realm.realm = format!("{}-{number}", realm.realm);
        }
        realm
    }
}

impl ClusterArgs {
    /// The scenario's rules, unless others are given. Fails where they have no such queue.
    pub fn game(&self, scenario: &Scenario) -> Result<Game> {
        let mut realm = self.realm.on_own_redis();
        let dir = realm.rules.is_empty().then(|| rules_of(scenario)).transpose()?;
        if let Some(dir) = &dir {
            realm.rules = vec![dir.path().to_owned()];
        }
        let queue = self.queue.clone().unwrap_or_else(|| scenario.queue.to_owned());
        realm.check_queue(&queue)?;
        let all = realm.world(None)?.rules.current();
        let rules = all.iter().find(|rules| rules.queue().as_str() == queue).context("the queue's rules")?.clone();
        Ok(Game { realm, queue, rules, _dir: dir })
    }

    /// The title that a system which runs must serve; empty where none is asked for.
    pub fn asked_realm(&self) -> String {
        if self.realm.realm == DEFAULT_REALM { String::new() } else { self.realm.realm.clone() }
    }

    /// For what takes place in one realm, however many are asked for.
    pub fn check_one_realm(&self) -> Result<(), Misuse> {
        if self.started.realms == 1 {
            return Ok(());
        }
        Err(Misuse::new(format!("--realms has no effect here, is {}", self.started.realms)))
    }

    /// For what befalls one process of a role and is looked at in others.
    pub fn check_several(&self, role: Role) -> Result<(), Misuse> {
        if self.counts().roles().filter(|other| *other == role).count() > 1 {
            return Ok(());
        }
        Err(Misuse::new(format!("--{role}s must be 2 at least where one of them is to hang", role = role.as_str())))
    }

    fn counts(&self) -> Counts {
        Counts {
            orchestrators: self.started.orchestrators.into(),
            sweepers: SWEEPERS,
            matchmakers: self.started.matchmakers.into(),
            movers: MOVERS,
            playservers: self.started.playservers.into(),
        }
    }
}

fn rules_of(scenario: &Scenario) -> Result<TempDir> {
    let dir = TempDir::with_prefix("muster-bench-").context("no directory for the scenario's rules")?;
    std::fs::write(dir.path().join("scenario.toml"), scenario.rules_toml).context("the scenario's rules")?;
    Ok(dir)
}

pub struct Cluster {
    pub game: Game,
    via: Via,
    /// Of each realm.
    members: Vec<Vec<Member>>,
    /// Ends with the cluster.
    pub redis: RedisServer,
}

impl Cluster {
    /// Starts everything on free ports, and waits until it works.
    pub async fn open(args: &ClusterArgs, scenario: &Scenario, export: &Export) -> Result<Self> {
        Self::open_with(args.started.realms, args, scenario, export).await
    }

    /// Starts everything with this many realms, and waits until it works.
    pub async fn open_with(realms: u16, args: &ClusterArgs, scenario: &Scenario, export: &Export) -> Result<Self> {
        let game = args.game(scenario)?;
        let redis = start_redis(args.fsync.into())?;
        let realms: Vec<RealmArgs> = (0..realms).map(|number| game.realm(number)).collect();
        let opening = realms.iter().map(|realm| members_of(realm, args.counts(), redis.url(), export));
        let members = try_join_all(opening).await?;
        sleep(MEET).await;
        Ok(Self { game, via: args.via, members, redis })
    }

    /// Where players go: to every orchestrator, and to every playserver.
    pub fn addresses(&self) -> Addresses {
        Addresses {
            via: self.via,
            network: Network::tcp(),
            realm: String::new(),
            realms: self.members.iter().map(|members| realm_of(members)).collect(),
            queue: self.game.queue.clone(),
            rules: self.game.rules.clone(),
            names: "bench".to_owned(),
        }
    }

    /// Those of one realm, by its number.
    pub fn addresses_of(&self, number: usize) -> Addresses {
        let addresses = self.addresses();
        Addresses { realms: vec![addresses.realms[number].clone()], ..addresses }
    }

    pub async fn load(&self, scenario: &Scenario) -> Result<Load> {
        Load::open(scenario, &self.addresses()).await
    }

    /// The processes of the services. Fails where one has ended.
    pub fn pids(&self) -> Result<Vec<u32>> {
        Ok(processes_of(self.all())?.into_iter().map(|(_, pid)| pid).collect())
    }

    /// Those of a role, in the order of their addresses in [`Self::addresses`].
    pub fn of(&self, role: Role) -> impl Iterator<Item = &Member> {
        self.all().filter(move |member| member.seat.role == role)
    }

    /// Each process that is measured, by its role; this one too.
    pub fn processes(&self) -> Result<Vec<(String, u32)>> {
        let redis = self.redis.pid().context("redis has ended")?;
        let others = [(REDIS.to_owned(), redis), (LOAD.to_owned(), std::process::id())];
        Ok(processes_of(self.all())?.into_iter().chain(others).collect())
    }

    /// Where services tell what they measure.
    pub fn metrics(&self) -> impl Iterator<Item = SocketAddr> {
        self.all().filter_map(|member| member.seat.metrics)
    }

    fn all(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().flatten()
    }

    /// What comes of `work`; that a process has ended, where one does before.
    pub async fn whole<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        while_all_run(&self.processes()?, work).await
    }

    /// Those who ask before those whom they ask: nobody is missed.
    pub async fn leave(&mut self) {
        for role in Role::ALL {
            let of_role = self.members.iter_mut().flatten().filter(|member| member.seat.role == role);
            join_all(of_role.map(Member::leave)).await;
        }
    }
}

/// Starts the services of one realm, and waits until they work.
async fn members_of(realm: &RealmArgs, counts: Counts, redis: &str, export: &Export) -> Result<Vec<Member>> {
    let mut seats = seats_at(counts, |_, _| free_port().context("no free port"))?;
    for seat in &mut seats {
        let port = free_port().context("no free port")?;
        seat.metrics = Some(SocketAddr::new(seat.address.ip(), port));
    }
    let starting = seats.iter().map(|seat| Member::start(realm, redis, seat, export, None));
    let members: Vec<Member> = starting.collect::<Result<_>>()?;
    let world = realm.world(Some(redis))?;
    while_all_run(&processes_of(members.iter())?, ready(&seats, &*world.store)).await?;
    Ok(members)
}

/// The processes of the services, each by its role. Fails where one has ended.
fn processes_of<'a>(members: impl Iterator<Item = &'a Member>) -> Result<Vec<(String, u32)>> {
    let pid = |member: &Member| member.pid().with_context(|| format!("{} has ended", member.seat.name));
    members.map(|member| Ok((member.seat.role.as_str().to_owned(), pid(member)?))).collect()
}

fn realm_of(members: &[Member]) -> Realm {
    let addresses = |role: Role| {
        let of_role = members.iter().filter(|member| member.seat.role == role);
        of_role.map(|member| format!("http://{}", member.seat.reached_at)).collect()
    };
    Realm { orchestrators: addresses(Role::Orchestrator), playservers: addresses(Role::Playserver) }
}

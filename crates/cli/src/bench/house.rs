//! What is measured: every role in processes of their own on a Redis of its own, with nothing in between.

use super::load::Load;
use super::usage::{LOAD, REDIS};
use crate::run::{Export, FsyncArg, Member, RealmArgs, ready, seats_at, start_redis};
use anyhow::{Context, Result};
use chassis::PEERS_POLL_MS;
use clap::ValueEnum;
use domain::Role;
use futures::future::join_all;
use sandbox::Counts;
use std::net::SocketAddr;
use std::time::Duration;
use store::testing::{RedisServer, free_port};
use tokio::time::sleep;

/// How long members take to find one another once all are registered: whoever came before would be told that nobody has room.
const MEET: Duration = Duration::from_millis(2 * PEERS_POLL_MS);
const COUNTS: Counts = Counts { orchestrators: 2, sweepers: 1, matchmakers: 2, movers: 2, playservers: 2 };

/// Which house, and who comes to it.
#[derive(Debug, clap::Args)]
pub struct HouseArgs {
    /// Queue that everyone waits in, each alone
    #[arg(long, env = "MUSTER_BENCH_QUEUE", default_value = "duel", value_name = "NAME")]
    pub queue: String,
    /// fsync of the redis-server that is started: always, everysec or no
    #[arg(long, env = "MUSTER_REDIS_FSYNC", value_enum, default_value = "everysec")]
    fsync: FsyncArg,
    #[command(flatten)]
    pub realm: RealmArgs,
}

impl HouseArgs {
    pub fn check(&self) -> Result<()> {
        self.realm.check_queue(&self.queue)
    }

    pub fn fsync_name(&self) -> String {
        self.fsync.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

pub struct House {
    queue: String,
    members: Vec<Member>,
    /// Ends with the house.
    pub redis: RedisServer,
}

impl House {
    /// Starts everything on free ports, and waits until it works.
    pub async fn open(args: &HouseArgs, export: &Export) -> Result<Self> {
        let mut seats = seats_at(COUNTS, |_, _| free_port().context("no free port"))?;
        for seat in &mut seats {
            let port = free_port().context("no free port")?;
            seat.metrics = Some(SocketAddr::new(seat.address.ip(), port));
        }
        let redis = start_redis(args.fsync.into())?;
        let realm = args.realm.on_own_redis();
        let store = realm.world(Some(redis.url()))?.store;
        let start = |seat| Member::start(&realm, redis.url(), seat, export, None);
        let members = seats.iter().map(start).collect::<Result<_>>()?;
        ready(&seats, &*store).await?;
        sleep(MEET).await;
        Ok(Self { queue: args.queue.clone(), members, redis })
    }

    /// Players who queue at every orchestrator, and watch at every playserver.
    pub async fn load(&self) -> Result<Load> {
        Load::open(&self.addresses(Role::Orchestrator), &self.addresses(Role::Playserver), &self.queue).await
    }

    /// The processes of the services. Fails where one has ended.
    pub fn pids(&self) -> Result<Vec<u32>> {
        let pid = |member: &Member| member.pid().with_context(|| format!("{} has ended", member.seat.name));
        self.members.iter().map(pid).collect()
    }

    /// Each process that is measured, by its role; this one too.
    pub fn processes(&self) -> Result<Vec<(&'static str, u32)>> {
        let services = self.members.iter().map(|member| member.seat.role.as_str()).zip(self.pids()?);
        let redis = self.redis.pid().context("redis has ended")?;
        Ok(services.chain([(REDIS, redis), (LOAD, std::process::id())]).collect())
    }

    /// Where services tell what they measure.
    pub fn metrics(&self) -> impl Iterator<Item = SocketAddr> {
        self.members.iter().filter_map(|member| member.seat.metrics)
    }

    fn addresses(&self, role: Role) -> Vec<String> {
        let of_role = self.members.iter().filter(|member| member.seat.role == role);
        of_role.map(|member| format!("http://{}", member.seat.reached_at)).collect()
    }

    pub async fn leave(&mut self) {
        join_all(self.members.iter_mut().map(Member::leave)).await;
    }
}

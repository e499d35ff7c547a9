//! The cluster that things happen to.

use super::wire::Wire;
use crate::run::{Export, FsyncArg, Member, RealmArgs, Seat, ready, seats_at, start_redis};
use anyhow::{Context, Result};
use domain::{InstanceId, Role};
use futures::future::join_all;
use nix::sys::signal::Signal;
use sandbox::Counts;
use std::fs::{File, OpenOptions};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use store::testing::{RedisServer, free_port};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// Two of each, so that one is left; three movers, so that one may stand still while another dies.
const COUNTS: Counts = Counts { orchestrators: 2, sweepers: 2, matchmakers: 2, movers: 3, playservers: 2 };
const REDIS_ANSWER_MAX: Duration = Duration::from_secs(5);
/// What a server that syncs each second may not have synced; one that never does may lose more.
const UNSYNCED: Duration = Duration::from_secs(1);
/// Room for a few commands, so that one of them is written by half.
const DISK_LEFT_BYTES: u64 = 2_000;

pub struct Cluster {
    realm: RealmArgs,
    redis: RedisServer,
    fsync: FsyncArg,
    /// Around the wires: what it says is true.
    pub store: Arc<dyn Store>,
    to_redis: Wire,
    members: Vec<Member>,
    /// To each of the members.
    wires: Vec<Wire>,
    logs: PathBuf,
}

impl Cluster {
    /// Starts everything on free ports, and waits until it works. Each process logs to a file of its own in `logs`.
    pub async fn open(realm: RealmArgs, fsync: FsyncArg, logs: &Path) -> Result<Self> {
        let mut seats = seats_at(COUNTS, |_, _| free_port().context("no free port"))?;
        let redis = start_redis(fsync.into())?;
        let store = realm.world(Some(redis.url()))?.store;
        let to_redis = Wire::to(redis_address(&redis)?).await?;
        let (members, wires, logs) = (Vec::new(), Vec::new(), logs.to_owned());
        let mut cluster = Self { realm, redis, fsync, store, to_redis, members, wires, logs };
        for seat in &mut seats {
            let wire = Wire::to(seat.address).await?;
            seat.reached_at = wire.address;
            cluster.wires.push(wire);
            let member = cluster.member(seat)?;
            cluster.members.push(member);
        }
        ready(&seats, &*cluster.store).await?;
        Ok(cluster)
    }

    fn member(&self, seat: &Seat) -> Result<Member> {
        let redis = format!("redis://{}", self.to_redis.address);
        Member::start(&self.realm, &redis, seat, &Export::AsHere, Some(self.log(seat)?))
    }

    fn log(&self, seat: &Seat) -> Result<File> {
        let path = self.logs.join(format!("{}.log", seat.name));
        OpenOptions::new().create(true).append(true).open(&path).with_context(|| path.display().to_string())
    }

    pub fn addresses(&self, role: Role) -> Vec<String> {
        self.of(role).map(|at| format!("http://{}", self.members[at].seat.reached_at)).collect()
    }

    /// The places of those who play a role.
    pub fn of(&self, role: Role) -> impl Iterator<Item = usize> {
        (0..self.members.len()).filter(move |at| self.members[*at].seat.role == role)
    }

    /// The place of the mover that leads, if it is known.
    pub async fn leader(&self) -> Option<usize> {
        let leader = self.store.leader().await.ok()??;
        self.members.iter().position(|member| member.seat.instance == leader)
    }

    pub fn name(&self, at: usize) -> &str {
        &self.members[at].seat.name
    }

    pub fn instance(&self, at: usize) -> &InstanceId {
        &self.members[at].seat.instance
    }

    pub fn signal(&self, at: usize, signal: Signal) {
        self.members[at].signal(signal);
    }

    /// Waits until it is gone, and starts another in its place; under a new name, as an orchestrated container would, or its old one.
    pub async fn replace(&mut self, at: usize, new_name: bool) -> Result<()> {
        self.members[at].ended().await;
        let mut seat = self.members[at].seat.clone();
        if new_name {
            let unique = uuid::Uuid::new_v4().simple().to_string();
            seat.instance = InstanceId::parse("instance", &format!("{}-{}", seat.name, &unique[..8]))?;
        }
        self.members[at] = self.member(&seat)?;
        Ok(())
    }

    /// The process of a member; none when it has ended.
    pub fn pid(&self, at: usize) -> Option<u32> {
        self.members[at].pid()
    }

    /// The wire to a member.
    pub fn wire(&self, at: usize) -> &Wire {
        &self.wires[at]
    }

    pub fn wire_to_redis(&self) -> &Wire {
        &self.to_redis
    }

    pub fn kill_redis(&mut self) {
        self.redis.kill();
    }

    /// Redis goes as in a power cut; of what it wrote less than `UNSYNCED` ago only that is kept which its fsync promises.
    pub async fn cut_power(&mut self) -> Result<()> {
        let mut synced = self.redis.written()?;
        sleep(UNSYNCED).await;
        if self.fsync == FsyncArg::Always {
            // All that it answered is synced, also what it answers while it is being killed.
            self.redis.kill();
            synced = self.redis.written()?;
        }
        self.redis.cut_power(&synced).context("the power cannot be cut")
    }

    pub fn fill_disk(&self) -> Result<()> {
        self.redis.fill_disk(DISK_LEFT_BYTES).context("the disk cannot be filled")
    }

    /// Takes the lead from whoever has it, behind his back.
    pub async fn depose(&self) -> Result<()> {
        self.tell_redis(&format!("DEL {{{}}}:leader", self.realm.realm)).await
    }

    pub fn restart_redis(&mut self) -> Result<()> {
        self.redis.restart().context("redis-server does not come back")
    }

    /// Says a command to Redis, without waiting for what it means.
    pub async fn tell_redis(&self, command: &str) -> Result<()> {
        let address = redis_address(&self.redis)?;
        let telling = async {
            let mut stream = TcpStream::connect(address).await?;
            stream.write_all(format!("{command}\r\n").as_bytes()).await?;
            stream.read_u8().await.map(drop)
        };
        timeout(REDIS_ANSWER_MAX, telling).await?.with_context(|| format!("redis does not take {command}"))
    }

    /// Those who have ended though nobody ended them.
    pub fn fallen(&mut self) -> Vec<String> {
        let ended = self.members.iter_mut().filter_map(|member| member.has_ended().then(|| member.seat.name.clone()));
        ended.collect()
    }

    pub async fn leave(&mut self) {
        join_all(self.members.iter_mut().map(Member::leave)).await;
    }

    /// Copies what Redis wrote beside the logs.
    pub fn keep_redis(&self) -> Result<()> {
        for file in std::fs::read_dir(self.redis.append_only_dir())? {
            let file = file?;
            std::fs::copy(file.path(), self.logs.join(file.file_name()))?;
        }
        Ok(())
    }
}

fn redis_address(redis: &RedisServer) -> Result<SocketAddr> {
    redis.url().trim_start_matches("redis://").parse().with_context(|| redis.url().to_owned())
}

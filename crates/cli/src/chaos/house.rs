//! The cluster that things happen to.

use crate::run::{FsyncArg, Member, RealmArgs, Seat, ready, seats_at, start_redis};
use anyhow::{Context, Result};
use domain::{InstanceId, Role};
use futures::future::join_all;
use nix::sys::signal::Signal;
use sandbox::Counts;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use store::testing::{RedisServer, free_port};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Two of each, so that one is left; three movers, so that one may stand still while another dies.
const COUNTS: Counts = Counts { orchestrators: 2, sweepers: 2, matchmakers: 2, movers: 3, playservers: 2 };
const REDIS_ANSWER_MAX: Duration = Duration::from_secs(5);

pub struct House {
    realm: RealmArgs,
    redis: RedisServer,
    pub store: Arc<dyn Store>,
    members: Vec<Member>,
    logs: PathBuf,
}

impl House {
    /// Starts everything on free ports, and waits until it works. Each process logs to a file of its own in `logs`.
    pub async fn open(realm: RealmArgs, fsync: FsyncArg, logs: &Path) -> Result<Self> {
        let seats = seats_at(COUNTS, |_, _| free_port().context("no free port"))?;
        let redis = start_redis(fsync.into())?;
        let store = realm.world(Some(redis.url()))?.store;
        let mut house = Self { realm, redis, store, members: Vec::new(), logs: logs.to_owned() };
        for seat in &seats {
            let member = house.member(seat)?;
            house.members.push(member);
        }
        ready(&seats, &*house.store).await?;
        Ok(house)
    }

    fn member(&self, seat: &Seat) -> Result<Member> {
        Member::start(&self.realm, self.redis.url(), seat, Some(self.log(seat)?))
    }

    fn log(&self, seat: &Seat) -> Result<File> {
        let path = self.logs.join(format!("{}.log", seat.name));
        OpenOptions::new().create(true).append(true).open(&path).with_context(|| path.display().to_string())
    }

    pub fn addresses(&self, role: Role) -> Vec<String> {
        self.of(role).map(|at| format!("http://{}", self.members[at].seat.address)).collect()
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

    pub fn kill_redis(&mut self) {
        self.redis.kill();
    }

    pub fn restart_redis(&mut self) -> Result<()> {
        self.redis.restart().context("redis-server does not come back")
    }

    /// Says a command to Redis, without waiting for what it means.
    pub async fn tell_redis(&self, command: &str) -> Result<()> {
        let address = self.redis.url().trim_start_matches("redis://").to_owned();
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

    pub async fn leave(mut self) {
        join_all(self.members.iter_mut().map(Member::leave)).await;
    }
}

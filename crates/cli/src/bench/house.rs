//! What is measured: every role in processes of their own on a Redis of its own, with nothing in between.

use crate::run::{FsyncArg, Member, RealmArgs, ready, seats_at, start_redis};
use anyhow::{Context, Result};
use domain::Role;
use futures::future::join_all;
use sandbox::Counts;
use store::testing::{RedisServer, free_port};

const COUNTS: Counts = Counts { orchestrators: 2, sweepers: 1, matchmakers: 2, movers: 2, playservers: 2 };

pub struct House {
    members: Vec<Member>,
    /// Ends with the house.
    _redis: RedisServer,
}

impl House {
    /// Starts everything on free ports, and waits until it works.
    pub async fn open(realm: &RealmArgs, fsync: FsyncArg) -> Result<Self> {
        let seats = seats_at(COUNTS, |_, _| free_port().context("no free port"))?;
        let redis = start_redis(fsync.into())?;
        let store = realm.world(Some(redis.url()))?.store;
        let members = seats.iter().map(|seat| Member::start(realm, redis.url(), seat, None)).collect::<Result<_>>()?;
        ready(&seats, &*store).await?;
        Ok(Self { members, _redis: redis })
    }

    pub fn addresses(&self, role: Role) -> Vec<String> {
        let of_role = self.members.iter().filter(|member| member.seat.role == role);
        of_role.map(|member| format!("http://{}", member.seat.reached_at)).collect()
    }

    pub async fn leave(&mut self) {
        join_all(self.members.iter_mut().map(Member::leave)).await;
    }
}

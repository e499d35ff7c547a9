//! Who is ill, and whom that concerns.

use crate::bench::house::House;
use crate::bench::load::Load;
use crate::bench::scenario::DUEL;
use anyhow::{Context, Result, ensure};
use api::v1::follow_request::Op;
use api::v1::play_client::PlayClient;
use api::v1::{self, watch_request};
use domain::Role;
use nix::sys::signal::Signal;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

/// Players whom the client that does not read follows.
const UNREAD_PLAYERS: usize = 20_000;
/// How many times as many players as here come to a realm that is noisy.
const NOISE: f64 = 2.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Trouble {
    /// One matchmaker stops answering
    HungMatchmaker,
    /// One playserver stops answering
    HungPlayserver,
    /// A realm server follows the next 20,000 players and reads nothing of what it is told
    SlowClient,
    /// In another realm on the same Redis twice as many players come, on the same machine
    NoisyRealm,
}

/// What there is here of a trouble that goes on.
#[derive(Default)]
pub struct Ailing {
    /// Held open, and not read.
    _unread: Option<Unread>,
    /// Ends with it.
    _noise: JoinSet<Result<()>>,
}

struct Unread {
    _told: Streaming<v1::FollowResponse>,
    _asks: mpsc::Sender<v1::FollowRequest>,
}

impl Trouble {
    pub const ALL: [Self; 4] = [Self::HungMatchmaker, Self::HungPlayserver, Self::SlowClient, Self::NoisyRealm];

    pub fn name(self) -> &'static str {
        match self {
            Self::HungMatchmaker => "hung-matchmaker",
            Self::HungPlayserver => "hung-playserver",
            Self::SlowClient => "slow-client",
            Self::NoisyRealm => "noisy-realm",
        }
    }

    /// How many realms there must be for it.
    pub fn realms(self) -> u16 {
        if self == Self::NoisyRealm { 2 } else { 1 }
    }

    /// Strikes the house that has this load in its first realm, for longer than `lasts`.
    pub async fn begin(self, house: &House, load: &Load, rate: f64, lasts: Duration) -> Result<Ailing> {
        if let Some(role) = self.stops() {
            ensure!(house.signal_first(role, Signal::SIGSTOP), "the {} has ended", role.as_str());
        }
        match self {
            Self::HungMatchmaker | Self::HungPlayserver => Ok(Ailing::default()),
            Self::SlowClient => unread(house, load).await,
            Self::NoisyRealm => noise(house, rate * NOISE, lasts).await,
        }
    }

    /// Whatever was stopped goes on: it could not leave.
    pub fn end(self, house: &House) {
        if let Some(role) = self.stops() {
            house.signal_first(role, Signal::SIGCONT);
        }
    }

    /// Whose first process is stopped.
    fn stops(self) -> Option<Role> {
        match self {
            Self::HungMatchmaker => Some(Role::Matchmaker),
            Self::HungPlayserver => Some(Role::Playserver),
            Self::SlowClient | Self::NoisyRealm => None,
        }
    }

    /// Whether the ticket of this number can do nothing but suffer from it.
    pub fn concerns(self, load: &Load, number: usize) -> bool {
        self == Self::HungPlayserver && load.playserver_of(number) == 0
    }
}

/// Players come to the second realm.
async fn noise(house: &House, rate: f64, lasts: Duration) -> Result<Ailing> {
    let load = Load::open(&DUEL, &house.doors_of(1)).await?;
    let mut noise = JoinSet::new();
    noise.spawn(async move { load.offer(rate, lasts * 2).await.map(drop) });
    Ok(Ailing { _noise: noise, ..Ailing::default() })
}

async fn unread(house: &House, load: &Load) -> Result<Ailing> {
    let doors = house.doors();
    let mut playing = PlayClient::new(doors.network.channel(doors.playservers()[0])?);
    let (asks, asked) = mpsc::channel(UNREAD_PLAYERS);
    let told = playing.follow(ReceiverStream::new(asked)).await.context("no Follow")?.into_inner();
    let next = load.book.counts().due;
    for number in next..next + UNREAD_PLAYERS {
        let subject = Some(watch_request::Subject::PlayerId(load.player_id(number)));
        let follow = Op::Follow(v1::WatchRequest { subject, ..Default::default() });
        // Where its stream was cut already, there is no more to do.
        let _ = asks.try_send(v1::FollowRequest { call: number as u64, op: Some(follow), ..Default::default() });
    }
    let unread = Unread { _told: told, _asks: asks };
    Ok(Ailing { _unread: Some(unread), ..Ailing::default() })
}

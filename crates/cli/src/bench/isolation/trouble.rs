//! Who is ill, and whom that concerns.

use crate::bench::cluster::Cluster;
use crate::bench::load::Load;
use crate::bench::proc::cpu_s;
use crate::bench::scenario::DUEL;
use crate::run::Member;
use anyhow::{Context, Result};
use api::v1::follow_request::Op;
use api::v1::play_client::PlayClient;
use api::v1::{self, watch_request};
use domain::Role;
use nix::sys::signal::Signal;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

/// Players whom the client that does not read follows.
const UNREAD_PLAYERS: usize = 20_000;
const FOLLOWED_IN: Duration = Duration::from_secs(60);
/// How many times as many players as here come to a realm that is noisy.
const NOISE: f64 = 2.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Trouble {
    /// None: how much two halves of a load differ by themselves, which the others must exceed to mean something
    Nothing,
    /// The matchmaker that has most to do stops answering
    HungMatchmaker,
    /// One playserver stops answering
    HungPlayserver,
    /// A realm server that follows the next 20,000 players reads no more of what it is told
    SlowClient,
    /// In another realm on the same Redis twice as many players come, on the same machine
    NoisyRealm,
}

/// What there is here of a trouble that goes on.
#[derive(Default)]
pub struct Ailing<'a> {
    _stopped: Option<Stopped<'a>>,
    /// Held open, and not read.
    _unread: Option<Unread>,
    /// Ends with it.
    _noise: JoinSet<Result<()>>,
}

struct Unread {
    _told: Streaming<v1::FollowResponse>,
    _asks: mpsc::Sender<v1::FollowRequest>,
}

/// Goes on with the end of it: it could not leave.
struct Stopped<'a>(&'a Member);

impl Drop for Stopped<'_> {
    fn drop(&mut self) {
        self.0.signal(Signal::SIGCONT);
    }
}

impl Trouble {
    pub const ALL: [Self; 5] =
        [Self::Nothing, Self::HungMatchmaker, Self::HungPlayserver, Self::SlowClient, Self::NoisyRealm];

    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::HungMatchmaker => "hung-matchmaker",
            Self::HungPlayserver => "hung-playserver",
            Self::SlowClient => "slow-client",
            Self::NoisyRealm => "noisy-realm",
        }
    }

    /// The role of which one process hangs, and another must be there.
    pub fn hangs(self) -> Option<Role> {
        match self {
            Self::HungMatchmaker => Some(Role::Matchmaker),
            Self::HungPlayserver => Some(Role::Playserver),
            Self::Nothing | Self::SlowClient | Self::NoisyRealm => None,
        }
    }

    /// How many realms there must be for it.
    pub fn realms(self) -> u16 {
        if self == Self::NoisyRealm { 2 } else { 1 }
    }

    /// Strikes the cluster that has this load in its first realm, for longer than `lasts`.
    pub async fn begin<'a>(self, cluster: &'a Cluster, load: &Load, rate: f64, lasts: Duration) -> Result<Ailing<'a>> {
        match self {
            Self::Nothing => Ok(Ailing::default()),
            // Of one pool a matchmaker has all searches, and which one differs from cluster to cluster.
            Self::HungMatchmaker => stopped(cluster.of(Role::Matchmaker).max_by_key(|member| cpu_ms(member))),
            Self::HungPlayserver => stopped(cluster.of(Role::Playserver).next()),
            Self::SlowClient => unread(cluster, load).await,
            Self::NoisyRealm => noise(cluster, rate * NOISE, lasts).await,
        }
    }

    /// Whether the ticket of this number is served by the process that is ill, so that it is none of the others.
    pub fn concerns(self, load: &Load, number: usize) -> bool {
        self == Self::HungPlayserver && load.playserver_of(number) == 0
    }
}

fn stopped(member: Option<&Member>) -> Result<Ailing<'_>> {
    let member = member.filter(|member| member.signal(Signal::SIGSTOP)).context("the one that is to hang has ended")?;
    Ok(Ailing { _stopped: Some(Stopped(member)), ..Ailing::default() })
}

/// What it has used so far.
fn cpu_ms(member: &Member) -> u64 {
    member.pid().and_then(|pid| cpu_s(pid).ok()).map_or(0, |cpu_s| (cpu_s * 1e3) as u64)
}

/// Players come to the second realm.
async fn noise(cluster: &Cluster, rate: f64, lasts: Duration) -> Result<Ailing<'_>> {
    let load = Load::open(&DUEL, &cluster.addresses_of(1)).await?;
    let mut noise = JoinSet::new();
    noise.spawn(async move { load.offer(rate, lasts * 2).await.map(drop) });
    Ok(Ailing { _noise: noise, ..Ailing::default() })
}

async fn unread<'a>(cluster: &'a Cluster, load: &Load) -> Result<Ailing<'a>> {
    let addresses = cluster.addresses();
    let mut playing = PlayClient::new(addresses.network.channel(addresses.playservers()[0])?);
    let (asks, asked) = mpsc::channel(UNREAD_PLAYERS);
    let mut told = playing.follow(ReceiverStream::new(asked)).await.context("no Follow")?.into_inner();
    let next = load.recorder.counts().due;
    for number in next..next + UNREAD_PLAYERS {
        let subject = Some(watch_request::Subject::PlayerId(load.player_id(number)));
        let follow = Op::Follow(v1::WatchRequest { subject, ..Default::default() });
        asks.try_send(v1::FollowRequest { call: number as u64, op: Some(follow), ..Default::default() })?;
    }
    let followed = timeout(FOLLOWED_IN, read_answers(&mut told)).await;
    followed.context("its players are not followed in time")?.context("the client that is to be slow")?;
    let unread = Unread { _told: told, _asks: asks };
    Ok(Ailing { _unread: Some(unread), ..Ailing::default() })
}

/// Up to the last of its calls': from then on it is slow, and what it asked for no longer keeps others waiting.
async fn read_answers(told: &mut Streaming<v1::FollowResponse>) -> Result<()> {
    let mut answered = 0;
    while answered < UNREAD_PLAYERS {
        let response = told.message().await?.context("its stream ended")?;
        answered += usize::from(response.call != 0);
    }
    Ok(())
}

//! One fault after another, and what the system made of each.

use super::cluster::Cluster;
use super::diary::Diary;
use super::fault::{Fault, Kind, Peer, Target};
use super::wire::Flow;
use crate::dice::Dice;
use anyhow::{Context, Result};
use chassis::Shutdown;
use domain::Role;
use nix::sys::signal::Signal;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long a mover's successor is waited for before the storm goes on.
const TAKEOVER_MAX: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// What a slow Redis adds to each way.
const SLOW_MS_MAX: u64 = 300;

/// What happened.
#[derive(Debug, Default)]
pub struct Weather {
    /// How often, by the fault's name.
    pub faults: BTreeMap<String, usize>,
    /// From the fault of a leading mover until another led, in ms, by what was done to it.
    pub takeovers_ms: BTreeMap<&'static str, Vec<f64>>,
    /// Leaders that nobody followed in time.
    pub vacancies: usize,
}

pub struct Storm<'a> {
    pub cluster: &'a mut Cluster,
    pub dice: Dice,
    /// The only kinds of faults to come; all, where none is named.
    pub kinds: &'a [Kind],
    /// Ends it before its time.
    pub enough: Shutdown,
    pub diary: Diary,
    pub weather: Weather,
}

impl Storm<'_> {
    /// Blows until `until`, or until it is enough; what is broken then is whole again.
    pub async fn blow(&mut self, until: Instant) -> Result<()> {
        while Instant::now() < until && !self.enough.is_cancelled() {
            let fault = Fault::roll(&mut self.dice, self.kinds);
            *self.weather.faults.entry(fault.name()).or_default() += 1;
            let struck = Instant::now();
            let target = self.strike(fault).await.with_context(|| fault.name())?;
            // Redis is told to pause, and ends that by itself.
            let lasted = if fault.kind == Kind::PauseRedis { fault.lasts } else { struck.elapsed() };
            self.diary.note(fault, &target, struck, lasted)?;
            self.pass(fault.pause).await;
        }
        Ok(())
    }

    /// Lets time pass, while it is not enough.
    async fn pass(&self, time: Duration) {
        self.enough.run_until_cancelled(sleep(time)).await;
    }

    /// Strikes and heals; the name of who was hit.
    async fn strike(&mut self, fault: Fault) -> Result<String> {
        match fault.target {
            Target::One(role) => self.strike_one(fault, role).await,
            Target::Link(from, to) => self.strike_link(fault, from, to).await,
            Target::Redis => self.strike_redis(fault).await,
        }
    }

    async fn strike_one(&mut self, fault: Fault, role: Role) -> Result<String> {
        let at = self.choose(role).await;
        match fault.kind {
            Kind::Kill => self.end(at, Signal::SIGKILL, "killed", fault.lasts).await?,
            Kind::Terminate => self.end(at, Signal::SIGTERM, "told to leave", fault.lasts).await?,
            _ => {
                self.cluster.signal(at, Signal::SIGSTOP);
                self.pass(fault.lasts).await;
                self.cluster.signal(at, Signal::SIGCONT);
            }
        }
        Ok(self.cluster.name(at).to_owned())
    }

    async fn end(&mut self, at: usize, signal: Signal, done: &'static str, lasts: Duration) -> Result<()> {
        let leader = self.cluster.leader().await;
        self.cluster.signal(at, signal);
        let struck = Instant::now();
        if leader == Some(at) {
            // Who is not waited for to the end tells nothing of takeovers.
            let waited = self.enough.run_until_cancelled(successor(self.cluster, at, struck)).await;
            match waited {
                Some(Some(after)) => self.weather.takeovers_ms.entry(done).or_default().push(after.as_secs_f64() * 1e3),
                Some(None) => self.weather.vacancies += 1,
                None => {}
            }
        }
        self.pass(lasts.saturating_sub(struck.elapsed())).await;
        self.cluster.replace(at, self.dice.roll(2) == 0).await
    }

    async fn strike_link(&mut self, fault: Fault, from: Peer, to: Peer) -> Result<String> {
        let (pid, caller) = match from {
            Peer::One(role) => {
                let at = self.choose(role).await;
                (self.cluster.pid(at), self.cluster.name(at).to_owned())
            }
            Peer::Players | Peer::Redis => (Some(std::process::id()), from.name().to_owned()),
        };
        let callee = match to {
            Peer::One(role) => Some(self.choose(role).await),
            Peer::Players | Peer::Redis => None,
        };
        let wire = callee.map_or(self.cluster.wire_to_redis(), |at| self.cluster.wire(at));
        let pid = pid.context("a member has ended by itself")?;
        wire.set(if fault.kind == Kind::CutLink { Flow::Cut(pid) } else { Flow::Held(pid) });
        self.pass(fault.lasts).await;
        wire.set(Flow::Whole);
        Ok(format!("{caller} to {}", callee.map_or(to.name(), |at| self.cluster.name(at))))
    }

    async fn strike_redis(&mut self, fault: Fault) -> Result<String> {
        let cluster = &mut *self.cluster;
        match fault.kind {
            Kind::TwoMovers => {
                let leader = cluster.leader().await.map_or("nobody", |at| cluster.name(at)).to_owned();
                return cluster.depose().await.map(|()| leader);
            }
            Kind::PauseRedis => cluster.tell_redis(&format!("CLIENT PAUSE {} ALL", fault.lasts.as_millis())).await?,
            Kind::CutRedis => cluster.tell_redis("CLIENT KILL TYPE normal").await?,
            Kind::FlushScripts => cluster.tell_redis("SCRIPT FLUSH").await?,
            Kind::SlowRedis => {
                let by = Duration::from_millis(self.dice.between(5, SLOW_MS_MAX));
                self.cluster.wire_to_redis().set(Flow::Slow(by));
                self.pass(fault.lasts).await;
                self.cluster.wire_to_redis().set(Flow::Whole);
            }
            _ => self.end_redis(fault).await?,
        }
        Ok(Peer::Redis.name().to_owned())
    }

    async fn end_redis(&mut self, fault: Fault) -> Result<()> {
        match fault.kind {
            Kind::FillDisk => self.cluster.fill_disk()?,
            Kind::CutPower => self.cluster.cut_power().await?,
            _ => self.cluster.kill_redis(),
        }
        self.pass(fault.lasts).await;
        self.cluster.restart_redis()
    }

    /// One that plays the role; of movers mostly the one that leads.
    async fn choose(&mut self, role: Role) -> usize {
        let all: Vec<usize> = self.cluster.of(role).collect();
        let any = self.dice.one_of(&all);
        let leading = self.dice.roll(4) > 0 && role == Role::Mover;
        if leading { self.cluster.leader().await.unwrap_or(any) } else { any }
    }
}

/// How long it took until another led.
async fn successor(cluster: &Cluster, fallen: usize, since: Instant) -> Option<Duration> {
    while since.elapsed() < TAKEOVER_MAX {
        if let Ok(Some(leader)) = cluster.store.leader().await
            && leader != *cluster.instance(fallen)
        {
            return Some(since.elapsed());
        }
        sleep(LOOK_EVERY).await;
    }
    None
}

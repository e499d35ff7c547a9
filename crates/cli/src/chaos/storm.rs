//! One fault after another, and what the system made of each.

use super::dice::Dice;
use super::fault::{Fault, Kind, Peer, Target};
use super::house::House;
use super::wire::Flow;
use anyhow::{Context, Result};
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
    /// From the fault of a leading mover until another led, in ms.
    pub takeovers_ms: BTreeMap<&'static str, Vec<f64>>,
    /// Leaders that nobody followed in time.
    pub vacancies: usize,
}

/// Blows until `until`, with these kinds of faults; what is broken then is whole again.
pub async fn blow(house: &mut House, dice: &mut Dice, kinds: &[Kind], until: Instant) -> Result<Weather> {
    let mut weather = Weather::default();
    while Instant::now() < until {
        let fault = Fault::roll(dice, kinds);
        *weather.faults.entry(fault.name()).or_default() += 1;
        weather.strike(house, dice, fault).await.with_context(|| fault.name())?;
        sleep(fault.pause).await;
    }
    Ok(weather)
}

impl Weather {
    async fn strike(&mut self, house: &mut House, dice: &mut Dice, fault: Fault) -> Result<()> {
        match fault.target {
            Target::One(role) => self.strike_one(house, dice, fault, role).await,
            Target::Link(from, to) => strike_link(house, dice, fault, (from, to)).await,
            Target::Redis => strike_redis(house, dice, fault).await,
        }
    }

    async fn strike_one(&mut self, house: &mut House, dice: &mut Dice, fault: Fault, role: Role) -> Result<()> {
        match fault.kind {
            Kind::Kill => self.end(house, dice, role, (Signal::SIGKILL, "kill"), fault.lasts).await,
            Kind::Terminate => self.end(house, dice, role, (Signal::SIGTERM, "terminate"), fault.lasts).await,
            _ => {
                let at = choose(house, dice, role).await;
                house.signal(at, Signal::SIGSTOP);
                sleep(fault.lasts).await;
                house.signal(at, Signal::SIGCONT);
                Ok(())
            }
        }
    }

    async fn end(
        &mut self,
        house: &mut House,
        dice: &mut Dice,
        role: Role,
        (signal, name): (Signal, &'static str),
        lasts: Duration,
    ) -> Result<()> {
        let (at, leader) = (choose(house, dice, role).await, house.leader().await);
        house.signal(at, signal);
        let struck = Instant::now();
        if leader == Some(at) {
            match successor(house, at, struck).await {
                Some(after) => self.takeovers_ms.entry(name).or_default().push(after.as_secs_f64() * 1e3),
                None => self.vacancies += 1,
            }
        }
        sleep(lasts.saturating_sub(struck.elapsed())).await;
        house.replace(at, dice.roll(2) == 0).await
    }
}

async fn strike_link(house: &House, dice: &mut Dice, fault: Fault, (from, to): (Peer, Peer)) -> Result<()> {
    let pid = match from {
        Peer::One(role) => house.pid(choose(house, dice, role).await),
        Peer::Players | Peer::Redis => Some(std::process::id()),
    };
    let wire = match to {
        Peer::One(role) => house.wire(choose(house, dice, role).await),
        Peer::Players | Peer::Redis => house.wire_to_redis(),
    };
    let pid = pid.context("a member has ended by itself")?;
    wire.set(if fault.kind == Kind::CutLink { Flow::Cut(pid) } else { Flow::Held(pid) });
    sleep(fault.lasts).await;
    wire.set(Flow::Whole);
    Ok(())
}

async fn strike_redis(house: &mut House, dice: &mut Dice, fault: Fault) -> Result<()> {
    match fault.kind {
        Kind::PauseRedis => return house.tell_redis(&format!("CLIENT PAUSE {} ALL", fault.lasts.as_millis())).await,
        Kind::CutRedis => return house.tell_redis("CLIENT KILL TYPE normal").await,
        Kind::FlushScripts => return house.tell_redis("SCRIPT FLUSH").await,
        Kind::TwoMovers => return house.depose().await,
        Kind::SlowRedis => {
            house.wire_to_redis().set(Flow::Slow(Duration::from_millis(dice.between(5, SLOW_MS_MAX))));
            sleep(fault.lasts).await;
            house.wire_to_redis().set(Flow::Whole);
            return Ok(());
        }
        Kind::FillDisk => house.fill_disk()?,
        Kind::CutPower => house.cut_power().await?,
        _ => house.kill_redis(),
    }
    sleep(fault.lasts).await;
    house.restart_redis()
}

/// One that plays the role; of movers mostly the one that leads.
async fn choose(house: &House, dice: &mut Dice, role: Role) -> usize {
    let all: Vec<usize> = house.of(role).collect();
    let any = dice.one_of(&all);
    let leading = dice.roll(4) > 0 && role == Role::Mover;
    if leading { house.leader().await.unwrap_or(any) } else { any }
}

/// How long it took until another led.
async fn successor(house: &House, fallen: usize, since: Instant) -> Option<Duration> {
    while since.elapsed() < TAKEOVER_MAX {
        if let Ok(Some(leader)) = house.store.leader().await
            && leader != *house.instance(fallen)
        {
            return Some(since.elapsed());
        }
        sleep(LOOK_EVERY).await;
    }
    None
}

//! An open loop: tickets arrive at their time, whatever became of those before.

use super::addresses::{Addresses, Realm, Via};
use super::arrivals::Arrivals;
use super::bounds::TICKETS_MAX;
use super::callers::Callers;
use super::driver::{Arrival, Driver};
use super::fit::{Fit, Fitted};
use super::latency::Latency;
use super::population::Population;
use super::realm_server::RealmServer;
use super::recorder::Recorder;
use super::scenario::Scenario;
use super::stats::Stats;
use crate::tell;
use anyhow::{Result, ensure};
use domain::Rules;
use futures::future::try_join_all;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// To each orchestrator, with as many to a playserver: one stream may have 256 calls in work, an orchestrator more.
const STREAMS_PER_ORCHESTRATOR: usize = 8;
/// Where tickets come later than this after they were due, the load is not what was asked for.
const LATE_MAX: Duration = Duration::from_millis(250);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// A few wait long, for want of an opponent.
pub const LEFT_MAX: usize = 50;
/// Where no match was told of for so long, the others wait for want of company.
const QUIET: Duration = Duration::from_secs(2);
/// A match that is found so late was missed.
const MISSED_AFTER: Duration = Duration::from_secs(1);
/// All is well again when players wait no longer than this many times as long as before (p90), and nobody is refused.
const WELL_FACTOR: f64 = 2.0;

pub struct Load {
    pub recorder: Arc<Recorder>,
    driver: Driver,
    pub rules: Arc<Rules>,
    arrivals: Arrivals,
    /// To each realm.
    ways: Vec<Way>,
}

enum Way {
    /// Each with the number of the playserver that it follows at.
    Streams(Vec<(RealmServer, usize)>),
    Calls(Callers),
}

impl Load {
    pub async fn open(scenario: &Scenario, to: &Addresses) -> Result<Self> {
        let recorder = Arc::new(Recorder::open());
        let population = Arc::new(Population::open(scenario.draw, &to.names)?);
        let driver =
            Driver { realm: to.realm.clone(), queue: to.queue.clone(), recorder: recorder.clone(), population };
        let ways = try_join_all(to.realms.iter().map(|realm| Way::open(to, realm, &driver))).await?;
        Ok(Self { recorder, driver, rules: to.rules.clone(), arrivals: Arrivals::Even, ways })
    }

    /// This load with its tickets spread so over a second.
    pub fn spread(self, arrivals: Arrivals) -> Self {
        Self { arrivals, ..self }
    }

    /// Has `rate` tickets arrive each second for `lasts`; the seconds that were whole within it.
    /// Fails where that would be more than are kept of one measurement.
    pub async fn offer(&self, rate: f64, lasts: Duration) -> Result<Range<usize>> {
        let began = Instant::now();
        let first = self.recorder.second_of(began) + 1;
        let (before, tickets) = (self.recorder.counts().due, (rate * lasts.as_secs_f64()) as usize);
        ensure!(before + tickets <= TICKETS_MAX, "at most {TICKETS_MAX} tickets may come in all");
        let mut late = Duration::ZERO;
        let times = self.arrivals.times(rate, before as u64);
        for at in times.map(Duration::from_secs_f64).take_while(|at| *at < lasts) {
            let due = began + at;
            sleep_until(due).await;
            late = late.max(due.elapsed());
            self.arrive(due);
        }
        sleep_until(began + lasts).await;
        if late > LATE_MAX {
            tell::err(format_args!(
                "muster: the load fell behind by up to {:.1} s: at {rate:.0}/s it takes too much itself",
                late.as_secs_f64()
            ));
        }
        Ok(first..self.recorder.second_of(began + lasts).max(first + 1))
    }

    /// How long players waited from when their match was worth making until they were told, or until now; of matches that became so in these
    /// seconds.
    pub fn waits_for_system(&self, seconds: Range<usize>) -> Result<Latency> {
        self.waits_for_system_of(seconds, |_| true)
    }

    /// [`Load::waits_for_system`] of some tickets: those whose number `is_asked` for.
    pub fn waits_for_system_of(&self, seconds: Range<usize>, is_asked: impl Fn(usize) -> bool) -> Result<Latency> {
        let (fit, mut waits, now) = (self.fit(), Vec::new(), self.recorder.now());
        for made in self.recorder.matches(&seconds) {
            let Some(Fitted { at, waits: all }) = fit.of(&made, now)? else { continue };
            if seconds.contains(&(at.as_secs() as usize)) {
                waits.extend(all.into_iter().filter(|(number, _)| is_asked(*number)).map(|(_, wait)| wait));
            }
        }
        Ok(Latency::of(waits.into_iter()))
    }

    /// How many who were due in these seconds are left, though a match was worth making for them [`MISSED_AFTER`] ago.
    pub fn missed(&self, seconds: &Range<usize>) -> Result<usize> {
        let then = self.recorder.now().saturating_sub(MISSED_AFTER);
        self.fit().matchable(&self.recorder.left(seconds), then)
    }

    fn fit(&self) -> Fit<'_> {
        Fit { rules: &self.rules, population: &self.driver.population }
    }

    /// The name of the first player of a ticket.
    pub fn player_id(&self, number: usize) -> String {
        self.driver.population.players(number).swap_remove(0).id
    }

    /// Which playserver of its realm a ticket is watched at.
    pub fn playserver_of(&self, number: usize) -> usize {
        let (way, turn) = self.way_of(number);
        way.playserver_of(turn)
    }

    /// The way of the ticket with this number, and how many have gone it before.
    fn way_of(&self, number: usize) -> (&Way, usize) {
        (&self.ways[number % self.ways.len()], number / self.ways.len())
    }

    fn arrive(&self, due: Instant) {
        let arrival = self.driver.arrival(due);
        let (way, turn) = self.way_of(arrival.number);
        way.enqueue(arrival, turn);
    }

    /// Seconds until all was as well as before, and stayed so; none where it never was.
    pub fn recovered(&self, before: &Stats, after: Range<usize>) -> Option<usize> {
        let well_ms = before.waited_ms.p90 * WELL_FACTOR;
        let is_well = |second: usize| {
            let stats = self.recorder.stats(second..second + 1);
            let nobody_came = stats.offered_per_s == 0.0;
            let is_told = stats.delivered_ms.count > 0 && stats.waited_ms.p90 <= well_ms;
            stats.not_taken() == 0 && (nobody_came || is_told)
        };
        let ill = after.clone().rfind(|second| !is_well(*second));
        let seconds = ill.map_or(0, |last| last + 1 - after.start);
        (seconds < after.len()).then_some(seconds)
    }

    /// Waits until everyone is answered and no more than `left_max` wait for a match, or until no match comes any more; no longer than
    /// `wait_max`.
    pub async fn settle(&self, left_max: usize, wait_max: Duration) {
        let deadline = Instant::now() + wait_max;
        let (mut matched, mut quiet_since) = (0, Instant::now());
        while Instant::now() < deadline {
            let counts = self.recorder.counts();
            if counts.unanswered() == 0 && counts.waiting() <= left_max {
                return;
            }
            if counts.matched > matched {
                (matched, quiet_since) = (counts.matched, Instant::now());
            } else if quiet_since.elapsed() > QUIET {
                return;
            }
            sleep(LOOK_EVERY).await;
        }
    }
}

impl Way {
    async fn open(to: &Addresses, realm: &Realm, driver: &Driver) -> Result<Self> {
        let (network, Realm { orchestrators, playservers }) = (&to.network, realm);
        if to.via == Via::Unary {
            return Ok(Self::Calls(Callers::open(network, orchestrators, playservers, driver.clone())?));
        }
        // One connection to each: what goes at one moment goes in few packets.
        let connections = |addresses: &[String]| {
            addresses.iter().map(|address| network.channel(address)).collect::<Result<Vec<_>, _>>()
        };
        let (queueing, playing) = (connections(orchestrators)?, connections(playservers)?);
        let streams = orchestrators.len() * STREAMS_PER_ORCHESTRATOR.max(playservers.len());
        let opening = (0..streams).map(|at| {
            let playserver = (at / queueing.len()) % playing.len();
            let open =
                RealmServer::open(queueing[at % queueing.len()].clone(), playing[playserver].clone(), driver.clone());
            async move { anyhow::Ok((open.await?, playserver)) }
        });
        Ok(Self::Streams(try_join_all(opening).await?))
    }

    fn enqueue(&self, arrival: Arrival, turn: usize) {
        match self {
            Self::Streams(servers) => servers[turn % servers.len()].0.enqueue(arrival),
            Self::Calls(callers) => callers.enqueue(arrival, turn),
        }
    }

    fn playserver_of(&self, turn: usize) -> usize {
        match self {
            Self::Streams(servers) => servers[turn % servers.len()].1,
            Self::Calls(callers) => callers.playserver_of(turn),
        }
    }
}

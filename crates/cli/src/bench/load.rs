//! An open loop: tickets arrive at their time, whatever became of those before.

use super::book::Book;
use super::bounds::TICKETS_MAX;
use super::callers::Callers;
use super::crowd::Crowd;
use super::desk::{Arrival, Desk};
use super::fit::Fit;
use super::latency::Latency;
use super::realm_server::RealmServer;
use super::scenario::Scenario;
use crate::tell;
use anyhow::{Result, ensure};
use chassis::Network;
use domain::Rules;
use futures::future::try_join_all;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

/// To each orchestrator, with as many to a playserver: one stream may have 256 calls in work, an orchestrator more.
const STREAMS_PER_ORCHESTRATOR: usize = 8;
const TICK: Duration = Duration::from_millis(2);
/// Where tickets come later than this after they were due, the load is not what was asked for.
const LATE_MAX: Duration = Duration::from_millis(250);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// A few wait long, for want of an opponent.
pub const LEFT_MAX: usize = 50;
/// Where no match was told of for so long, the others wait for want of company.
const QUIET: Duration = Duration::from_secs(2);

/// How players reach the services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Via {
    /// Realm servers queue and follow them over a few streams
    Stream,
    /// Each calls for himself: one Enqueue and one Watch
    Unary,
}

impl Via {
    pub fn name(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Unary => "unary",
        }
    }
}

/// Where players go, and how.
pub struct Addresses {
    pub via: Via,
    pub network: Network,
    /// Each takes its share of the players.
    pub realms: Vec<Realm>,
    pub queue: String,
    /// The queue's, as far as is known.
    pub rules: Arc<Rules>,
    /// What all players' names begin with.
    pub names: String,
}

/// Where one realm's services are.
#[derive(Debug, Clone)]
pub struct Realm {
    pub orchestrators: Vec<String>,
    pub playservers: Vec<String>,
}

impl Addresses {
    pub fn orchestrators(&self) -> Vec<&String> {
        self.realms.iter().flat_map(|realm| &realm.orchestrators).collect()
    }

    pub fn playservers(&self) -> Vec<&String> {
        self.realms.iter().flat_map(|realm| &realm.playservers).collect()
    }
}

pub struct Load {
    pub book: Arc<Book>,
    desk: Desk,
    pub rules: Arc<Rules>,
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
        let book = Arc::new(Book::open());
        let crowd = Arc::new(Crowd::open(scenario.draw, &to.names)?);
        let desk = Desk { queue: to.queue.clone(), book: book.clone(), crowd };
        let ways = try_join_all(to.realms.iter().map(|realm| Way::open(to, realm, &desk))).await?;
        Ok(Self { book, desk, rules: to.rules.clone(), ways })
    }

    /// Has `rate` tickets arrive each second, evenly, for `lasts`; the seconds that were whole within it.
    /// Fails where that would be more than are kept of one measurement.
    pub async fn offer(&self, rate: f64, lasts: Duration) -> Result<Range<usize>> {
        let began = Instant::now();
        let first = self.book.second_of(began) + 1;
        let tickets = (rate * lasts.as_secs_f64()) as usize;
        ensure!(self.book.counts().due + tickets <= TICKETS_MAX, "at most {TICKETS_MAX} tickets may come in all");
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let due = |number: usize| began + Duration::from_secs_f64(number as f64 / rate);
        let (mut next, mut late) = (0, Duration::ZERO);
        while next < tickets {
            ticks.tick().await;
            // The first is due at once.
            let by_now = ((began.elapsed().as_secs_f64() * rate) as usize + 1).min(tickets);
            if next < by_now {
                late = late.max(due(next).elapsed());
                (next..by_now).for_each(|number| self.arrive(due(number)));
                next = by_now;
            }
        }
        if late > LATE_MAX {
            tell::err(format_args!(
                "muster: the load fell behind by up to {:.1} s: at {rate:.0}/s it takes too much itself",
                late.as_secs_f64()
            ));
        }
        Ok(first..self.book.second_of(began + lasts).max(first + 1))
    }

    /// How long players waited from when their match was worth making, of matches that were complete in these seconds.
    pub fn waits_for_system(&self, seconds: Range<usize>) -> Result<Latency> {
        self.waits_for_system_of(seconds, |_| true)
    }

    /// The same of some tickets, by their numbers.
    pub fn waits_for_system_of(&self, seconds: Range<usize>, is_asked: impl Fn(usize) -> bool) -> Result<Latency> {
        let fit = Fit { rules: &self.rules, crowd: &self.desk.crowd };
        let mut waits = Vec::new();
        for made in self.book.matches(seconds) {
            let asked = fit.waits(&made)?.into_iter().filter(|(number, _)| is_asked(*number));
            waits.extend(asked.map(|(_, wait)| wait));
        }
        Ok(Latency::of(waits.into_iter()))
    }

    /// How many of some tickets are in a match that was complete in these seconds, and were not told of it.
    pub fn untold_of(&self, seconds: Range<usize>, is_asked: impl Fn(usize) -> bool) -> usize {
        let made = self.book.matches(seconds).into_iter().flatten().flatten();
        made.filter(|seated| seated.told.is_none() && is_asked(seated.number)).count()
    }

    /// The name of the first player of a ticket.
    pub fn player_id(&self, number: usize) -> String {
        self.desk.crowd.players(number).swap_remove(0).id
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
        let arrival = self.desk.arrival(due);
        let (way, turn) = self.way_of(arrival.number);
        way.enqueue(arrival, turn);
    }

    /// Waits until everyone is answered and no more than `left_max` wait for a match, or until no match comes any more; no longer than
    /// `wait_max`.
    pub async fn settle(&self, left_max: usize, wait_max: Duration) {
        let deadline = Instant::now() + wait_max;
        let (mut matched, mut quiet_since) = (0, Instant::now());
        while Instant::now() < deadline {
            let counts = self.book.counts();
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
    async fn open(to: &Addresses, realm: &Realm, desk: &Desk) -> Result<Self> {
        let (network, Realm { orchestrators, playservers }) = (&to.network, realm);
        if to.via == Via::Unary {
            return Ok(Self::Calls(Callers::open(network, orchestrators, playservers, desk.clone())?));
        }
        // One connection to each: what goes at one moment goes in few packets.
        let connections = |addresses: &[String]| {
            addresses.iter().map(|address| network.channel(address)).collect::<Result<Vec<_>, _>>()
        };
        let (queueing, playing) = (connections(orchestrators)?, connections(playservers)?);
        let streams = orchestrators.len() * STREAMS_PER_ORCHESTRATOR;
        let opening = (0..streams).map(|at| {
            let playserver = (at / queueing.len()) % playing.len();
            let open =
                RealmServer::open(queueing[at % queueing.len()].clone(), playing[playserver].clone(), desk.clone());
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

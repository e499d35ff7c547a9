//! One run: a cluster of services and its players, through the faults of its seed, to what can be said of it at the end.

use crate::crowd;
use crate::dice::Dice;
use crate::faults::{self, Fault, Planned};
use crate::ledger::Ledger;
use crate::network::{Door, address, network};
use crate::plant::Plant;
use crate::storage::{self, End, Flow, Link};
use anyhow::{Result, anyhow};
use chassis::{Clock, Entrance, LiveRules, Shutdown};
use domain::{Role, RuleSet};
use parking_lot::Mutex;
use players::{Client, Pool, Retry, Stage, Tally, TicketRecord, play_all};
use sandbox::{Residue, Spec, World, settled};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::try_join;
use turmoil::Sim;

const PLAYERS: &str = "players";
const STORE: &str = "store";
const ROLES: [(Role, &str, usize); 5] = [
    (Role::Playserver, "playserver", 2),
    (Role::Mover, "mover", 2),
    (Role::Matchmaker, "matchmaker", 2),
    (Role::Sweeper, "sweeper", 1),
    (Role::Orchestrator, "orchestrator", 2),
];
/// What the services' clocks read when a run begins, in ms since the Unix epoch.
pub const EPOCH_MS: u64 = 1_700_000_000_000;
const TICK: Duration = Duration::from_millis(2);
/// A run that takes longer is stuck.
const LASTS_MAX: Duration = Duration::from_secs(180);
/// Longest way between two hosts.
const LATENCY_MAX: Duration = Duration::from_millis(10);
/// Segments under way on one connection.
const SEGMENTS_MAX: usize = 4_096;
/// Services are ready within it; then players come.
const READY_WITHIN: Duration = Duration::from_secs(1);

/// Latecomers arrive so long after the last fault: longer than any lease, silent call or drain that it left.
const WELL_AGAIN: Duration = Duration::from_secs(8);

/// What the players say at the end.
pub struct Told {
    pub records: Vec<TicketRecord>,
    /// Enqueues without an answer, of those who came while things went wrong,
    pub refused: u64,
    /// and of those who came when all was well again.
    pub refused_late: u64,
    pub residue: Residue,
}

/// What came of a run.
pub struct Outcome {
    pub told: Told,
    pub faults: usize,
    pub lasted: Duration,
}

type Telling = Arc<Mutex<Option<Told>>>;

/// Runs `seed` to its end. An error is of the simulation, not of what it simulates.
pub fn run(seed: u64, ledger: &Ledger, plant: Option<&Plant>) -> Result<Outcome> {
    let dice = Dice::new(seed);
    let mut cluster = Cluster::build(seed, &dice, ledger, plant)?;
    let services: Vec<String> = cluster.stops.keys().cloned().collect();
    let planned = faults::plan(&dice, &services, PLAYERS);
    let telling = Telling::default();
    cluster.let_in_players(&dice, telling.clone());
    cluster.live_through(&planned)?;
    let told = telling.lock().take();
    let told = told.ok_or_else(|| anyhow!("the players did not come to an end"))?;
    Ok(Outcome { told, faults: planned.len(), lasted: cluster.sim.elapsed() })
}

struct Cluster {
    sim: Sim<'static>,
    links: BTreeMap<String, Link>,
    /// How each service is told to stop; the present one, for it is another after each start.
    stops: BTreeMap<String, Arc<Mutex<Shutdown>>>,
}

impl Cluster {
    fn build(seed: u64, dice: &Dice, ledger: &Ledger, plant: Option<&Plant>) -> Result<Self> {
        let mut builder = turmoil::Builder::new();
        builder.rng_seed(seed).tick_duration(TICK).simulation_duration(LASTS_MAX).enable_random_order();
        builder.min_message_latency(Duration::ZERO).max_message_latency(LATENCY_MAX).tcp_capacity(SEGMENTS_MAX);
        let mut cluster = Self { sim: builder.build(), links: BTreeMap::new(), stops: BTreeMap::new() };
        let rules = crowd::rules(plant.is_none_or(Plant::knows_limits))?;
        let mut ends = Vec::new();
        let mut link = |host: &str| {
            let (link, end) = Link::new(host, dice.clone(), ledger.clone(), plant.cloned());
            ends.push(end);
            link
        };
        for (role, name, count) in ROLES {
            for number in 1..=count {
                let host = format!("{name}-{number}");
                let link = link(&host);
                cluster.host_service(role, &host, link.clone(), rules.clone());
                cluster.links.insert(host, link);
            }
        }
        cluster.links.insert(PLAYERS.to_owned(), link(PLAYERS));
        cluster.host_store(ends);
        Ok(cluster)
    }

    fn host_store(&mut self, ends: Vec<End>) {
        let ends = Arc::new(Mutex::new(ends));
        self.sim.host(STORE, move || {
            let ends = ends.clone();
            async move {
                storage::serve(ends).await;
                Ok(())
            }
        });
    }

    /// A service that starts now, and again whenever its host does.
    fn host_service(&mut self, role: Role, host: &str, link: Link, rules: RuleSet) {
        let stop = Arc::<Mutex<Shutdown>>::default();
        self.stops.insert(host.to_owned(), stop.clone());
        let host: Arc<str> = host.into();
        self.sim.host(&*host.clone(), move || {
            let shutdown = Shutdown::new();
            *stop.lock() = shutdown.clone();
            serve(role, host.clone(), link.clone(), rules.clone(), shutdown)
        });
    }

    fn let_in_players(&mut self, dice: &Dice, telling: Telling) {
        let plan = crowd::plan(dice);
        let arrivals = crowd::arrivals(dice, &plan.queue);
        let latecomers = crowd::latecomers(dice, &plan.queue, faults::UNTIL + WELL_AGAIN - READY_WITHIN);
        let store = self.links[PLAYERS].clone();
        let addresses = |role: Role| -> Vec<String> {
            let (_, name, count) = ROLES[ROLES.iter().position(|(other, ..)| *other == role).unwrap_or_default()];
            (1..=count).map(|number| address(&format!("{name}-{number}"))).collect()
        };
        let (queue, play) = (addresses(Role::Orchestrator), addresses(Role::Playserver));
        self.sim.client(PLAYERS, async move {
            tokio::time::sleep(READY_WITHIN).await;
            let pool = |addresses: &[String]| Pool::try_new(&network(), addresses, 1);
            // Both begin now, so that what they are told at their times can be compared.
            let client = Client::new(pool(&queue)?, pool(&play)?, Retry::PATIENT);
            let stage = Arc::new(Stage::new(client.clone(), plan.clone()));
            let stage_late = Arc::new(Stage::new(client, plan));
            let played = try_join!(play_all(&stage, arrivals), play_all(&stage_late, latecomers))?;
            let told = Told {
                records: [played.0, played.1].concat(),
                refused: Tally::read(&stage.tally.refused),
                refused_late: Tally::read(&stage_late.tally.refused),
                residue: settled(&store).await?,
            };
            *telling.lock() = Some(told);
            Ok(())
        });
    }

    fn live_through(&mut self, planned: &[Planned]) -> Result<()> {
        let mut turns: Vec<(Duration, bool, &Fault)> = planned
            .iter()
            .flat_map(|planned| [(planned.from, true, &planned.fault), (planned.until, false, &planned.fault)])
            .collect();
        turns.sort_by_key(|(at, begins, _)| (*at, *begins));
        let mut turns = turns.into_iter().peekable();
        let mut healed = false;
        loop {
            while let Some((_, begins, fault)) = turns.next_if(|(at, ..)| *at <= self.sim.elapsed()) {
                if begins { self.strike(fault) } else { self.mend(fault) }
            }
            if self.sim.elapsed() > faults::UNTIL {
                if !healed {
                    healed = true;
                    self.heal();
                }
                // Not once only: who was told to stop before may drain until now.
                self.start_all();
            }
            if self.sim.step().map_err(|error| anyhow!("{error}"))? {
                return Ok(());
            }
        }
    }

    fn strike(&mut self, fault: &Fault) {
        match fault {
            Fault::Crash(host) => self.sim.crash(host.as_str()),
            Fault::Vanish(host) => {
                for other in self.others(host) {
                    self.sim.partition(host.as_str(), other.as_str());
                }
                self.sim.crash(host.as_str());
            }
            Fault::Stop(host) => self.stops[host].lock().cancel(),
            Fault::Part(a, b) => self.sim.partition(a.as_str(), b.as_str()),
            Fault::Hold(a, b) => self.sim.hold(a.as_str(), b.as_str()),
            Fault::Store(host, flow) => self.flows(host, *flow),
            Fault::StoreAway(flow) => self.everyones(*flow),
            Fault::Depose => self.links[PLAYERS].depose(),
        }
    }

    fn mend(&mut self, fault: &Fault) {
        match fault {
            Fault::Crash(host) | Fault::Stop(host) => self.start(host),
            Fault::Vanish(host) => {
                for other in self.others(host) {
                    self.sim.repair(host.as_str(), other.as_str());
                }
                self.start(host);
            }
            Fault::Part(a, b) => self.sim.repair(a.as_str(), b.as_str()),
            Fault::Hold(a, b) => self.sim.release(a.as_str(), b.as_str()),
            Fault::Store(host, _) => self.flows(host, Flow::Well),
            Fault::StoreAway(_) => self.everyones(Flow::Well),
            Fault::Depose => {}
        }
    }

    /// Faults may have overlapped, and one's end may have come before another's beginning.
    fn heal(&mut self) {
        let hosts: Vec<String> = self.links.keys().cloned().collect();
        for (at, a) in hosts.iter().enumerate() {
            for b in &hosts[at + 1..] {
                self.sim.release(a.as_str(), b.as_str());
            }
        }
        self.everyones(Flow::Well);
    }

    fn start_all(&mut self) {
        for host in self.stops.keys().cloned().collect::<Vec<_>>() {
            self.start(&host);
        }
    }

    /// Starts a host that does not run.
    fn start(&mut self, host: &str) {
        if !self.sim.is_host_running(host) {
            self.sim.bounce(host);
        }
    }

    fn others(&self, host: &str) -> Vec<String> {
        self.links.keys().filter(|other| *other != host).cloned().collect()
    }

    fn flows(&self, host: &str, flow: Flow) {
        self.links[host].flow.send_replace(flow);
    }

    /// The players' own is for the last look only.
    fn everyones(&self, flow: Flow) {
        for host in self.stops.keys() {
            self.flows(host, flow);
        }
    }
}

async fn serve(role: Role, host: Arc<str>, link: Link, rules: RuleSet, shutdown: Shutdown) -> turmoil::Result {
    let since_start = turmoil::sim_elapsed().unwrap_or_default().as_millis() as u64;
    let world = World {
        realm: "simulated".parse()?,
        store: Arc::new(link),
        rules: LiveRules::new(rules),
        clock: Clock::simulated(EPOCH_MS + since_start),
        network: network(),
        unwatched_max: Some(crowd::UNWATCHED_MAX),
        drainable: false,
    };
    let spec = Spec::new(role, address(&host))?;
    Ok(sandbox::serve(spec, Entrance::open(Door::open().await?), world, shutdown).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_still_drains_when_the_faults_end_is_started_again() -> Result<()> {
        let (dice, ledger) = (Dice::new(1), Ledger::new(crowd::rules(true)?, false));
        let mut cluster = Cluster::build(1, &dice, &ledger, None)?;
        cluster.let_in_players(&dice, Telling::default());
        let services: Vec<String> = cluster.stops.keys().cloned().collect();
        let from = faults::UNTIL - TICK / 2;
        let told_to_stop = |host: &String| Planned { from, until: faults::UNTIL, fault: Fault::Stop(host.clone()) };
        cluster.live_through(&services.iter().map(told_to_stop).collect::<Vec<_>>())?;
        let down: Vec<&String> = services.iter().filter(|host| !cluster.sim.is_host_running(host.as_str())).collect();
        assert!(down.is_empty(), "{down:?}");
        Ok(())
    }
}

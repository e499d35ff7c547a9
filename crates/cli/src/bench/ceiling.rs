//! The script ceiling: what Redis takes for the way of a ticket when nothing but its scripts is run, with the scenario's own parties.

use super::population::Population;
use super::proc::cpu_s;
use super::scenario::Scenario;
use super::usage::{REDIS, while_all_run};
use anyhow::{Context, Result, bail, ensure};
use api::{Message, v1};
use domain::{Cursor, Encoded, InstanceId, MatchId, RealmId, Rules, Ticket, TicketId};
use futures::future::try_join_all;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use store::testing::RedisServer;
use store::{
    CommitOutcome, CommitRequest, Enqueue, EnqueueOutcome, Fence, Leadership, MatchOutcome, RedisStore, Store,
    StoreError, Subject,
};

/// A realm of its own: what a measurement left in another one is not met.
const REALM: &str = "ceiling";
const LEASE: Duration = Duration::from_secs(3_600);
/// Players on their way at once, so that Redis has always something to do and answers in time; and so at least one match.
const PLAYERS_IN_WORK: usize = 128;
/// The first lane trims the outbox after so many matches of its own.
const TRIM_EVERY: u64 = 50;
const NOW_MS: u64 = 1_000_000;
const ADDRESS: &str = "10.0.0.1:7000";
/// Where more matches than this share fail, it is not the scripts that are measured.
const FAILED_SHARE_MAX: f64 = 0.01;
/// Parties kept for another match, at most. Where most are solos there are a handful.
const LEFT_OUT_MAX: usize = 1_024;
/// As long as those that services give.
const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ceiling {
    pub tickets_per_s: f64,
    /// CPU time of Redis for each matched ticket, in µs.
    pub redis_us_per_ticket: f64,
}

/// Runs the scripts of `scenario`'s tickets on this Redis and counts what it takes.
pub async fn measure(redis: &RedisServer, scenario: &Scenario, rules: &Rules, lasts: Duration) -> Result<Ceiling> {
    let pid = redis.pid().context("redis has ended")?;
    let work = async {
        let stand = Stand::open(redis.url(), scenario, rules.clone()).await?;
        drive(Arc::new(stand), pid, lasts).await
    };
    while_all_run(&[(REDIS.to_owned(), pid)], work).await
}

async fn drive(stand: Arc<Stand>, pid: u32, lasts: Duration) -> Result<Ceiling> {
    let redis_s = || cpu_s(pid).context("redis has ended");
    let (began, cpu_before) = (Instant::now(), redis_s()?);
    let lanes = (PLAYERS_IN_WORK / stand.rules.team_sizes().iter().sum::<usize>()).max(1);
    let lanes = (0..lanes).map(|lane| tokio::spawn(stand.clone().matches(lane, began + lasts)));
    let mut all = Done::default();
    for lane in try_join_all(lanes).await? {
        all.add(lane?);
    }
    let Done { matches, failed, why, tickets } = all;
    let is_whole = failed as f64 <= FAILED_SHARE_MAX * (matches + failed) as f64;
    ensure!(is_whole, "{failed} of {} matches failed on redis, the last: {why}", matches + failed);
    let (took_s, cpu_used_s) = (began.elapsed().as_secs_f64(), redis_s()? - cpu_before);
    ensure!(tickets > 0, "redis answers too slowly for even one match");
    let tickets = tickets as f64;
    Ok(Ceiling { tickets_per_s: tickets / took_s, redis_us_per_ticket: cpu_used_s * 1e6 / tickets })
}

/// What every lane works with.
struct Stand {
    store: Box<dyn Store>,
    fence: Fence,
    host: InstanceId,
    holder: InstanceId,
    realm: RealmId,
    rules: Rules,
    population: Population,
    /// Tickets so far.
    drawn: AtomicUsize,
    /// Those who were too many for the last seats of a match: they play another time.
    left_out: Mutex<VecDeque<Vec<v1::Player>>>,
}

/// What became of matches.
#[derive(Default)]
struct Done {
    matches: usize,
    /// Of those that were made.
    tickets: usize,
    failed: usize,
    /// The last failed.
    why: String,
}

impl Done {
    fn add(&mut self, more: Self) {
        self.matches += more.matches;
        self.tickets += more.tickets;
        self.failed += more.failed;
        if !more.why.is_empty() {
            self.why = more.why;
        }
    }
}

impl Stand {
    async fn open(url: &str, scenario: &Scenario, rules: Rules) -> Result<Self> {
        let realm: RealmId = REALM.parse()?;
        let store: Box<dyn Store> = Box::new(RedisStore::connect(url, realm.clone())?);
        let mover: InstanceId = "mover".parse()?;
        let Leadership::Leading { fence, .. } = store.lead(&mover, LEASE, NOW_MS, Cursor::default()).await? else {
            bail!("another leads in a realm of one's own");
        };
        let (host, holder) = ("playserver".parse()?, "orchestrator".parse()?);
        let population = Population::open(scenario.draw, REALM)?;
        let (drawn, left_out) = (AtomicUsize::default(), Mutex::default());
        Ok(Self { store, fence, host, holder, realm, rules, population, drawn, left_out })
    }

    /// Matches of one lane, one after the other, as many as there is time for.
    async fn matches(self: Arc<Self>, lane: usize, until: Instant) -> Result<Done> {
        let (mut number, mut done) = (0, Done::default());
        while Instant::now() < until {
            number += 1;
            match self.one_match(lane == 0 && number % TRIM_EVERY == 0).await {
                Ok(tickets) => done.add(Done { matches: 1, tickets, ..Done::default() }),
                // On a busy machine Redis may be asked in vain, and others come.
                Err(error) if error.is::<StoreError>() => {
                    done.add(Done { failed: 1, why: format!("{error:#}"), ..Done::default() });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    /// How many tickets it had.
    async fn one_match(&self, then_trim: bool) -> Result<usize> {
        let teams = self.teams()?;
        let queued = try_join_all(teams.into_iter().flatten().map(|enqueue| self.queued(enqueue))).await?;
        self.play(&queued).await?;
        if then_trim {
            let seen = self.store.snapshot(&Subject::Ticket(queued[0].id)).await?.ticket.context("it is kept")?;
            self.store.trim(&self.fence, seen.changed).await?;
        }
        Ok(queued.len())
    }

    /// Parties that fill the teams, of those who come next.
    fn teams(&self) -> Result<Vec<Vec<Enqueue>>> {
        self.rules.team_sizes().iter().map(|size| self.team(*size)).collect()
    }

    fn team(&self, size: usize) -> Result<Vec<Enqueue>> {
        let (mut team, mut room) = (Vec::new(), size);
        while room > 0 {
            let players = self.party(room);
            room -= players.len();
            team.push(self.enqueue(players)?);
        }
        Ok(team)
    }

    /// The next one that fits: of those who were left out, or else who comes.
    fn party(&self, room: usize) -> Vec<v1::Player> {
        let mut left_out = self.left_out.lock();
        let fitting = left_out.iter().position(|players| players.len() <= room);
        if let Some(players) = fitting.and_then(|at| left_out.remove(at)) {
            return players;
        }
        loop {
            let players = self.population.players(self.drawn.fetch_add(1, Ordering::Relaxed));
            if players.len() <= room {
                return players;
            }
            if left_out.len() < LEFT_OUT_MAX {
                left_out.push_back(players);
            }
        }
    }

    fn enqueue(&self, players: Vec<v1::Player>) -> Result<Enqueue> {
        let party = api::party_from_wire(players)?;
        Ok(Enqueue {
            id: TicketId::derive(&self.realm, "", party.player_ids()),
            players: party.player_ids().cloned().collect(),
            places: vec![self.rules.place(&party)],
            party: api::encode_party(&party),
            queued_ms: NOW_MS,
            expires_ms: NOW_MS + self.rules.longest_wait_ms(),
            holder: self.holder.clone(),
            trace: TRACE.to_owned(),
        })
    }

    async fn queued(&self, enqueue: Enqueue) -> Result<Ticket> {
        let EnqueueOutcome::Queued(ticket) = self.store.enqueue(enqueue).await? else { bail!("a ticket is not new") };
        self.store.watch(&Subject::Ticket(ticket.id), &self.host).await?;
        Ok(ticket)
    }

    async fn play(&self, tickets: &[Ticket]) -> Result<()> {
        let request = self.deal(tickets);
        let id = request.match_id;
        match self.store.commit(&self.fence, request).await? {
            CommitOutcome::Committed { .. } => {}
            outcome => bail!("a match was not made: {outcome:?}"),
        }
        is_done(self.store.assign(id, &self.host, ADDRESS, NOW_MS, NOW_MS + self.rules.longest_match_ms()).await?)?;
        is_done(self.store.end(id, "", NOW_MS).await?)
    }

    fn deal(&self, tickets: &[Ticket]) -> CommitRequest {
        CommitRequest {
            match_id: MatchId::derive(self.rules.version(), tickets.iter().map(|ticket| (ticket.id, ticket.version))),
            queue: self.rules.queue().clone(),
            tickets: tickets.iter().map(Into::into).collect(),
            sheet: self.sheet(tickets),
            host: self.host.clone(),
            now_ms: NOW_MS,
            due_ms: NOW_MS + self.rules.longest_match_ms(),
        }
    }

    /// As many bytes as one that a match has.
    fn sheet(&self, tickets: &[Ticket]) -> Encoded {
        let seat = |ticket: &Ticket, player: &domain::PlayerId| v1::Seat {
            player_id: player.to_string(),
            ticket_id: ticket.id.to_string(),
            rating: 1_500.0,
            wait_ms: 5,
            ..Default::default()
        };
        let seats = tickets.iter().flat_map(|ticket| ticket.players.iter().map(|player| seat(ticket, player)));
        let sheet = v1::Sheet {
            queue: self.rules.queue().to_string(),
            rules_version: self.rules.version().to_string(),
            teams: vec![v1::Team { seats: seats.collect() }],
            cost_s: 0.5,
            longest_match_ms: self.rules.longest_match_ms(),
            ..Default::default()
        };
        Encoded(sheet.encode_to_vec().into())
    }
}

fn is_done(outcome: MatchOutcome) -> Result<()> {
    match outcome {
        MatchOutcome::Done(_) => Ok(()),
        outcome => bail!("a match did not go on: {outcome:?}"),
    }
}

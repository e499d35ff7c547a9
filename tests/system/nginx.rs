//! nginx, as it ships, in front of two orchestrators and two playservers: players come through it alone.

mod locked;
mod proxy;

use crate::dev::own_host;
use crate::malformed::{is_cut_off, junk};
use crate::processes::Processes;
use anyhow::{Context, Result, ensure};
use api::v1::inspect_client::InspectClient;
use api::v1::queue_client::QueueClient;
use api::v1::{EnqueueRequest, GetTicketRequest, InspectRequest, Player, Stage};
use chassis::Network;
use domain::Role;
use futures::future::{join, try_join_all};
use players::{Arrival, Client, Person, Plan, Pool, Retry, TicketRecord, audit, code_name, is_passing, play_all};
use proxy::{Clients, Nginx};
use sandbox::{Actor, Counts, Residue, settled, wait_until};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tonic::Code;

const TWO_OF_MOST: Counts = Counts { orchestrators: 2, sweepers: 1, matchmakers: 2, movers: 2, playservers: 2 };
/// Connections that the players of a load come over: fewer than there are players, as behind a realm server.
const CONNECTIONS: usize = 4;
/// A ticket after the other within so many milliseconds.
const ARRIVE_EVERY_MS: u64 = 50;
/// More than come before a story is over.
const ARRIVALS_MAX: u64 = 5_000;
/// More than nginx answers on one connection (`keepalive_requests`): of fewer, when they come in small pieces, it may see no flood.
const RESETS: u32 = 110_000;
/// A resume asks again after a tenth of a second; this is what a busy machine may make of it.
const RESUMED_WITHIN: Duration = Duration::from_secs(5);

/// A system behind nginx.
struct Front {
    // First, so that it has nothing to complain about when the others end.
    nginx: Nginx,
    processes: Processes,
}

impl Front {
    async fn open() -> Result<Self> {
        let processes = Processes::start_settled(TWO_OF_MOST).await?;
        let nginx = Nginx::start(&front(&processes, Clients::Plain, &[]), own_host()).await?;
        Ok(Self { nginx, processes })
    }

    fn player(&self, id: &str, rating: f64) -> Result<Actor> {
        Actor::new(id, rating, &self.nginx.url(), &self.nginx.url())
    }

    /// How many tickets that came through nginx one of them holds, as it says itself: waiting at an orchestrator, watched at a
    /// playserver.
    async fn holds(&self, role: Role, index: usize) -> Result<usize> {
        let address = self.processes.of(role, index)?.address.clone();
        let inspections = InspectClient::connect(address).await?.inspect(InspectRequest::default()).await?;
        let first = inspections.into_inner().message().await?.context("a snapshot")?;
        Ok(first.held.iter().filter(|hold| matches!(hold.stage(), Stage::Waiting | Stage::Watched)).count())
    }

    /// Waits until nginx has found the one that was started last: it leaves out for two seconds whom it called twice in vain.
    async fn is_found(&self, role: Role) -> Result<()> {
        if !matches!(role, Role::Orchestrator | Role::Playserver) {
            return Ok(());
        }
        let last = self.processes.addresses(role).len() - 1;
        wait_until(&format!("the new {} to be found", role.as_str()), || async {
            let holds = self.holds(role, last).await.map_err(|error| error.to_string())?;
            (holds > 0).then_some(()).ok_or_else(|| "it holds nothing".to_owned())
        })
        .await
    }
}

/// All that clients reach of these processes.
fn front<'a>(processes: &'a Processes, clients: Clients<'a>, instead: &'a [(&str, &str)]) -> proxy::Front<'a> {
    let (orchestrators, playservers) = (processes.addresses(Role::Orchestrator), processes.addresses(Role::Playserver));
    proxy::Front { orchestrators, playservers, clients, instead }
}

/// Players who queue one after the other, watch, play for two seconds and leave.
fn stage(front: &Front) -> Result<Arc<players::Stage>> {
    let pool = || Pool::try_new(&Network::tcp(), &[front.nginx.url()], CONNECTIONS);
    let plan = Plan {
        queue: "duel".to_owned(),
        realm: String::new(),
        speed: 1.0,
        game: Duration::from_secs(2),
        ack_delay: Some(Duration::ZERO),
        cancel_share: 0.05,
        cancel_after: Duration::from_millis(300),
        vanish_share: 0.0,
        vanish_after: Duration::ZERO,
        drain: Duration::from_secs(60),
        players_max: 10_000,
    };
    Ok(Arc::new(players::Stage::new(Client::new(pool()?, pool()?, Retry::PATIENT), plan)))
}

/// They come until `meanwhile` is over. Nobody loses anything, and whose Watch breaks has it back soon. Tells how many broke, and how
/// long the longest was.
async fn play(stage: &Arc<players::Stage>, meanwhile: impl Future<Output = Result<()>>) -> Result<u32> {
    let arrival = |number: u64| Arrival {
        queue_ms: number * ARRIVE_EVERY_MS,
        players: vec![Person { id: format!("player-{number}").into(), rating: 1500.0, rtt_ms: None }],
    };
    let meanwhile = async {
        let done = meanwhile.await;
        stage.give_up.cancel();
        done
    };
    let (records, done) = join(play_all(stage, (0..ARRIVALS_MAX).map(arrival).collect()), meanwhile).await;
    done?;
    let refusals = stage.tally.refusals();
    ensure!(refusals.is_empty(), "{refusals:?}");
    is_well(&records?)
}

fn is_well(records: &[TicketRecord]) -> Result<u32> {
    let faults = audit(records);
    ensure!(faults.is_empty(), "{faults:#?}");
    let members: Vec<_> = records.iter().flat_map(|record| &record.members).collect();
    for member in &members {
        ensure!(member.lost.is_none() && member.outcome().is_some(), "{member:?}");
    }
    let broken = members.iter().map(|member| member.broken).sum();
    let longest = members.iter().flat_map(|member| &member.mended).max().copied().unwrap_or_default();
    eprintln!("of {} Watches {broken} broke, the longest for {longest:?}", members.len());
    ensure!(longest < RESUMED_WITHIN, "one was broken for {longest:?}");
    Ok(broken)
}

/// So many more have queued.
async fn queue_more(stage: &players::Stage, many: u64) -> Result<()> {
    let before = stage.tally.queued.load(Ordering::Relaxed);
    wait_until(&format!("{many} more to queue"), || async {
        let queued = stage.tally.queued.load(Ordering::Relaxed) - before;
        (queued >= many).then_some(()).ok_or_else(|| format!("{queued} have"))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_on_one_connection_go_to_both_orchestrators() -> Result<()> {
    const PLAYERS: usize = 20;
    let front = Front::open().await?;
    let ann = front.player("ann", 0.0)?;
    for number in 1..=PLAYERS {
        // Too far from one another to meet.
        let request = EnqueueRequest {
            queues: vec!["duel".to_owned()],
            players: vec![Player { id: format!("p{number}"), rating: 4_000.0 * number as f64, ..Default::default() }],
            ..Default::default()
        };
        ann.queue.clone().enqueue(request).await?;
    }
    let held = [front.holds(Role::Orchestrator, 0).await?, front.holds(Role::Orchestrator, 1).await?];
    ensure!(held[0] + held[1] == PLAYERS && held.iter().all(|held| *held > PLAYERS / 4), "{held:?}");
    Ok(())
}

/// Calls that failed, by how.
type Failures = BTreeMap<&'static str, usize>;

/// Queues these players, each again until it is answered.
async fn queues_all(
    queue: QueueClient<chassis::Channel>,
    numbers: impl Iterator<Item = usize>,
    answered: &AtomicUsize,
) -> Result<(Vec<String>, Failures)> {
    let (mut tickets, mut failures) = (Vec::new(), Failures::new());
    for number in numbers {
        let request = EnqueueRequest {
            client_key: format!("key-{number}"),
            queues: vec!["duel".to_owned()],
            players: vec![Player { id: format!("player-{number}"), rating: 1500.0, ..Default::default() }],
            ..Default::default()
        };
        let ticket = loop {
            match queue.clone().enqueue(request.clone()).await {
                Ok(answer) => break answer.into_inner().ticket.context("a ticket")?,
                Err(status) if is_passing(status.code()) => *failures.entry(code_name(status.code())).or_default() += 1,
                Err(status) => return Err(status.into()),
            }
        };
        tickets.push(ticket.id);
        answered.fetch_add(1, Ordering::Relaxed);
    }
    Ok((tickets, failures))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_orchestrator_that_is_killed_under_load_loses_nothing() -> Result<()> {
    const CALLERS: usize = 8;
    const PLAYERS: usize = 400;
    let mut front = Front::open().await?;
    let queue = QueueClient::new(chassis::channel(&front.nginx.url())?);
    let answered = AtomicUsize::new(0);
    let calls = (0..CALLERS).map(|caller| queues_all(queue.clone(), (caller..PLAYERS).step_by(CALLERS), &answered));
    let killed = async {
        wait_until("a third to be queued", || async {
            let many = answered.load(Ordering::Relaxed);
            (many > PLAYERS / 3).then_some(()).ok_or_else(|| format!("{many} are"))
        })
        .await?;
        front.processes.take(Role::Orchestrator, 0)?.dies().await
    };
    let (queued, killed) = join(try_join_all(calls), killed).await;
    killed?;
    let queued = queued?;
    let failures: Vec<_> =
        queued.iter().map(|(_, failures)| failures).filter(|failures| !failures.is_empty()).collect();
    eprintln!("orchestrator killed: {failures:?}");

    let ann = front.player("ann", 0.0)?;
    for ticket in queued.iter().flat_map(|(tickets, _)| tickets) {
        wait_until(&format!("{ticket} to be matched"), || async {
            let stands = ann.ticket(ticket).await.map_err(|error| error.to_string())?;
            stands.r#match.map(drop).ok_or_else(|| format!("{:?}", stands.ticket))
        })
        .await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn watches_of_a_killed_playserver_go_on_at_the_other_and_miss_nothing() -> Result<()> {
    let mut front = Front::open().await?;
    let stage = stage(&front)?;
    let broken = play(&stage, async {
        queue_more(&stage, 60).await?;
        front.processes.take(Role::Playserver, 0)?.dies().await?;
        queue_more(&stage, 60).await
    });
    ensure!(broken.await? > 0, "nobody watched there");
    ensure!(settled(front.processes.store()).await? == Residue::default());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_process_is_replaced_under_load_and_nothing_is_lost() -> Result<()> {
    let mut front = Front::open().await?;
    let stage = stage(&front)?;
    let broken = play(&stage, async {
        queue_more(&stage, 20).await?;
        for role in TWO_OF_MOST.roles() {
            // The first of those that are left from the start; the new one stands last.
            front.processes.is_replaced(role, 0).await?;
            front.is_found(role).await?;
        }
        Ok(())
    });
    ensure!(broken.await? > 0, "nobody watched anywhere");
    ensure!(settled(front.processes.store()).await? == Residue::default());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_speaks_no_http_2_is_cut_off_and_players_come_through() -> Result<()> {
    let front = Front::open().await?;
    let mut ann = front.player("ann", 1500.0)?.enqueues("duel").await?;
    for (what, sent) in junk(RESETS) {
        is_cut_off(&front.nginx.address, &sent).await.with_context(|| what.to_owned())?;
    }
    let mut bob = front.player("bob", 1500.0)?.enqueues("duel").await?;
    ann.is_matched_with(&mut bob).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_calls_from_one_address_are_told_so_as_grpc_says_it() -> Result<()> {
    let processes = Processes::start_settled(Counts::ONE_EACH).await?;
    let few = [("rate=2000r/s", "rate=1r/s"), ("burst=4000", "burst=2")];
    let nginx = Nginx::start(&front(&processes, Clients::Plain, &few), own_host()).await?;
    let queue = QueueClient::new(chassis::channel(&nginx.url())?);
    let refused = wait_until("too many calls", || {
        let mut queue = queue.clone();
        async move {
            let asked = queue.get_ticket(GetTicketRequest { player_id: "ann".to_owned(), ..Default::default() }).await;
            asked.err().filter(|status| status.code() != Code::NotFound).ok_or_else(|| "they are answered".to_owned())
        }
    })
    .await?;
    ensure!(refused.code() == Code::ResourceExhausted && refused.message().contains("too many calls"), "{refused}");
    let long = EnqueueRequest { client_key: "x".repeat(3 << 20), ..Default::default() };
    let refused = wait_until("a message that is too large to be told so", || {
        let (mut queue, long) = (queue.clone(), long.clone());
        async move {
            let asked = queue.enqueue(long).await.err().ok_or("it is taken")?;
            Some(asked).filter(|status| status.code() != Code::ResourceExhausted).ok_or_else(|| "not yet".to_owned())
        }
    })
    .await?;
    ensure!(refused.code() == Code::OutOfRange, "{refused}");
    Ok(())
}

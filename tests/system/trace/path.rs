//! The whole way of two parties into one match, past a party that leaves and a leader that dies, as their two traces tell it.

use super::receiver::Receiver;
use super::tree::{Span, Tree};
use super::{ALL, everyone_has_met};
use crate::processes::Processes;
use anyhow::{Context, Result, ensure};
use api::v1::TicketState;
use domain::Role;
use sandbox::{Actor, Counts, Queued, wait_until};

const TWO_MOVERS: Counts = Counts { movers: 2, ..Counts::ONE_EACH };
const QUEUE: &str = "teams-2v2";

const ENQUEUE: &str = "orchestrator: muster.v1.Queue/Enqueue (server)";
const TICKET: &str = "orchestrator: muster.enqueue (internal)";
const ATTEMPT: &str = "orchestrator: muster.attempt (internal)";
const SEARCH: &str = "orchestrator: muster.v1.Matchmaker/Search call (client)";
const SEARCHING: &str = "matchmaker: muster.v1.Matchmaker/Search call (server)";
const PROPOSE: &str = "matchmaker: muster.propose (internal)";
const PROPOSAL: &str = "matchmaker: muster.v1.Mover/Propose call (client)";
const JUDGING: &str = "mover: muster.v1.Mover/Propose call (server)";
const COMMIT: &str = "mover: muster.commit (internal)";
const DELIVER: &str = "mover: muster.deliver (internal)";
const PARCEL: &str = "mover: muster.v1.Playserver/Deliver call (client)";
const TAKING: &str = "playserver: muster.v1.Playserver/Deliver call (server)";
const TELL: &str = "playserver: muster.tell (internal)";
const START: &str = "playserver: muster.start (internal)";
const ACKNOWLEDGE: &str = "playserver: muster.acknowledge (internal)";

/// Every span that a ticket's trace may hold here, under that which it may be a child of.
const TREE: [(&str, &str); 23] = [
    ("", ENQUEUE),
    (ENQUEUE, TICKET),
    (TICKET, "orchestrator: EVALSHA recent (client)"),
    (TICKET, "orchestrator: EVALSHA enqueue (client)"),
    (TICKET, ATTEMPT),
    (ATTEMPT, "orchestrator: PIPELINE range (client)"),
    (ATTEMPT, "orchestrator: LRANGE arrivals (client)"),
    (ATTEMPT, SEARCH),
    (SEARCH, SEARCHING),
    (SEARCHING, PROPOSE),
    (ATTEMPT, PROPOSE),
    (PROPOSE, PROPOSAL),
    (PROPOSAL, JUDGING),
    (JUDGING, COMMIT),
    (TICKET, COMMIT),
    (COMMIT, "mover: EVALSHA commit (client)"),
    (TICKET, DELIVER),
    (DELIVER, PARCEL),
    (PARCEL, TAKING),
    (TAKING, START),
    (START, "playserver: EVALSHA assign (client)"),
    (DELIVER, TELL),
    (TICKET, ACKNOWLEDGE),
];

/// Waits until the orchestrator has read the range around so many arrivals.
async fn has_read_ranges(processes: &Processes, arrivals: u32) -> Result<()> {
    let line = format!("muster_range_tickets_count{{queue=\"{QUEUE}\",kind=\"anchored\"}} {arrivals}");
    wait_until("the range around an arrival to be read", || async {
        let told = processes.metrics(Role::Orchestrator).await.map_err(|error| error.to_string())?;
        told.lines().any(|told| told == line).then_some(()).ok_or(format!("no {line} in\n{told}"))
    })
    .await
}

/// The party is found together with one that has left in between: the matchmaker is held up while it searches.
async fn meets_one_that_leaves(processes: &Processes, party: &Actor, leaver: &Actor) -> Result<(Queued, String)> {
    let mut leaving = leaver.enqueues(QUEUE).await?;
    has_read_ranges(processes, 1).await?;
    let matchmaker = processes.of(Role::Matchmaker, 0)?;
    matchmaker.halts()?;
    let queued = party.enqueues(QUEUE).await?;
    has_read_ranges(processes, 2).await?;
    leaving.cancels().await?;
    matchmaker.goes_on()?;
    Ok((queued, leaving.ticket.id))
}

/// What the two traces lack; they are complete once nothing is.
fn incomplete(trees: [&Tree; 2], left: &str) -> Option<String> {
    let [first, second] = trees;
    let each = trees
        .into_iter()
        .find_map(|tree| tree.is_broken().or_else(|| tree.strays(&TREE)).or_else(|| lacks_of_any(tree)));
    each.or_else(|| lacks_of_conflict(first, left)).or_else(|| lacks_of_failover(first, second))
}

fn lacks_of_any(tree: &Tree) -> Option<String> {
    let acknowledged: Vec<_> = tree.named("muster.acknowledge").collect();
    if acknowledged.len() != 2 {
        return Some(format!("{} acknowledgements of two players", acknowledged.len()));
    }
    let told = |name: &str, change: &str| tree.named(name).any(|span| span.attribute("muster.change") == Some(change));
    let changes = ["MATCHED", "ASSIGNED", "ENDED"].into_iter();
    let untold = changes.flat_map(|change| [("muster.deliver", change), ("muster.tell", change)]);
    let mut untold = untold.filter(|(name, change)| !told(name, change));
    if let Some((name, change)) = untold.next() {
        return Some(format!("no {name} of {change}"));
    }
    let is_whole = |span: &&Span| {
        ["muster.range", "muster.width", "muster.outcome"].map(|key| span.attribute(key)).iter().all(Option::is_some)
    };
    tree.named("muster.attempt").find(|span| !is_whole(span)).map(|span| format!("an attempt tells only {span:?}"))
}

/// The first's trace tells who stood in the way, and that it was looked for again.
fn lacks_of_conflict(tree: &Tree, left: &str) -> Option<String> {
    let conflict = |span: &&Span| {
        span.attribute("muster.verdict") == Some("conflict") && span.attribute("muster.conflict") == Some(left)
    };
    let Some(proposed) = tree.named("muster.propose").find(conflict) else {
        return Some("no proposal that met a conflict".to_owned());
    };
    let of_match = |span: &&Span| span.attribute("muster.match_id") == proposed.attribute("muster.match_id");
    let Some(commit) = tree.named("muster.commit").find(of_match) else {
        return Some("no commit of it".to_owned());
    };
    if commit.attribute("muster.outcome") != Some("conflict") {
        return Some(format!("its commit tells {commit:?}"));
    }
    let unsettled = tree.named("muster.attempt").find(|span| span.attribute("muster.outcome") == Some("unsettled"));
    let again = unsettled.is_some_and(|one| tree.named("muster.attempt").any(|other| other.begun_ns > one.ended_ns));
    (!again).then(|| "no further attempt after the conflict".to_owned())
}

/// Both commits stand, made by another mover than the one that met the conflict, and are linked; whoever proposed it tried again.
fn lacks_of_failover(first: &Tree, second: &Tree) -> Option<String> {
    let (Some(one), Some(other)) = (first.commit(), second.commit()) else {
        return Some("no commit that stands in each".to_owned());
    };
    let is_linked = |span: &Span, to: &Tree| span.links.iter().any(|link| link.trace == to.spans[0].trace);
    if one.attribute("muster.match_id") != other.attribute("muster.match_id")
        || !is_linked(one, second)
        || !is_linked(other, first)
    {
        return Some(format!("{one:?} and {other:?} are not linked"));
    }
    let before = first.named("muster.commit").find(|span| span.attribute("muster.outcome") == Some("conflict"));
    if before.is_some_and(|before| before.instance == one.instance) {
        return Some(format!("{} made both commits", one.instance));
    }
    let stands = |span: &&Span| span.attribute("muster.match_id") == one.attribute("muster.match_id");
    let tries = [first, second].into_iter().flat_map(|tree| tree.named("muster.propose")).filter(stands);
    let tried = tries.filter_map(|span| span.attribute("muster.tries")?.parse::<u32>().ok()).max();
    tried.is_none_or(|tries| tries < 2).then(|| format!("it took {tried:?} tries while nobody led"))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_traces_tell_a_match_of_two_parties_through_a_conflict_and_a_change_of_leader() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut processes = Processes::start_observed(TWO_MOVERS, Some(&receiver.endpoint), ALL).await?;
    everyone_has_met(&processes).await?;
    let (red, gone) = (processes.player("ann", 1500.0)?.with("amy", 1500.0), processes.player("dan", 1500.0)?);
    let (mut red, left) = meets_one_that_leaves(&processes, &red, &gone.with("dee", 1500.0)).await?;
    let reds = red.ticket.trace_id.clone();
    receiver.holds(&reds, |tree| lacks_of_conflict(tree, &left)).await?;

    processes.take_leader().await?.dies().await?;
    let blue = processes.player("bob", 1500.0)?.with("bea", 1500.0);
    let mut blue = blue.enqueues(QUEUE).await?;
    let matched = red.is_matched_with(&mut blue).await?;
    red.ends(&matched).await?;
    red.reaches(TicketState::Ended).await?;
    blue.reaches(TicketState::Ended).await?;

    let blues = blue.ticket.trace_id.clone();
    wait_until("both traces", || async {
        let (red, blue) = (receiver.tree(&reds), receiver.tree(&blues));
        incomplete([&red, &blue], &left).map_or(Ok(()), |lack| Err(format!("{lack}\n{red}\n{blue}")))
    })
    .await?;
    let (red, blue) = (receiver.tree(&reds), receiver.tree(&blues));
    eprintln!("{red}\n{blue}");
    let stands = red.commit().context("a commit that stands")?;
    ensure!(stands.attribute("muster.match_id") == Some(&matched.id), "another match than {matched:?}\n{red}");
    Ok(())
}

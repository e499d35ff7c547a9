//! A ticket's trace, as a real OTLP receiver gets it from real processes.

mod path;
pub mod receiver;
mod tree;

use crate::processes::Processes;
use anyhow::{Context, Result, ensure};
use api::v1::{self, Change, TicketState};
use domain::Role;
use receiver::Receiver;
use sandbox::{Counts, Queued, wait_until};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use tree::{Span, Tree};

/// The sampler that keeps every trace, and the one that keeps none.
pub const ALL: &str = "parentbased_always_on";
pub const NONE: &str = "parentbased_always_off";

/// What every hop leaves in the trace of the ticket whose search made the match: service, kind and name.
const WHOLE_WAY: [(&str, &str, &str); 15] = [
    ("muster-orchestrator", "server", "muster.v1.Queue/Enqueue"),
    ("muster-orchestrator", "internal", "muster.attempt"),
    ("muster-orchestrator", "client", "muster.v1.Matchmaker/Search call"),
    ("muster-matchmaker", "server", "muster.v1.Matchmaker/Search call"),
    ("muster-matchmaker", "internal", "muster.propose"),
    ("muster-matchmaker", "client", "muster.v1.Mover/Propose call"),
    ("muster-mover", "server", "muster.v1.Mover/Propose call"),
    ("muster-mover", "internal", "muster.commit"),
    ("muster-mover", "client", "EVALSHA commit"),
    ("muster-mover", "internal", "muster.deliver"),
    ("muster-mover", "client", "muster.v1.Playserver/Deliver call"),
    ("muster-playserver", "server", "muster.v1.Playserver/Deliver call"),
    ("muster-playserver", "internal", "muster.tell"),
    ("muster-playserver", "internal", "muster.start"),
    ("muster-playserver", "client", "EVALSHA assign"),
];

/// What any matched ticket's trace shows.
const EVERY_TICKET: [(&str, &str, &str); 8] = [
    ("muster-orchestrator", "server", "muster.v1.Queue/Enqueue"),
    ("muster-orchestrator", "internal", "muster.enqueue"),
    ("muster-orchestrator", "client", "EVALSHA enqueue"),
    ("muster-orchestrator", "internal", "muster.attempt"),
    ("muster-mover", "internal", "muster.commit"),
    ("muster-mover", "internal", "muster.deliver"),
    ("muster-playserver", "internal", "muster.tell"),
    ("muster-playserver", "internal", "muster.acknowledge"),
];

/// What a player in a match is told, and so what his trace shows to have been delivered to him.
const TOLD: [Change; 3] = [Change::Matched, Change::Assigned, Change::Ended];

pub async fn play_until_ended(ann: &mut Queued, ben: &mut Queued) -> Result<()> {
    let matched = ann.is_matched_with(ben).await?;
    ann.ends(&matched).await?;
    ann.reaches(TicketState::Ended).await?;
    ben.reaches(TicketState::Ended).await?;
    Ok(())
}

/// Once a first match is played: then the next one goes the straight way.
async fn everyone_has_met(processes: &Processes) -> Result<()> {
    let mut first = processes.player("first", 1500.0)?.enqueues("duel").await?;
    let mut second = processes.player("second", 1500.0)?.enqueues("duel").await?;
    play_until_ended(&mut first, &mut second).await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_holds_every_hop_of_a_ticket() -> Result<()> {
    let receiver = Receiver::start().await?;
    let processes = Processes::start_observed(Counts::ONE_EACH, Some(&receiver.endpoint), ALL).await?;
    everyone_has_met(&processes).await?;

    let mut ann = processes.player("ann", 1500.0)?.enqueues("duel").await?;
    let anns = ann.ticket.trace_id.clone();
    receiver
        .holds(&anns, |tree| tree.lacks(&[("muster-orchestrator", "internal", "muster.attempt")]))
        .await
        .context("her first look, alone")?;
    let mut ben = processes.player("ben", 1510.0)?.enqueues("duel").await?;
    let bens = ben.ticket.trace_id.clone();
    play_until_ended(&mut ann, &mut ben).await?;

    for trace in [&anns, &bens] {
        receiver.holds(trace, |tree| tree.lacks(&EVERY_TICKET)).await?;
        receiver.holds(trace, |tree| tree.is_broken()).await?;
        receiver.holds(trace, untold).await?;
    }
    let (whole, other) = whole_and_other(&receiver, &anns, &bens).await?;
    eprintln!("{whole}\n{other}");

    let services: BTreeSet<&str> = whole.spans.iter().map(|span| span.service.as_str()).collect();
    let expected = ["muster-matchmaker", "muster-mover", "muster-orchestrator", "muster-playserver"];
    ensure!(services == expected.into(), "{services:?} took part in\n{whole}");
    let (commit, its) =
        (whole.commit().context("a commit that stands")?, other.commit().context("the other's commit")?);
    let is_linked = |span: &Span, to: &Tree| span.links.iter().any(|link| link.trace == to.spans[0].trace);
    ensure!(is_linked(commit, &other) && is_linked(its, &whole), "the commits are not linked\n{whole}\n{other}");
    let deliveries = other.spans.iter().filter(|span| span.name == "muster.deliver");
    ensure!(
        deliveries.into_iter().any(|span| is_linked(span, &whole)),
        "the deliveries are not linked to the call that made them\n{other}"
    );
    ensure!(its.attribute("muster.match_id") == commit.attribute("muster.match_id"), "another match\n{whole}\n{other}");
    Ok(())
}

/// The trace that holds the whole way, and the other. Either ticket's search may have made the match: his own at once, or hers in a
/// window at the same moment.
async fn whole_and_other(receiver: &Receiver, anns: &str, bens: &str) -> Result<(Tree, Tree)> {
    wait_until("one trace that holds every hop", || async {
        let (ann, ben) = (receiver.tree(anns), receiver.tree(bens));
        match (ben.lacks(&WHOLE_WAY), ann.lacks(&WHOLE_WAY)) {
            (None, _) => Ok((ben, ann)),
            (_, None) => Ok((ann, ben)),
            (Some(bens), Some(anns)) => Err(format!("{bens} in\n{ben}\n{anns} in\n{ann}")),
        }
    })
    .await
}

/// What its player was told that the trace does not show, at the mover or at the playserver.
fn untold(tree: &Tree) -> Option<String> {
    let shows = |name: &str, change: &str| {
        let is_it = |span: &&Span| span.name == name && span.attribute("muster.change") == Some(change);
        tree.spans.iter().any(|span| is_it(&span))
    };
    let told = TOLD.map(|change| change.as_str_name().trim_start_matches("CHANGE_").to_owned());
    let missing = |change: &&String| !shows("muster.deliver", change) || !shows("muster.tell", change);
    told.iter().find(missing).map(|change| format!("no delivery of {change}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_endpoint_nothing_is_traced_and_nothing_said_of_it() -> Result<()> {
    let processes = Processes::start_observed(Counts::ONE_EACH, None, ALL).await?;
    let mut ann = processes.player("ann", 1500.0)?.enqueues("duel").await?;
    let mut ben = processes.player("ben", 1510.0)?.enqueues("duel").await?;
    play_until_ended(&mut ann, &mut ben).await?;
    ensure!(ann.ticket.trace_id.is_empty(), "a trace that nobody gets: {:?}", ann.ticket);
    drop((ann, ben));
    let log = processes.stop().await?;
    ensure!(log.contains("serving"), "the log is read: {log}");
    let of_traces = |line: &&str| ["trace", "OTEL", "opentelemetry", "export"].iter().any(|word| line.contains(word));
    ensure!(!log.lines().any(|line| of_traces(&line)), "{log}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_trace_is_kept_those_that_ask_for_it_are_and_what_fails_in_any() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut processes = Processes::start_observed(Counts::ONE_EACH, Some(&receiver.endpoint), NONE).await?;
    everyone_has_met(&processes).await?;
    let ann = processes.player("ann", 1500.0)?;
    let asks = v1::EnqueueRequest { traced: true, ..ann.request("duel") };
    let ticket = ann.queue.clone().enqueue(asks).await?.into_inner().ticket.context("a ticket")?;
    ensure!(ticket.is_traced, "{ticket:?}");
    let mut ann = ann.watches(ticket).await?;
    let mut ben = processes.player("ben", 1510.0)?.enqueues("duel").await?;
    ensure!(!ben.ticket.is_traced && !ben.ticket.trace_id.is_empty(), "{:?}", ben.ticket);
    play_until_ended(&mut ann, &mut ben).await?;
    receiver.holds(&ann.ticket.trace_id, |tree| tree.lacks(&EVERY_TICKET[1..])).await?;
    receiver.holds(&ann.ticket.trace_id, untold).await?;

    processes.take(Role::Matchmaker, 0)?.dies().await?;
    let cat = processes.player("cat", 1500.0)?.enqueues("duel").await?;
    let failed = [("muster-orchestrator", "internal", "muster.failure")];
    receiver.holds(&cat.ticket.trace_id, |tree| tree.lacks(&failed)).await?;
    let kept = receiver.tree(&cat.ticket.trace_id);
    ensure!(kept.spans.iter().all(|span| span.name == "muster.failure"), "more than what failed is kept\n{kept}");
    ensure!(kept.spans[0].attribute("muster.ticket_id") == Some(&cat.ticket.id), "of somebody else\n{kept}");
    ensure!(receiver.tree(&ben.ticket.trace_id).spans.is_empty(), "nothing of his failed, and he did not ask");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_down_neither_fails_nor_slows_a_ticket() -> Result<()> {
    // Nothing listens on port 1.
    let processes = Processes::start_observed(Counts::ONE_EACH, Some("http://127.0.0.1:1"), ALL).await?;
    let ann = processes.player("ann", 1500.0)?;
    let begun = Instant::now();
    let mut ann = ann.enqueues("duel").await?;
    // One try of the exporter may take 2.5 s; far less shows that nobody waited for it.
    ensure!(begun.elapsed() < Duration::from_secs(2), "an Enqueue took {:?}", begun.elapsed());
    let mut ben = processes.player("ben", 1510.0)?.enqueues("duel").await?;
    play_until_ended(&mut ann, &mut ben).await
}

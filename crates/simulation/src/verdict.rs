//! One seed, and what is to be said of it.

use crate::crowd;
use crate::ledger::Ledger;
use crate::plant::{Fault, Plant};
use crate::run::{Told, run};
use crate::wire::Wire;
use anyhow::{Context, Result};
use mad_turmoil::time::SimClocksGuard;
use parking_lot::Mutex;
use players::{Lost, TicketRecord, audit};
use rand::SeedableRng;
use rand::rngs::StdRng;
use sandbox::Residue;
use std::panic;
use std::sync::Arc;
use std::thread;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

/// Runs one seed and prints what came of it: true when nothing was broken. Once to a process.
pub fn tell(seed: u64, plant: Option<Fault>, trace: bool) -> Result<bool> {
    mad_turmoil::rand::set_rng(StdRng::seed_from_u64(seed));
    let _clocks = SimClocksGuard::init();
    let ledger = Ledger::new(crowd::rules(true)?, trace);
    let network = Targets::new().with_target("turmoil", tracing::Level::TRACE);
    tracing_subscriber::registry().with(Wire(ledger.clone()).with_filter(network)).init();
    let panics = panics();

    // On a thread that nothing ran on before: the order of its hash maps is drawn anew.
    let running = thread::spawn({
        let ledger = ledger.clone();
        move || run(seed, &ledger, plant.map(Plant::new).as_ref())
    });
    let outcome = running.join().ok().context("the simulation panicked")??;

    let mut broken = broken(&outcome.told, &ledger);
    broken.extend(ledger.broken(outcome.lasted));
    broken.extend(panics.lock().iter().cloned());
    for line in &broken {
        println!("seed {seed} BROKEN {line}");
    }
    println!(
        "seed {seed} {}: {} tickets, {} matches, {} faults, {:.0} s, trace {:016x}",
        if broken.is_empty() { "held" } else { "broken" },
        outcome.told.records.len(),
        ledger.commits(),
        outcome.faults,
        outcome.lasted.as_secs_f64(),
        ledger.hash(),
    );
    Ok(broken.is_empty())
}

/// Panics of tasks, which end nothing but themselves.
fn panics() -> Arc<Mutex<Vec<String>>> {
    let panics = Arc::<Mutex<Vec<String>>>::default();
    let noted = panics.clone();
    panic::set_hook(Box::new(move |panic| {
        eprintln!("{panic}");
        noted.lock().push(format!("panic: {panic}"));
    }));
    panics
}

/// What players were told, and what is left. A ticket may wait on or play whose Enqueue got no answer, or whose players went before
/// they ever watched it: nobody was promised anything.
fn broken(told: &Told, ledger: &Ledger) -> Vec<String> {
    let mut broken: Vec<String> = audit(&told.records).iter().map(ToString::to_string).collect();
    for record in &told.records {
        if !went_unseen(record) && record.ticket_id.parse().is_ok_and(|id| ledger.is_live(id)) {
            broken.push(format!("left over: ticket {} lives on without its players", record.ticket_id));
        }
        for member in &record.members {
            if let Some(lost) = member.lost.as_ref().filter(|lost| **lost != Lost::Vanished) {
                broken.push(format!("lost-player: {} {lost:?}", member.player));
            }
        }
    }
    if told.refused_late > 0 {
        broken.push(format!("unanswered: {} Enqueues, though all had been well for a while", told.refused_late));
    }
    let Residue { waiting, live, untaken } = told.residue;
    let forgiven = told.refused + told.records.iter().filter(|record| went_unseen(record)).count() as u64;
    if waiting > forgiven || live as u64 > forgiven {
        broken.push(format!("left over: {waiting} tickets and {live} matches, though only {forgiven} may be"));
    }
    if untaken > 0 {
        broken.push(format!("left over: {untaken} events were not delivered"));
    }
    broken
}

fn went_unseen(record: &TicketRecord) -> bool {
    record.members.iter().all(|member| member.lost == Some(Lost::Vanished) && member.opened == 0)
}

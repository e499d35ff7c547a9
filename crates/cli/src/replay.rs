//! `muster replay`: plays a trace against a running system over its public contract alone, as players would, reports what they
//! got, and checks that what they were told can be true.

mod args;
mod attend;
mod progress;
mod report;
mod table;

pub use args::Args;
pub use report::Report;

use crate::client::{Side, connect, explain};
use anyhow::bail;
use api::v1;
use domain::TicketId;
use players::{Arrival, Broken, Plan, Retry, Stage, TicketRecord, audit, history, play_all};
use report::Played;
use std::path::Path;
use std::sync::Arc;
use tokio::task::JoinSet;
use tonic::Code;

/// Broken promises printed; the rest are counted.
const BROKEN_PRINTED_MAX: usize = 20;

pub async fn run(args: Args) -> anyhow::Result<()> {
    let arrivals = args.source().load(&args.region)?.arrivals;
    let outcome = play(&args, arrivals).await?;
    table::print(&outcome.report)?;
    if let Some(file) = &args.json {
        write_json(&outcome.report, file)?;
    }
    outcome.verdict()
}

/// What came of a replay.
pub struct Outcome {
    pub report: Report,
    records: Vec<TicketRecord>,
    broken: Vec<Broken>,
}

/// Plays these arrivals as the flags say, and checks what their players were told.
pub async fn play(args: &Args, arrivals: Vec<Arrival>) -> anyhow::Result<Outcome> {
    let plan = Plan::try_from(args)?;
    let client = connect(&args.addresses, args.connections, Retry::PATIENT)?;
    knock(args).await?;

    let scale = progress::Scale::of(&arrivals);
    let stage = Arc::new(Stage::new(client, plan));
    let bar = progress::bar(&scale);
    let mut attendants = JoinSet::new();
    attendants.spawn(attend::interrupts(stage.clone(), bar.clone()));
    attendants.spawn(attend::silence(stage.clone(), bar.clone()));
    attendants.spawn(progress::show(stage.clone(), bar.clone(), scale));
    let fed = play_all(&stage, arrivals).await;
    attendants.shutdown().await;
    bar.abandon();
    let records = fed?;
    if let Some(status) = stage.fatal() {
        return Err(explain(&status, &args.addresses, Side::Queue));
    }

    let broken = audit(&records);
    let report = Report::of(Played { trace: &args.trace, stage: &stage, records: &records, broken: &broken });
    Ok(Outcome { report, records, broken })
}

/// Is anyone there? Asked before anything is played, about a ticket and a match that cannot be.
async fn knock(args: &Args) -> anyhow::Result<()> {
    let client = connect(&args.addresses, 1, Retry::BRIEF)?;
    let nobody = "0".repeat(32);
    let realm = args.addresses.realm.clone();
    let ticket = v1::GetTicketRequest { realm: realm.clone(), ticket_id: nobody.clone() };
    let player_id = "nobody".to_owned();
    let played = v1::AcknowledgeRequest { realm, match_id: nobody, player_id };
    let queue = client.ticket(0, ticket).await.map(|_| ());
    let play = client.acknowledge(0, played).await;
    for (side, answer) in [(Side::Queue, queue), (Side::Play, play)] {
        if let Err(status) = answer
            && status.code() != Code::NotFound
        {
            return Err(explain(&status, &args.addresses, side));
        }
    }
    Ok(())
}

fn write_json(report: &Report, file: &Path) -> anyhow::Result<()> {
    let json = serde_json::to_string_pretty(report)?;
    if file == Path::new("-") {
        use std::io::Write;
        return Ok(writeln!(std::io::stdout(), "{json}")?);
    }
    std::fs::write(file, json + "\n").map_err(|error| anyhow::anyhow!("can't write {}: {error}", file.display()))
}

impl Outcome {
    /// The tickets that were acknowledged.
    pub fn ticket_ids(&self) -> impl Iterator<Item = TicketId> {
        self.records.iter().filter_map(|record| record.ticket_id.parse().ok())
    }

    /// Writes what every player was told to a file, a line for each ticket.
    pub fn write_history(&self, file: &Path) -> std::io::Result<()> {
        history::write(&self.records, file)
    }

    /// Prints every promise that was broken, and fails if one was, or if not everything could be seen.
    pub fn verdict(&self) -> anyhow::Result<()> {
        let Self { report, broken, .. } = self;
        for broken in broken.iter().take(BROKEN_PRINTED_MAX) {
            eprintln!("BROKEN {broken}");
        }
        let further = broken.len().saturating_sub(BROKEN_PRINTED_MAX);
        if further > 0 {
            eprintln!("BROKEN: and {further} more");
        }
        if !broken.is_empty() {
            bail!("{} broken invariants", broken.len());
        }
        if report.deserted {
            bail!("the system went away before the end of the trace");
        }
        if report.interrupted {
            bail!("interrupted before the end of the trace");
        }
        if report.players_lost > 0 {
            bail!("{} players lost the system and can't tell how it went: {}", report.players_lost, report.first_loss);
        }
        Ok(())
    }
}

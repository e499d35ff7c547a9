//! `muster replay`: plays a trace against a running system over its public contract alone, as players would, reports what they
//! got, and checks that what they were told can be true.

mod args;
mod audit;
mod cities;
mod feed;
mod last_look;
mod load;
mod member;
mod party;
mod progress;
mod record;
mod report;
mod stage;
mod stats;
mod table;
mod tally;
mod trace;

pub use args::Args;

use crate::client::{Client, Retry, explain};
use anyhow::bail;
use api::v1;
use args::Plan;
use audit::{Broken, audit};
use report::{Played, Report};
use stage::Stage;
use std::path::Path;
use std::sync::Arc;
use tonic::Code;

/// Broken promises printed; the rest are counted.
const BROKEN_PRINTED_MAX: usize = 20;

pub async fn run(args: Args) -> anyhow::Result<()> {
    let plan = Plan::try_from(&args)?;
    let arrivals = load::arrivals(&args)?;
    let client = Client::try_new(&args.addresses, args.connections, Retry::PATIENT)?;
    knock(&args).await?;

    let stage = Arc::new(Stage::new(client, plan));
    let interrupts = tokio::spawn(heed_interrupts(stage.clone()));
    let bar = tokio::spawn(progress::show(stage.clone(), progress::Scale::of(&arrivals)));
    let fed = feed::play_all(&stage, arrivals).await;
    bar.abort();
    interrupts.abort();
    // The bar draws a last time when it is dropped with its task.
    let _ = bar.await;
    let mut records = fed?;
    if let Some(status) = stage.fatal() {
        return Err(explain(&status, &args.addresses));
    }
    last_look::take(&stage, &mut records).await;

    let broken = audit(&records);
    let report = Report::of(Played { trace: &args.trace, stage: &stage, records: &records, broken: &broken });
    table::print(&report)?;
    if let Some(file) = &args.json {
        write_json(&report, file)?;
    }
    verdict(&report, &broken)
}

/// Is anyone there? Asked before anything is played, about a ticket and a match that cannot be.
async fn knock(args: &Args) -> anyhow::Result<()> {
    let client = Client::try_new(&args.addresses, 1, Retry::BRIEF)?;
    let nobody = "0".repeat(32);
    let realm = args.addresses.realm.clone();
    let ticket = v1::GetTicketRequest { realm: realm.clone(), ticket_id: nobody.clone() };
    let player_id = "nobody".to_owned();
    let played = v1::AcknowledgeRequest { realm, match_id: nobody, player_id };
    let answers = [client.ticket(0, ticket).await.map(|_| ()), client.acknowledge(0, played).await];
    for answer in answers {
        if let Err(status) = answer
            && status.code() != Code::NotFound
        {
            return Err(explain(&status, &args.addresses));
        }
    }
    Ok(())
}

/// The first Ctrl-C queues nobody further and cancels who waits; the second drops everything. The report comes either way.
async fn heed_interrupts(stage: Arc<Stage>) {
    for token in [&stage.give_up, &stage.stop] {
        if tokio::signal::ctrl_c().await.is_err() {
            return;
        }
        stage.interrupted.cancel();
        token.cancel();
    }
}

fn write_json(report: &Report, file: &Path) -> anyhow::Result<()> {
    let json = serde_json::to_string_pretty(report)?;
    if file == Path::new("-") {
        use std::io::Write;
        return Ok(writeln!(std::io::stdout(), "{json}")?);
    }
    std::fs::write(file, json + "\n").map_err(|error| anyhow::anyhow!("can't write {}: {error}", file.display()))
}

fn verdict(report: &Report, broken: &[Broken]) -> anyhow::Result<()> {
    for broken in broken.iter().take(BROKEN_PRINTED_MAX) {
        eprintln!("{broken}");
    }
    let further = broken.len().saturating_sub(BROKEN_PRINTED_MAX);
    if further > 0 {
        eprintln!("BROKEN: and {further} more");
    }
    if !broken.is_empty() {
        bail!("{} broken invariants", broken.len());
    }
    if report.players_lost > 0 {
        bail!("{} players lost the system and can't tell how it went: {}", report.players_lost, report.first_loss);
    }
    if report.interrupted {
        bail!("interrupted before the end of the trace");
    }
    Ok(())
}

//! `muster replay`: plays a trace against a running system over its public contract alone, as players would, reports what they
//! got, and checks that what they were told can be true.

mod args;
mod attend;
mod broken;
mod progress;
mod report;
mod table;

pub use args::Args;
pub use report::Report;

use crate::client::{Side, connect, explain};
use crate::misuse::check_json_file;
use crate::run::{Interrupts, interrupts};
use crate::tell;
use anyhow::bail;
use api::v1;
use domain::TicketId;
use players::{Arrival, Broken, Plan, Retry, Stage, TicketRecord, audit, history, play_all};
use report::Played;
use std::path::Path;
use std::sync::Arc;
use tokio::task::JoinSet;
use tonic::Code;

pub async fn run(args: Args) -> anyhow::Result<()> {
    args.json.as_deref().filter(|file| *file != Path::new("-")).map_or(Ok(()), check_json_file)?;
    let arrivals = args.source().load(&args.region)?.arrivals;
    let stage = stage(&args).await?;
    let outcome = play(&args, stage, arrivals, interrupts()?).await?;
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

/// Where players of a system that answers may play, as the flags say. Its clock, which histories are told by, runs from now on.
pub async fn stage(args: &Args) -> anyhow::Result<Arc<Stage>> {
    let plan = Plan::try_from(args)?;
    let client = connect(&args.addresses, args.connections, Retry::PATIENT)?;
    knock(args).await?;
    Ok(Arc::new(Stage::new(client, plan)))
}

/// Plays these arrivals, until it is interrupted, and checks what their players were told.
pub async fn play(
    args: &Args,
    stage: Arc<Stage>,
    arrivals: Vec<Arrival>,
    interrupts: Interrupts,
) -> anyhow::Result<Outcome> {
    let scale = progress::Scale::of(&arrivals);
    let bar = progress::bar(&scale);
    let mut attendants = JoinSet::new();
    attendants.spawn(attend::interrupts(stage.clone(), bar.clone(), interrupts));
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
    let ticket = v1::GetTicketRequest { realm: realm.clone(), ticket_id: nobody.clone(), ..Default::default() };
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

    /// Prints the first promises of each kind that were broken, and says in one line how many there are; nothing where all held.
    pub fn tell_broken(&self) -> Option<String> {
        for line in broken::lines(&self.broken) {
            tell::err(format_args!("BROKEN {line}"));
        }
        broken::summary(&self.report)
    }

    /// Why not everything could be seen, though nobody interrupted it.
    pub fn unseen(&self) -> Option<String> {
        let Report { players_lost: lost, first_loss, .. } = &self.report;
        if self.report.deserted {
            return Some("the system went away before the end of the trace".to_owned());
        }
        (*lost > 0).then(|| format!("{lost} players lost the system and can't tell how it went: {first_loss}"))
    }

    /// Fails if a promise was broken, or if not everything could be seen, or nothing.
    fn verdict(&self) -> anyhow::Result<()> {
        if let Some(broken) = self.tell_broken() {
            bail!("broken invariants: {broken}");
        }
        if self.report.interrupted && !self.report.deserted {
            bail!("interrupted before the end of the trace");
        }
        if let Some(unseen) = self.unseen() {
            bail!(unseen);
        }
        match &self.report {
            Report { tickets: 0, .. } => bail!("nobody was taken, so nothing was seen of what was promised"),
            Report { tickets_matched: 0, .. } => bail!("nobody was matched: does a matchmaker run, and a mover lead?"),
            _ => Ok(()),
        }
    }
}

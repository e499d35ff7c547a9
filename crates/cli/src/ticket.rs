//! `muster ticket`: one person's hands on the public contract.

mod args;
mod enqueue;
mod patience;
mod print;
mod watch;
mod which;

pub use args::Args;

use crate::client::{Side, connect, explain};
use api::v1;
use args::{CancelArgs, Verb, WhichArgs};
use players::{Client, Retry, Subject};
use watch::{WatchPlan, is_over};

/// One call after another needs one connection.
const CONNECTIONS: usize = 1;

pub async fn run(args: Args) -> anyhow::Result<()> {
    let client = connect(&args.addresses, CONNECTIONS, Retry::BRIEF)?;
    let commands = Commands { client, args: &args };
    match &args.verb {
        Verb::Enqueue(enqueue) => commands.enqueue(enqueue).await,
        Verb::Cancel(cancel) => commands.cancel(cancel).await,
        Verb::Show(which) => commands.show(which).await,
        Verb::Explain(which) => commands.explain(which).await,
        Verb::Watch(watch) => commands.watch(WatchPlan::try_from(watch)?).await,
        Verb::End { match_id, reason } => commands.end(match_id, reason).await,
    }
}

/// The client and how its answers are wanted.
struct Commands<'a> {
    client: Client,
    args: &'a Args,
}

impl Commands<'_> {
    async fn enqueue(&self, enqueue: &args::EnqueueArgs) -> anyhow::Result<()> {
        let request = enqueue::request(enqueue, self.realm())?;
        let response = self.client.enqueue(0, request).await.map_err(|status| self.failed(Side::Queue, &status))?;
        let ticket = response.ticket.unwrap_or_default();
        print::ticket(&ticket, self.args.json)?;
        if let Some(key) = enqueue.key.as_ref().filter(|_| response.repeated && is_over(ticket.state())) {
            let state = print::state(ticket.state());
            anyhow::bail!(
                "key {key} named ticket {} before, which is {state}: nothing was queued; take another --key",
                ticket.id
            );
        }
        if !enqueue.watch {
            return Ok(());
        }
        self.watch(WatchPlan { subject: Subject::TicketId(ticket.id), ack: enqueue.ack, until: enqueue.until }).await
    }

    async fn cancel(&self, cancel: &CancelArgs) -> anyhow::Result<()> {
        let (ticket_id, reason) = (cancel.ticket_id.clone(), cancel.reason.clone());
        let request = v1::CancelRequest { realm: self.realm(), ticket_id, reason };
        let response = self.client.cancel(0, request).await.map_err(|status| self.failed(Side::Queue, &status))?;
        print::ticket(&response.ticket.unwrap_or_default(), self.args.json)
    }

    async fn show(&self, which: &WhichArgs) -> anyhow::Result<()> {
        let request =
            v1::GetTicketRequest { realm: self.realm(), ticket_id: self.which(which).await?, ..Default::default() };
        let response = self.client.ticket(0, request).await.map_err(|status| self.failed(Side::Queue, &status))?;
        print::ticket_with_match(&response.ticket.unwrap_or_default(), response.r#match.as_ref(), self.args.json)
    }

    /// Why it still waits.
    async fn explain(&self, which: &WhichArgs) -> anyhow::Result<()> {
        let ticket_id = self.which(which).await?;
        let request = v1::ExplainRequest { realm: self.realm(), ticket_id: ticket_id.clone() };
        let response = self.client.explain(0, request).await.map_err(|status| self.failed(Side::Queue, &status))?;
        print::explanations(&ticket_id, &response, self.args.json)
    }

    async fn end(&self, match_id: &str, reason: &str) -> anyhow::Result<()> {
        let (match_id, reason) = (match_id.to_owned(), reason.to_owned());
        let request = v1::EndMatchRequest { realm: self.realm(), match_id, reason };
        let response = self.client.end_match(0, request).await.map_err(|status| self.failed(Side::Play, &status))?;
        print::ended(&response.r#match.unwrap_or_default(), self.args.json)
    }

    fn realm(&self) -> String {
        self.args.addresses.realm.clone()
    }

    fn failed(&self, side: Side, status: &tonic::Status) -> anyhow::Error {
        explain(status, &self.args.addresses, side)
    }
}

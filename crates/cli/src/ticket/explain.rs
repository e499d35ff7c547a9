//! Why someone still waits, at the terminal.

use super::args::ExplainArgs;
use super::{Desk, print};
use crate::client::Side;
use crate::misuse::Misuse;
use api::v1;
use players::Subject;

impl Desk<'_> {
    pub async fn explain(&self, args: &ExplainArgs) -> anyhow::Result<()> {
        let ticket_id = match (&args.ticket_id, &args.player) {
            (Some(ticket_id), None) => ticket_id.clone(),
            (None, Some(player_id)) => self.ticket_of(player_id).await?,
            _ => return Err(Misuse::new("explain either a TICKET_ID or a --player").into()),
        };
        let request = v1::ExplainRequest { realm: self.realm(), ticket_id: ticket_id.clone() };
        let response = self.client.explain(0, request).await.map_err(|status| self.failed(Side::Queue, &status))?;
        print::explanations(&ticket_id, &response.explanations, self.args.json)
    }

    /// The ticket that a player queued with last: what a watch of him begins with.
    async fn ticket_of(&self, player_id: &str) -> anyhow::Result<String> {
        let mut watch = self.client.watch(0, &self.args.addresses.realm, Subject::PlayerId(player_id.to_owned()));
        let snapshot = watch.next().await.map_err(|status| self.failed(Side::Play, &status))?;
        if snapshot.ticket_id.is_empty() {
            anyhow::bail!("player {player_id} has no ticket");
        }
        Ok(snapshot.ticket_id)
    }
}

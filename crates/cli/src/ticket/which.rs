//! Which ticket is meant: by its id, or by a player in it.

use super::Commands;
use super::args::WhichArgs;
use crate::client::Side;
use crate::misuse::Misuse;
use api::v1;

impl Commands<'_> {
    /// The ticket's id.
    pub async fn which(&self, args: &WhichArgs) -> anyhow::Result<String> {
        match (&args.ticket_id, &args.player) {
            (Some(ticket_id), None) => Ok(ticket_id.clone()),
            (None, Some(player_id)) => self.ticket_of(player_id).await,
            _ => Err(Misuse::new("name either a TICKET_ID or a --player").into()),
        }
    }

    /// The ticket that a player queued with last.
    async fn ticket_of(&self, player_id: &str) -> anyhow::Result<String> {
        let request =
            v1::GetTicketRequest { realm: self.realm(), player_id: player_id.to_owned(), ..Default::default() };
        let response = self.client.ticket(0, request).await.map_err(|status| self.failed(Side::Queue, &status))?;
        Ok(response.ticket.unwrap_or_default().id)
    }
}

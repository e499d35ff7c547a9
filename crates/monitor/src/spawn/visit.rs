//! One spawned party: queues, watches, acknowledges, plays for a while, ends its match and goes.

use crate::config::{GAME_MS, VISIT_GRACE};
use api::v1::{self, TicketState};
use chassis::Shutdown;
use players::{Client, Subject};
use rand::RngExt;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};
use tonic::Status;

/// Until it is over or `stop`; tells `queued` its ticket's id as soon as it has one.
pub async fn visit(
    client: Client,
    request: v1::EnqueueRequest,
    queued: oneshot::Sender<Result<String, Status>>,
    stop: Shutdown,
) {
    let turn = rand::rng().random_range(0..usize::MAX / 2);
    let ticket = match client.enqueue(turn, request).await {
        Ok(answer) => answer.ticket.unwrap_or_default(),
        Err(status) => {
            let _ = queued.send(Err(status));
            return;
        }
    };
    // Whoever asked may have gone.
    let _ = queued.send(Ok(ticket.id.clone()));
    let mut guest = Guest { client, turn, ticket, matched: None };
    if stop.run_until_cancelled(guest.stay()).await.is_none() {
        guest.leave().await;
    }
}

/// For ever where there is no such moment.
async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

struct Guest {
    client: Client,
    turn: usize,
    ticket: v1::Ticket,
    /// The last match it was told of.
    matched: Option<String>,
}

impl Guest {
    async fn stay(&mut self) {
        let wait_ms = self.ticket.expires_ms.saturating_sub(self.ticket.queued_ms);
        let most = Duration::from_millis(wait_ms + GAME_MS.end) + VISIT_GRACE;
        // A watch that fails for good ends the visit: the ticket leaves the queue, for nobody watches it any more.
        let _ = timeout(most, self.play()).await;
    }

    async fn play(&mut self) -> Result<(), Status> {
        let mut watch = self.client.watch(self.turn, "", Subject::TicketId(self.ticket.id.clone()));
        let mut game_over = None;
        loop {
            let update = tokio::select! {
                update = watch.next() => update?,
                () = until(game_over) => {
                    game_over = None;
                    self.end().await;
                    continue;
                }
            };
            match update.state() {
                TicketState::Assigned if game_over.is_none() => {
                    self.begin(update.r#match.unwrap_or_default().id).await;
                    let game_ms = rand::rng().random_range(GAME_MS);
                    game_over = Some(Instant::now() + Duration::from_millis(game_ms));
                }
                TicketState::Queued => game_over = None,
                TicketState::Ended | TicketState::Cancelled | TicketState::Expired => return Ok(()),
                _ => {}
            }
        }
    }

    async fn begin(&mut self, match_id: String) {
        self.matched = Some(match_id.clone());
        for player in self.ticket.party.iter().flat_map(|party| &party.players) {
            let (match_id, player_id) = (match_id.clone(), player.id.clone());
            // Where it is missed, and the rules ask for it, the match is told again.
            let request = v1::AcknowledgeRequest { match_id, player_id, ..Default::default() };
            let _ = self.client.acknowledge(self.turn, request).await;
        }
    }

    async fn end(&self) {
        if let Some(match_id) = self.matched.clone() {
            let request = v1::EndMatchRequest { match_id, ..Default::default() };
            let _ = self.client.end_match(self.turn, request).await;
        }
    }

    async fn leave(&self) {
        let ticket_id = self.ticket.id.clone();
        let request =
            v1::CancelRequest { ticket_id, reason: "stopped from the monitor".to_owned(), ..Default::default() };
        if self.client.cancel(self.turn, request).await.is_err() {
            self.end().await;
        }
    }
}

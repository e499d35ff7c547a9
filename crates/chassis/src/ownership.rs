use crate::status::{no_ticket, unavailable};
use domain::TicketId;
use doors::Principal;
use store::{Store, Subject};
use tonic::Status;

/// Whether a ticket is one of whoever calls: to a player, one of others is as one that is not there. Who is in a ticket never changes.
pub async fn check_ticket_is_of(principal: &Principal, id: TicketId, store: &dyn Store) -> Result<(), Status> {
    if !principal.sees_only_his_own() {
        return Ok(());
    }
    let snapshot = store.snapshot(&Subject::Ticket(id)).await.map_err(unavailable)?;
    let his = snapshot.ticket.filter(|ticket| principal.is_among(&ticket.players));
    his.map(drop).ok_or_else(|| no_ticket(id))
}

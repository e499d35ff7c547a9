//! After the replay, asks how tickets stand: what their players were told must still be true.

use super::record::{TicketRecord, point};
use super::stage::Stage;
use api::v1;
use futures::{StreamExt, stream};
use std::time::Duration;
use tonic::Code;

/// Tickets asked about, spread evenly over those that are still kept.
const LOOKS_MAX: usize = 5_000;
const LOOKS_AT_ONCE: usize = 64;
/// The contract forgets a ticket ten minutes after its end; older ones are not asked about.
const KEPT_FOR: Duration = Duration::from_secs(9 * 60);

pub async fn take(stage: &Stage, records: &mut [TicketRecord]) {
    let oldest_us = stage.now_us().saturating_sub(KEPT_FOR.as_micros() as u64);
    let kept = |record: &&mut TicketRecord| record.answered_us >= oldest_us;
    let step = records.iter_mut().filter(kept).count().div_ceil(LOOKS_MAX).max(1);
    let chosen = records.iter_mut().filter(kept).step_by(step).enumerate();
    stream::iter(chosen).for_each_concurrent(LOOKS_AT_ONCE, |(turn, record)| look(stage, turn, record)).await;
}

/// A ticket that can't be asked about is passed over, and so is each once all is to stop.
async fn look(stage: &Stage, turn: usize, record: &mut TicketRecord) {
    let request = v1::GetTicketRequest {
        realm: stage.plan.realm.clone(),
        ticket_id: record.ticket_id.clone(),
        ..Default::default()
    };
    match stage.stop.run_until_cancelled(stage.client.ticket(turn, request)).await {
        Some(Ok(v1::GetTicketResponse { ticket: Some(ticket), .. })) => {
            record.last_look = Some((ticket.state(), point(ticket.changed), ticket.match_id));
        }
        Some(Err(status)) if status.code() == Code::NotFound => record.forgotten = true,
        _ => {}
    }
}

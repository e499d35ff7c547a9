//! One arrival from queueing to leaving.

use super::member::{Role, follow};
use super::record::{Point, TicketRecord, point};
use super::stage::Stage;
use super::tally::Tally;
use crate::{Arrival, Person};
use api::v1;
use futures::future::{join_all, select};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tonic::{Code, Status};

/// Told with a ticket that the replay itself cancels.
const CANCEL_REASON: &str = "the replay is over";
const CHANGED_MIND_REASON: &str = "changed his mind";

/// What became of an arrival.
pub struct Left {
    pub arrival: Arc<Arrival>,
    /// `None`: it never got a ticket.
    pub record: Option<TicketRecord>,
    /// May its players queue again? Not those whose ticket may live on unseen.
    pub free: bool,
}

/// `number` is the arrival's place in the trace.
pub async fn play(stage: Arc<Stage>, arrival: Arc<Arrival>, number: usize) -> Left {
    let sent_us = stage.now_us();
    let enqueue = stage.client.enqueue(number, request(&stage, &arrival, number));
    let stopped = async {
        stage.stop.cancelled().await;
        Err(Status::cancelled("the replay was stopped before the answer"))
    };
    let ticket = match select(pin!(enqueue), pin!(stopped)).await.factor_first().0 {
        Ok(response) => response.ticket.unwrap_or_default(),
        Err(status) => return refused(&stage, arrival, status),
    };
    let size = arrival.players.len();
    Tally::add(&stage.tally.queued, 1);
    Tally::add(&stage.tally.waiting, size);
    let ticket_id = ticket.id.clone();
    let mut record = TicketRecord { ticket_id, sent_us, answered_us: stage.now_us(), ..Default::default() };

    let vanish_at =
        is_one_of(stage.plan.vanish_share, number, "vanish").then(|| Instant::now() + stage.plan.vanish_after);
    let role = Role { stage: &stage, ticket: &ticket, number, sent_us, vanish_at };
    let members =
        join_all(arrival.players.iter().enumerate().map(|(seat, person)| follow(role, seat, person.id.clone())));
    tokio::pin!(members);
    // Members end by themselves, also once the ticket is cancelled; the cancel ends with them.
    record.members = tokio::select! {
        members = &mut members => members,
        (reason, cancelled) = cancel_in_time(&stage, &ticket.id, number) => {
            record.given_up = reason == CANCEL_REASON;
            match cancelled {
                Ok(cancelled) => record.cancelled = Some(cancelled),
                // FAILED_PRECONDITION: matched before; then the players play on.
                Err(status) => record.forgotten = status.code() == Code::NotFound,
            }
            members.await
        }
    };
    let free = record.members.iter().all(|member| member.lost.is_none());
    Left { arrival, record: Some(record), free }
}

fn request(stage: &Stage, arrival: &Arrival, number: usize) -> v1::EnqueueRequest {
    let player = |person: &Person| v1::Player {
        id: person.id.to_string(),
        rating: person.rating,
        rtt_ms: person.rtt_ms.as_deref().cloned().unwrap_or_default(),
        ..Default::default()
    };
    v1::EnqueueRequest {
        realm: stage.plan.realm.clone(),
        client_key: format!("replay-{}-{number}", stage.run_id),
        queues: vec![stage.plan.queue.clone()],
        players: arrival.players.iter().map(player).collect(),
        ..Default::default()
    }
}

fn refused(stage: &Stage, arrival: Arc<Arrival>, status: Status) -> Left {
    stage.tally.refuse(&status);
    // Said before anything was written: these would be said to every row.
    if matches!(status.code(), Code::InvalidArgument | Code::Unimplemented | Code::NotFound | Code::PermissionDenied) {
        stage.abandon(status);
        return Left { arrival, record: None, free: true };
    }
    Left { arrival, record: None, free: status.code() == Code::AlreadyExists }
}

/// Cancels when the replay gives up, or when this party changes its mind: why, and the point of the cancel if it was acknowledged.
async fn cancel_in_time(stage: &Stage, ticket_id: &str, number: usize) -> (&'static str, Result<Point, Status>) {
    let changes_mind = is_one_of(stage.plan.cancel_share, number, "cancel");
    let mind = if changes_mind { stage.plan.cancel_after } else { Duration::MAX };
    let reason = tokio::select! {
        () = stage.give_up.cancelled() => CANCEL_REASON,
        () = tokio::time::sleep(mind) => CHANGED_MIND_REASON,
    };
    let (realm, ticket_id) = (stage.plan.realm.clone(), ticket_id.to_owned());
    let request = v1::CancelRequest { realm, ticket_id, reason: reason.to_owned() };
    let response = stage.client.cancel(number, request).await;
    (reason, response.map(|response| point(response.ticket.and_then(|ticket| ticket.changed))))
}

/// Whether a row is one of a `share` of all: the same rows in every replay of one trace.
fn is_one_of(share: f64, number: usize, what: &str) -> bool {
    let mut hasher = DefaultHasher::new();
    (number, what).hash(&mut hasher);
    (hasher.finish() as f64 / u64::MAX as f64) < share
}

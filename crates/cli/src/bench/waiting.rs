//! Tickets that nobody can be matched with yet: they come as fast as they are taken, and nobody watches them.

use super::addresses::Addresses;
use super::population::Population;
use super::progress::{Goal, Progress};
use super::recorder::Recorder;
use super::scenario::Waiting;
use crate::client::cause;
use crate::tell;
use anyhow::{Context, Result};
use api::v1;
use api::v1::queue_client::QueueClient;
use chassis::Channel;
use futures::future::ready;
use futures::{StreamExt, TryStreamExt, stream};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;
use tonic::{Code, Status};

pub const WAITING_MAX: usize = 1_000_000;
/// On their way at once, to all orchestrators together.
const IN_WORK: usize = 96;
/// How often one that was refused for want of room asks again, and how long it rests before that.
const TRIES_MAX: usize = 200;
const PAUSE: Duration = Duration::from_millis(50);
/// How long one try may take.
const TRY_MAX: Duration = Duration::from_secs(5);
/// How long they may take to leave.
const LEAVE_WAIT_MAX: Duration = Duration::from_secs(60);

/// The tickets that are there now, and those on their way.
#[derive(Default)]
pub struct Came {
    tickets: Mutex<Vec<String>>,
    coming: TaskTracker,
}

/// Has all of them queue, and notes whoever does in `came`, where there is one.
pub async fn fill(to: &Addresses, waiting: Waiting, came: Option<&Arc<Came>>) -> Result<()> {
    let population = Population::open(waiting.draw, &format!("{}-waits", to.names))?;
    let clients = clients(to)?;
    let recorder = Arc::new(Recorder::open());
    let _shown = Progress::show(recorder.clone(), "tickets that wait".to_owned(), Goal::Taken(waiting.tickets));
    let coming = (0..waiting.tickets).map(|number| {
        let request = v1::EnqueueRequest {
            // Where an answer is lost, it is asked again, and must be the same ticket.
            client_key: number.to_string(),
            realm: to.realm.clone(),
            queues: vec![to.queue.clone()],
            players: population.players(number),
            ..Default::default()
        };
        let coming = come(clients[number % clients.len()].clone(), request, recorder.clone(), came.cloned());
        // One that is on its way comes, also where nobody waits for it any more.
        async move { came.map_or_else(TaskTracker::new, |came| came.coming.clone()).spawn(coming).await? }
    });
    stream::iter(coming).buffer_unordered(IN_WORK).try_collect().await
}

/// Takes them out of the queue again, as far as that can be done.
pub async fn leave(to: &Addresses, came: &Came) {
    came.coming.close();
    if timeout(LEAVE_WAIT_MAX, came.coming.wait()).await.is_err() {
        tell::err("muster: tickets that wait may still come: they are not answered");
    }
    let came = std::mem::take(&mut *came.tickets.lock());
    let (Ok(clients), count) = (clients(to), came.len()) else { return };
    let leaving = came.into_iter().enumerate().map(|(number, ticket_id)| {
        let (mut client, realm) = (clients[number % clients.len()].clone(), to.realm.clone());
        async move { client.cancel(v1::CancelRequest { realm, ticket_id, ..Default::default() }).await.is_err() }
    });
    let stayed = stream::iter(leaving).buffer_unordered(IN_WORK).filter(|stays| ready(*stays)).count();
    match timeout(LEAVE_WAIT_MAX, stayed).await {
        Ok(0) => {}
        Ok(stayed) => tell::err(format_args!("muster: {stayed} of {count} tickets that wait could not be cancelled")),
        Err(_) => tell::err(format_args!("muster: not all of {count} tickets that wait could be cancelled in time")),
    }
}

fn clients(to: &Addresses) -> Result<Vec<QueueClient<Channel>>> {
    let channels = to.orchestrators().into_iter().map(|address| to.network.channel(address));
    Ok(channels.map(|channel| channel.map(QueueClient::new)).collect::<Result<_, _>>()?)
}

async fn come(
    mut client: QueueClient<Channel>,
    request: v1::EnqueueRequest,
    recorder: Arc<Recorder>,
    came: Option<Arc<Came>>,
) -> Result<()> {
    let number = recorder.due(tokio::time::Instant::now());
    let mut last = None;
    for _ in 0..TRIES_MAX {
        let unanswered = |_| Err(Status::unavailable(format!("no answer within {} s", TRY_MAX.as_secs())));
        match timeout(TRY_MAX, client.enqueue(request.clone())).await.unwrap_or_else(unanswered) {
            Ok(enqueued) => {
                recorder.taken(number);
                if let Some(came) = came {
                    let ticket_id = enqueued.into_inner().ticket.unwrap_or_default().id;
                    came.tickets.lock().push(ticket_id);
                }
                return Ok(());
            }
            Err(status) if matches!(status.code(), Code::ResourceExhausted | Code::Unavailable) => {
                last = Some(status);
                sleep(PAUSE).await;
            }
            Err(status) => return Err(status).context("a ticket that was to wait is not taken"),
        }
    }
    let why = last.map_or_else(String::new, |status| cause(&status));
    anyhow::bail!("a ticket that was to wait was not taken in {TRIES_MAX} tries: {why}")
}

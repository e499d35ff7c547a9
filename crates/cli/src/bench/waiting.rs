//! Tickets that nobody can be matched with yet: they come as fast as they are taken, and nobody watches them.

use super::book::Book;
use super::crowd::Crowd;
use super::load::Addresses;
use super::progress::Progress;
use super::scenario::Waiting;
use anyhow::{Context, Result};
use api::v1;
use api::v1::queue_client::QueueClient;
use chassis::Channel;
use futures::{StreamExt, TryStreamExt, stream};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;
use tonic::Code;

pub const TICKETS_MAX: usize = 1_000_000;
/// On their way at once, to all orchestrators together.
const IN_WORK: usize = 96;
/// How often one that was refused for want of room asks again, and how long it rests before that.
const TRIES_MAX: usize = 200;
const PAUSE: Duration = Duration::from_millis(50);

/// Has all of them queue.
pub async fn fill(to: &Addresses, waiting: Waiting) -> Result<()> {
    let crowd = Crowd::open(waiting.draw, &format!("{}-waits", to.names))?;
    let channels = to.orchestrators().into_iter().map(|address| to.network.channel(address));
    let clients: Vec<_> = channels.map(|channel| channel.map(QueueClient::new)).collect::<Result<_, _>>()?;
    let book = Arc::new(Book::open());
    let _shown = Progress::show(book.clone(), format!("{} tickets that wait", waiting.tickets), Duration::ZERO);
    let coming = (0..waiting.tickets).map(|number| {
        let request = v1::EnqueueRequest {
            // Where an answer is lost, it is asked again, and must be the same ticket.
            client_key: number.to_string(),
            queues: vec![to.queue.clone()],
            players: crowd.players(number),
            ..Default::default()
        };
        come(clients[number % clients.len()].clone(), request, &book)
    });
    stream::iter(coming).buffer_unordered(IN_WORK).try_collect().await
}

async fn come(mut client: QueueClient<Channel>, request: v1::EnqueueRequest, book: &Book) -> Result<()> {
    let number = book.due(tokio::time::Instant::now());
    for _ in 0..TRIES_MAX {
        match client.enqueue(request.clone()).await {
            Ok(_) => {
                book.taken(number);
                return Ok(());
            }
            Err(status) if matches!(status.code(), Code::ResourceExhausted | Code::Unavailable) => sleep(PAUSE).await,
            Err(status) => return Err(status).context("a ticket that was to wait is not taken"),
        }
    }
    anyhow::bail!("a ticket that was to wait found no room in {TRIES_MAX} tries")
}

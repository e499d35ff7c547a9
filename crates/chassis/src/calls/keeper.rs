//! Keeps one stream of calls open.

use super::Requests;
use super::link::Link;
use crate::backoff::{BACKOFF_MS_MAX, Backoff};
use crate::{Gather, Shutdown};
use api::Call;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

/// Longest time the calls in flight at shutdown are waited for, in ms.
const CALLS_DRAIN_MS_MAX: u64 = 5_000;
/// Longest time to open a stream, in ms.
const OPEN_MS_MAX: u64 = 2_000;

pub(super) struct Keeper<Req, Resp, O> {
    pub(super) name: &'static str,
    pub(super) open: O,
    pub(super) in_flight_max: usize,
    pub(super) links: watch::Sender<Option<Arc<Link<Req, Resp>>>>,
    pub(super) shutdown: Shutdown,
}

impl<Req, Resp, O, F> Keeper<Req, Resp, O>
where
    Resp: Call,
    O: Fn(Requests<Req>) -> F,
    F: Future<Output = Result<Streaming<Resp>, Status>>,
{
    pub(super) async fn run(self) {
        let mut backoff = Backoff::default();
        loop {
            let begun = Instant::now();
            tokio::select! {
                biased;
                () = self.ended() => return,
                opened = self.open() => match opened {
                    Ok((link, answers)) => self.serve(link, answers).await,
                    Err(error) => tracing::debug!(%error, name = self.name, "no stream to the peer"),
                }
            }
            if begun.elapsed() > Duration::from_millis(BACKOFF_MS_MAX) {
                backoff.reset();
            }
            tokio::select! {
                () = self.ended() => return,
                () = sleep(backoff.step()) => (),
            }
        }
    }

    /// No more calls: by shutdown, or because nobody is left to make one.
    async fn ended(&self) {
        tokio::select! {
            () = self.shutdown.cancelled() => (),
            () = self.links.closed() => (),
        }
    }

    async fn open(&self) -> Result<(Arc<Link<Req, Resp>>, Streaming<Resp>), Status> {
        // A call that was given up may leave its request behind, so the queue can be full though there is room for calls.
        let (outbound, requests) = mpsc::channel(self.in_flight_max);
        let opening = (self.open)(Gather::of(ReceiverStream::new(requests)));
        let late = |_| Status::deadline_exceeded("the stream did not open in time");
        let answers = timeout(Duration::from_millis(OPEN_MS_MAX), opening).await.map_err(late)??;
        Ok((Arc::new(Link::new(outbound)), answers))
    }

    /// Runs the stream until it breaks or there are to be no more calls.
    async fn serve(&self, link: Arc<Link<Req, Resp>>, mut answers: Streaming<Resp>) {
        self.links.send_replace(Some(link.clone()));
        let reason = tokio::select! {
            reason = deliver(&mut answers, &link) => reason,
            () = self.ended() => self.drain(&mut answers, &link).await,
        };
        // Taken away first: whoever finds the link closed then finds the next one by waiting.
        self.links.send_replace(None);
        link.close(&reason);
        tracing::debug!(name = self.name, reason, "the stream to the peer ended");
    }

    async fn drain(&self, answers: &mut Streaming<Resp>, link: &Link<Req, Resp>) -> String {
        self.links.send_replace(None);
        tokio::select! {
            reason = deliver(answers, link) => reason,
            () = link.idle() => "calls have ended here".to_owned(),
            () = sleep(Duration::from_millis(CALLS_DRAIN_MS_MAX)) => "not answered before the shutdown".to_owned(),
        }
    }
}

/// Hands out answers until there are no more; says why.
async fn deliver<Req, Resp: Call>(answers: &mut Streaming<Resp>, link: &Link<Req, Resp>) -> String {
    loop {
        match answers.message().await {
            Ok(Some(response)) => link.answered(response),
            Ok(None) => return "the peer ended the stream".to_owned(),
            Err(error) => return error.message().to_owned(),
        }
    }
}

//! Accepted connections: bounded in number, and cut when the server has waited long enough.

use crate::network::{Socket, accept};
use crate::{Listener, Shutdown};
use doors::{Doors, Line, Peer, Received, STANDING_MS, Standing};
use futures::stream::{Stream, StreamExt, unfold};
use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::{Sleep, sleep};
use tokio_util::sync::WaitForCancellationFutureOwned;
use tonic::transport::server::Connected;

/// Connections open at once of whoever shows no certificate. One more is closed at once: another instance may have room.
const CLIENTS_MAX: usize = 16_384;
/// Connections open at once of members of the realm, whom no crowd of clients keeps out.
const MEMBERS_MAX: usize = 1_024;
/// Handshakes at once. For one more, the one that has been at it longest is given up: a crowd that says nothing keeps out nobody who does.
const HANDSHAKES_MAX: usize = 1_024;

/// Longest time from the end of the handshake to the end of the preface, in ms. After it, keepalive notices who hangs.
const OPENING_MS_MAX: u64 = 10_000;
/// Bytes of the preface with which a client begins: <https://www.rfc-editor.org/rfc/rfc9113#section-3.4>.
const PREFACE_BYTES: usize = 24;

/// One connection. Its reads fail once it is cut, which makes the transport close it.
pub(super) struct Connection<S> {
    line: Line<S>,
    peer: Peer,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    opening: Option<Opening>,
    watch: Option<Watch>,
    _place: OwnedSemaphorePermit,
}

/// What of the preface is still to be read, and until when.
struct Opening {
    missing_bytes: usize,
    over: Pin<Box<Sleep>>,
}

/// Whether a member still is one is looked at now and then.
struct Watch {
    standing: Standing,
    next: Pin<Box<Sleep>>,
}

/// How many more connections there is room for.
#[derive(Clone)]
struct Room {
    clients: Arc<Semaphore>,
    members: Arc<Semaphore>,
}

/// Connections as they come past the doors. All of them, taken or not, are cut when `cut` fires.
pub(super) fn connections<L: Listener>(
    listener: L,
    doors: Doors,
    cut: Shutdown,
) -> impl Stream<Item = io::Result<Connection<L::Socket>>> {
    let room = Room::new();
    let accepted = unfold(listener, |listener| async move { Some((accept(&listener).await, listener)) });
    // Tasks, for a handshake is work for a core, and none waits for that of another.
    let mut handshakes = Handshakes::default();
    let received =
        accepted.map(move |stream| handshakes.begin(receive(doors.clone(), stream, room.clone(), cut.clone())));
    // Those that are given up are yet to end.
    received.buffer_unordered(2 * HANDSHAKES_MAX).filter_map(async |received| received.ok().flatten().map(Ok))
}

/// Handshakes in work, in the order in which they began.
#[derive(Default)]
struct Handshakes(VecDeque<AbortHandle>);

impl Handshakes {
    fn begin<T: Send + 'static>(&mut self, handshake: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        if self.0.len() >= HANDSHAKES_MAX {
            self.0.retain(|handshake| !handshake.is_finished());
        }
        if self.0.len() >= HANDSHAKES_MAX
            && let Some(longest) = self.0.pop_front()
        {
            telemetry::metrics().turned_away("connection");
            longest.abort();
        }
        let begun = tokio::spawn(handshake);
        self.0.push_back(begun.abort_handle());
        begun
    }
}

/// None for a connection that did not come past the doors, or for which there is no place.
async fn receive<S: Socket>(doors: Doors, stream: S, room: Room, cut: Shutdown) -> Option<Connection<S>> {
    let received = cut.run_until_cancelled(doors.receive(stream)).await?;
    let taken = received.and_then(|received| Ok((room.take(received.peer)?, received)));
    let told = taken.inspect_err(|error| {
        telemetry::metrics().turned_away("connection");
        tracing::debug!(%error, "a connection did not come past the doors");
    });
    let (place, Received { line, peer, standing }) = told.ok()?;
    let over = Box::pin(sleep(Duration::from_millis(OPENING_MS_MAX)));
    let opening = Some(Opening { missing_bytes: PREFACE_BYTES, over });
    let watch = standing.map(Watch::new);
    Some(Connection { line, peer, cut: Box::pin(cut.cancelled_owned()), opening, watch, _place: place })
}

impl Room {
    fn new() -> Self {
        Self { clients: Arc::new(Semaphore::new(CLIENTS_MAX)), members: Arc::new(Semaphore::new(MEMBERS_MAX)) }
    }

    fn take(&self, peer: Peer) -> io::Result<OwnedSemaphorePermit> {
        let places = if peer.is_member() { &self.members } else { &self.clients };
        let taken = places.clone().try_acquire_owned();
        taken.map_err(|_| io::Error::other("as many connections are open as there may be"))
    }
}

impl Watch {
    fn new(standing: Standing) -> Self {
        Self { standing, next: Box::pin(sleep(Duration::from_millis(STANDING_MS))) }
    }

    /// Whether the member's certificate holds no longer, as far as that was looked at.
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        while self.next.as_mut().poll(cx).is_ready() {
            if !self.standing.holds() {
                return true;
            }
            self.next = Box::pin(sleep(Duration::from_millis(STANDING_MS)));
        }
        false
    }
}

impl<S: Socket> Connected for Connection<S> {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer
    }
}

impl<S: Socket> AsyncRead for Connection<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.cut.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        if self.watch.as_mut().is_some_and(|watch| watch.is_over(cx)) {
            tracing::info!(peer = ?self.peer, "a connection is cut: its certificate holds no longer");
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let before = into.filled().len();
        let read = Pin::new(&mut self.line).poll_read(cx, into);
        let Some(opening) = &mut self.opening else { return read };
        opening.missing_bytes = opening.missing_bytes.saturating_sub(into.filled().len() - before);
        if opening.missing_bytes == 0 {
            self.opening = None;
        } else if read.is_pending() && opening.over.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl<S: Socket> AsyncWrite for Connection<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.line).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.line).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.line).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.line).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.line.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::sync::Mutex;
    use tokio::sync::mpsc::{Receiver, channel};

    struct Dialled(Mutex<Receiver<DuplexStream>>);

    impl Listener for Dialled {
        type Socket = DuplexStream;

        async fn accept(&self) -> io::Result<DuplexStream> {
            match self.0.lock().await.recv().await {
                Some(stream) => Ok(stream),
                None => std::future::pending().await,
            }
        }
    }

    async fn connected() -> (DuplexStream, Connection<DuplexStream>) {
        let (dial, dialled) = channel(1);
        let (here, there) = duplex(64);
        dial.send(there).await.unwrap();
        let incoming = connections(Dialled(Mutex::new(dialled)), Doors::open(), Shutdown::new());
        let connection = Box::pin(incoming).next().await.unwrap().unwrap();
        (here, connection)
    }

    #[tokio::test(start_paused = true)]
    async fn who_connects_and_does_not_say_hello_is_let_go() {
        for said in [0, 1, PREFACE_BYTES - 1] {
            let (mut here, mut connection) = connected().await;
            here.write_all(&vec![b'P'; said]).await.unwrap();
            connection.read_exact(&mut vec![0; said]).await.unwrap();
            let read = connection.read_u8().await;
            assert_eq!(read.unwrap_err().kind(), io::ErrorKind::TimedOut, "after {said} bytes");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_said_hello_may_take_his_time() {
        let (mut here, mut connection) = connected().await;
        here.write_all(&[b'P'; PREFACE_BYTES]).await.unwrap();
        connection.read_exact(&mut [0; PREFACE_BYTES]).await.unwrap();
        let waits = tokio::time::timeout(Duration::from_millis(10 * OPENING_MS_MAX), connection.read_u8());
        assert!(waits.await.is_err());
    }

    #[tokio::test]
    async fn of_too_many_handshakes_the_one_that_takes_longest_is_given_up() {
        let mut handshakes = Handshakes::default();
        assert_eq!(handshakes.begin(async { 1 }).await.unwrap(), 1);
        let mut begun: Vec<_> = (0..=HANDSHAKES_MAX).map(|_| handshakes.begin(std::future::pending::<()>())).collect();
        assert!(begun.remove(0).await.unwrap_err().is_cancelled());
        assert!(!begun.iter().any(JoinHandle::is_finished));
    }

    #[test]
    fn a_place_is_given_back_when_its_connection_ends() {
        let room = Room { clients: Arc::new(Semaphore::new(1)), members: Arc::new(Semaphore::new(0)) };
        let place = room.take(Peer::default()).unwrap();
        assert!(room.take(Peer::default()).is_err());
        drop(place);
        assert!(room.take(Peer::default()).is_ok());
    }
}

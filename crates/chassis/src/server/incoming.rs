//! Accepted connections: bounded in number, and cut when the server has waited long enough.

use crate::{Listener, Shutdown, network::Socket};
use doors::{Doors, Line, Stranger};
use futures::stream::{Stream, StreamExt, unfold};
use std::future::{Future, ready};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep};
use tokio_util::sync::WaitForCancellationFutureOwned;
use tonic::transport::server::Connected;

/// Connections open at once. More wait in the kernel's backlog until one closes.
const CONNECTIONS_MAX: usize = 16_384;
/// Wait after a failed accept, in ms: out of file handles, the next one fails as well.
const ACCEPT_RETRY_MS: u64 = 50;

/// Longest time from a connection's beginning to the first byte of HTTP/2, in ms. After it, keepalive notices who hangs.
const OPENING_MS_MAX: u64 = 10_000;

/// One client's connection. Its reads fail once it is cut, which makes the transport close it.
pub(super) struct Connection<S> {
    line: Line<S>,
    stranger: Stranger,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    /// Until something was read.
    opening: Option<Pin<Box<Sleep>>>,
    _room: OwnedSemaphorePermit,
}

/// Connections as they come past the doors. All of them, taken or not, are cut when `cut` fires.
pub(super) fn connections<L: Listener>(
    listener: L,
    doors: Doors,
    cut: Shutdown,
) -> impl Stream<Item = io::Result<Connection<L::Socket>>> {
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let accepted = unfold((listener, room), |(listener, room)| async move {
        // The semaphore is never closed: an error cannot come, and would end the server rather than spin.
        let permit = room.clone().acquire_owned().await.ok()?;
        Some(((accept(&listener).await, permit), (listener, room)))
    });
    let received = accepted.map(move |(stream, room)| receive(doors.clone(), stream, room, cut.clone()));
    // None waits for the handshake of another.
    received.buffer_unordered(CONNECTIONS_MAX).filter_map(ready).map(Ok)
}

/// None for a connection that did not come past the doors.
async fn receive<S: Socket>(
    doors: Doors,
    stream: S,
    room: OwnedSemaphorePermit,
    cut: Shutdown,
) -> Option<Connection<S>> {
    let received = cut.run_until_cancelled(doors.receive(stream)).await?;
    let told = received.inspect_err(|error| tracing::debug!(%error, "a connection did not come past the doors"));
    let (line, stranger) = told.ok()?;
    let opening = Some(Box::pin(sleep(Duration::from_millis(OPENING_MS_MAX))));
    Some(Connection { line, stranger, cut: Box::pin(cut.cancelled_owned()), opening, _room: room })
}

async fn accept<L: Listener>(listener: &L) -> L::Socket {
    loop {
        match listener.accept().await {
            Ok(stream) => return stream,
            Err(error) => {
                tracing::debug!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(ACCEPT_RETRY_MS)).await;
            }
        }
    }
}

impl<S: Socket> Connected for Connection<S> {
    type ConnectInfo = Stranger;

    fn connect_info(&self) -> Stranger {
        self.stranger
    }
}

impl<S: Socket> AsyncRead for Connection<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.cut.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let before = into.filled().len();
        let read = Pin::new(&mut self.line).poll_read(cx, into);
        let Some(opening) = &mut self.opening else { return read };
        if into.filled().len() > before {
            self.opening = None;
        } else if read.is_pending() && opening.as_mut().poll(cx).is_ready() {
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
    async fn who_connects_and_says_nothing_is_let_go() {
        let (_here, mut connection) = connected().await;
        let read = connection.read_u8().await;
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_said_something_may_take_his_time() {
        let (mut here, mut connection) = connected().await;
        here.write_u8(1).await.unwrap();
        assert_eq!(connection.read_u8().await.unwrap(), 1);
        let waits = tokio::time::timeout(Duration::from_millis(10 * OPENING_MS_MAX), connection.read_u8());
        assert!(waits.await.is_err());
    }
}

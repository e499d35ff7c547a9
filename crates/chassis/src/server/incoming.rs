//! Accepted connections: bounded in number, and cut when the server has waited long enough.

use crate::{Listener, Shutdown, network::Socket};
use futures::stream::{Stream, unfold};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::WaitForCancellationFutureOwned;
use tonic::transport::server::Connected;

/// Connections open at once. More wait in the kernel's backlog until one closes.
const CONNECTIONS_MAX: usize = 16_384;
/// Wait after a failed accept, in ms: out of file handles, the next one fails as well.
const ACCEPT_RETRY_MS: u64 = 50;

/// One client's connection. Its reads fail once it is cut, which makes the transport close it.
pub(super) struct Connection<S> {
    stream: S,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    _room: OwnedSemaphorePermit,
}

/// Connections as they come. All of them, taken or not, are cut when `cut` fires.
pub(super) fn connections<L: Listener>(
    listener: L,
    cut: Shutdown,
) -> impl Stream<Item = io::Result<Connection<L::Socket>>> {
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    unfold((listener, room, cut), |(listener, room, cut)| async move {
        // The semaphore is never closed: an error cannot come, and would end the server rather than spin.
        let permit = room.clone().acquire_owned().await.ok()?;
        let stream = accept(&listener).await;
        let cut_off = Box::pin(cut.clone().cancelled_owned());
        Some((Ok(Connection { stream, cut: cut_off, _room: permit }), (listener, room, cut)))
    })
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
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl<S: Socket> AsyncRead for Connection<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.cut.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl<S: Socket> AsyncWrite for Connection<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

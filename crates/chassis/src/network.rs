//! How instances reach one another: over TCP, unless a simulation gives them another way.

use futures::future::BoxFuture;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tonic::transport::Uri;

/// One connection's bytes.
pub trait Socket: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Socket for S {}

/// Where connections come in.
pub trait Listener: Send + 'static {
    type Socket: Socket;

    /// The next connection. An error is of that one only: the next may be asked for.
    fn accept(&self) -> impl Future<Output = io::Result<Self::Socket>> + Send;
}

impl Listener for TcpListener {
    type Socket = TcpStream;

    async fn accept(&self) -> io::Result<TcpStream> {
        let (stream, _) = TcpListener::accept(self).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

type Dial = dyn Fn(Uri) -> BoxFuture<'static, io::Result<Box<dyn Socket>>> + Send + Sync;

/// Where connections go out. Cheap to clone.
#[derive(Clone, Default)]
pub struct Network(pub(crate) Option<Arc<Dial>>);

impl Network {
    /// The machine's own.
    pub fn tcp() -> Self {
        Self::default()
    }

    /// A network of whatever `dial` connects to.
    pub fn of(dial: impl Fn(Uri) -> BoxFuture<'static, io::Result<Box<dyn Socket>>> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(dial)))
    }
}

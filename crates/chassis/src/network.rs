//! How instances reach one another: over TCP, unless a simulation gives them another way.

use crate::Bearer;
use doors::{Member, Outward};
use futures::future::BoxFuture;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tonic::transport::Uri;

/// Wait after a failed accept, in ms: out of file handles, the next one fails as well.
const ACCEPT_RETRY_MS: u64 = 50;

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

/// The next connection, however many fail before.
pub(crate) async fn accept<L: Listener>(listener: &L) -> L::Socket {
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

type Dial = dyn Fn(Uri) -> BoxFuture<'static, io::Result<Box<dyn Socket>>> + Send + Sync;

/// Where connections go out, and as whose. Cheap to clone.
#[derive(Clone, Default)]
pub struct Network {
    /// None: over TCP.
    dial: Option<Arc<Dial>>,
    /// None: in plaintext.
    pub(crate) outward: Option<Outward>,
    pub(crate) bearer: Option<Bearer>,
}

impl Network {
    /// The machine's own.
    pub fn tcp() -> Self {
        Self::default()
    }

    /// A network of whatever `dial` connects to.
    pub fn of(dial: impl Fn(Uri) -> BoxFuture<'static, io::Result<Box<dyn Socket>>> + Send + Sync + 'static) -> Self {
        Self { dial: Some(Arc::new(dial)), ..Self::default() }
    }

    /// This network, on which all that goes out is encrypted.
    #[must_use]
    pub fn encrypted(self, outward: Outward) -> Self {
        Self { outward: Some(outward), ..self }
    }

    /// This network, on which each call bears a token.
    #[must_use]
    pub fn bearing(self, bearer: Bearer) -> Self {
        Self { bearer: Some(bearer), ..self }
    }

    /// A connection to where `uri` is; where it is encrypted, to `expected` and nobody else.
    pub(crate) async fn connect(self, uri: Uri, expected: Option<Member>) -> io::Result<Box<dyn Socket>> {
        let host = uri.host().unwrap_or_default().to_owned();
        let socket = match &self.dial {
            Some(dial) => dial(uri).await?,
            None => tcp(&host, uri.port_u16()).await?,
        };
        match &self.outward {
            Some(outward) => Ok(Box::new(outward.encrypt(socket, &host, expected).await?)),
            None => Ok(socket),
        }
    }
}

async fn tcp(host: &str, port: Option<u16>) -> io::Result<Box<dyn Socket>> {
    // In a URI an IPv6 address stands in brackets.
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = port.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the address has no port"))?;
    let stream = TcpStream::connect((host, port)).await?;
    stream.set_nodelay(true)?;
    Ok(Box::new(stream))
}

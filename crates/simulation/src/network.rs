//! The services' network, simulated.

use chassis::{Listener, Network, Socket};
use futures::FutureExt;
use std::io;
use std::net::Ipv4Addr;
use turmoil::net::{TcpListener, TcpStream};

/// Every service listens here, on its own host.
pub const PORT: u16 = 7_000;

pub fn address(host: &str) -> String {
    format!("http://{host}:{PORT}")
}

/// This host's own door.
pub struct Door(TcpListener);

impl Door {
    pub async fn open() -> io::Result<Self> {
        Ok(Self(TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT)).await?))
    }
}

impl Listener for Door {
    type Socket = TcpStream;

    async fn accept(&self) -> io::Result<TcpStream> {
        Ok(self.0.accept().await?.0)
    }
}

/// Connections from the host that runs the caller.
pub fn network() -> Network {
    Network::of(|uri| {
        async move {
            let host = uri.host().unwrap_or_default().to_owned();
            let stream = TcpStream::connect((host, uri.port_u16().unwrap_or(PORT))).await?;
            Ok(Box::new(stream) as Box<dyn Socket>)
        }
        .boxed()
    })
}

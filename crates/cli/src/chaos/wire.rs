//! What lies between a process and all who connect to it: bytes go through as they come, until the wire is cut.

use super::owner::owner_of;
use anyhow::Result;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OnceCell, Semaphore, watch};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::sleep;

/// Connections through one wire at once.
const CONNECTIONS_MAX: usize = 1_024;
const CHUNK_BYTES: usize = 64 * 1024;

/// How a wire carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    Whole,
    /// What the process of this id has open is closed, and what it opens is closed at once.
    Cut(u32),
    /// Nothing of the process of this id comes through and nothing is closed: neither end can tell. It comes through afterwards.
    Held(u32),
    /// Everything takes so much longer.
    Slow(Duration),
}

pub struct Wire {
    pub address: SocketAddr,
    flow: watch::Sender<Flow>,
    carrying: JoinHandle<()>,
}

impl Wire {
    /// To `target`, which may come later.
    pub async fn to(target: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let (flow, flows) = watch::channel(Flow::Whole);
        Ok(Self { address: listener.local_addr()?, flow, carrying: tokio::spawn(accept(listener, target, flows)) })
    }

    pub fn set(&self, flow: Flow) {
        self.flow.send_replace(flow);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.carrying.abort();
    }
}

async fn accept(listener: TcpListener, target: SocketAddr, flows: watch::Receiver<Flow>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    while let Ok(permit) = room.clone().acquire_owned().await {
        // An accept that fails is one connection that was given up meanwhile.
        let Ok((client, _)) = listener.accept().await else { continue };
        let flows = flows.clone();
        tokio::spawn(async move {
            // Either end may go away at any time: that is what wires are for.
            let _ = carry(client, target, flows).await;
            drop(permit);
        });
    }
}

async fn carry(client: TcpStream, target: SocketAddr, flows: watch::Receiver<Flow>) -> io::Result<()> {
    let owner = Owner { peer: client.peer_addr()?, here: client.local_addr()?, found: OnceCell::new() };
    let carrying = async {
        owner.until_let_through(flows.clone()).await;
        let server = TcpStream::connect(target).await?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
        let there = pump(from_client, to_server, &owner, flows.clone());
        let back = pump(from_server, to_client, &owner, flows.clone());
        tokio::try_join!(there, back).map(drop)
    };
    tokio::select! {
        carried = carrying => carried,
        () = owner.until_cut(flows.clone()) => Ok(()),
    }
}

/// Whose a connection is. Found out once it matters: looking through all processes takes longer than a busy machine has for each
/// of a thousand that come again at the same time.
struct Owner {
    peer: SocketAddr,
    here: SocketAddr,
    found: OnceCell<Option<u32>>,
}

impl Owner {
    async fn until_cut(&self, mut flows: watch::Receiver<Flow>) {
        while !matches!(now(&mut flows), Flow::Cut(cut) if self.is(cut).await) && flows.changed().await.is_ok() {}
    }

    async fn until_let_through(&self, mut flows: watch::Receiver<Flow>) {
        while matches!(now(&mut flows), Flow::Held(who) | Flow::Cut(who) if self.is(who).await)
            && flows.changed().await.is_ok()
        {}
    }

    async fn is(&self, process: u32) -> bool {
        let (peer, here) = (self.peer, self.here);
        let find = || async move { spawn_blocking(move || owner_of(peer, here)).await.ok().flatten() };
        *self.found.get_or_init(find).await == Some(process)
    }
}

fn now(flows: &mut watch::Receiver<Flow>) -> Flow {
    *flows.borrow_and_update()
}

/// Carries one way until that end is closed.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut into: impl AsyncWrite + Unpin,
    owner: &Owner,
    flows: watch::Receiver<Flow>,
) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let length = from.read(&mut chunk).await?;
        owner.until_let_through(flows.clone()).await;
        let flow = *flows.borrow();
        if let Flow::Slow(by) = flow {
            sleep(by).await;
        }
        if length == 0 {
            return into.shutdown().await;
        }
        into.write_all(&chunk[..length]).await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::timeout;

    const SOON: Duration = Duration::from_secs(5);
    const NOT_YET: Duration = Duration::from_millis(100);

    /// An end that answers every byte, and a wire to it.
    async fn wired() -> Wire {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let wire = Wire::to(listener.local_addr().unwrap()).await.unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut into) = stream.into_split();
                    tokio::io::copy(&mut from, &mut into).await
                });
            }
        });
        wire
    }

    async fn echo(stream: &mut TcpStream) -> io::Result<u8> {
        stream.write_all(&[7]).await?;
        stream.read_u8().await
    }

    #[tokio::test]
    async fn a_cut_wire_closes_what_is_open_and_what_is_opened_until_it_is_whole() {
        let wire = wired().await;
        let mut stream = TcpStream::connect(wire.address).await.unwrap();
        assert_eq!(echo(&mut stream).await.unwrap(), 7);
        wire.set(Flow::Cut(std::process::id()));
        assert!(timeout(SOON, stream.read_u8()).await.unwrap().is_err());
        let mut other = TcpStream::connect(wire.address).await.unwrap();
        assert!(timeout(SOON, echo(&mut other)).await.unwrap().is_err());
        wire.set(Flow::Whole);
        let mut again = TcpStream::connect(wire.address).await.unwrap();
        assert_eq!(timeout(SOON, echo(&mut again)).await.unwrap().unwrap(), 7);
    }

    #[tokio::test]
    async fn what_a_wire_holds_comes_through_afterwards() {
        let wire = wired().await;
        let mut stream = TcpStream::connect(wire.address).await.unwrap();
        assert_eq!(echo(&mut stream).await.unwrap(), 7);
        wire.set(Flow::Held(std::process::id()));
        stream.write_all(&[8]).await.unwrap();
        assert!(timeout(NOT_YET, stream.read_u8()).await.is_err());
        wire.set(Flow::Whole);
        assert_eq!(timeout(SOON, stream.read_u8()).await.unwrap().unwrap(), 8);
    }

    #[tokio::test]
    async fn a_wire_that_is_cut_for_others_carries() {
        let wire = wired().await;
        wire.set(Flow::Cut(1));
        let mut stream = TcpStream::connect(wire.address).await.unwrap();
        assert_eq!(timeout(SOON, echo(&mut stream)).await.unwrap().unwrap(), 7);
    }
}

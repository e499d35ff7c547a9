//! The metrics' page, over a real socket.

use chassis::{SCRAPE_PATH, Shutdown, serve_metrics};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// More connections than are answered at once.
const OTHERS: usize = 20;

async fn served(shutdown: &Shutdown) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve_metrics(listener, shutdown.clone()));
    address
}

/// All that is answered to one request, until the connection is closed.
async fn answer(address: SocketAddr, method: &str, path: &str) -> String {
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(format!("{method} {path} HTTP/1.1\r\nHost: here\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn metrics_are_at_one_path_and_are_only_read() {
    let shutdown = Shutdown::new();
    let address = served(&shutdown).await;
    telemetry::metrics().lease_renewed("mover");
    let told = answer(address, "GET", SCRAPE_PATH).await;
    assert!(told.starts_with("HTTP/1.1 200 OK\r\n") && told.contains(telemetry::TEXT_TYPE), "{told}");
    assert!(told.contains("\nmuster_lease_age_seconds{role=\"mover\"} ") && told.ends_with("# EOF\n"), "{told}");
    assert!(answer(address, "POST", SCRAPE_PATH).await.starts_with("HTTP/1.1 405 "));
    assert!(answer(address, "GET", "/").await.starts_with("HTTP/1.1 404 "));
}

#[tokio::test]
async fn whoever_opens_connections_without_end_is_sent_away_and_those_before_are_answered() {
    let shutdown = Shutdown::new();
    let address = served(&shutdown).await;
    let mut first = TcpStream::connect(address).await.unwrap();
    // One that has a place waits for the rest of what is asked; one that has none is closed.
    let mut others = FuturesUnordered::new();
    for _ in 0..OTHERS {
        let mut other = TcpStream::connect(address).await.unwrap();
        other.write_all(b"GET").await.unwrap();
        others.push(async move { other.read_u8().await });
    }
    assert!(others.next().await.unwrap().is_err(), "nothing was asked yet");
    first.write_all(b"GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n").await.unwrap();
    let mut told = String::new();
    first.read_to_string(&mut told).await.unwrap();
    assert!(told.starts_with("HTTP/1.1 200 OK\r\n"), "{told}");
}

#[tokio::test]
async fn at_shutdown_open_connections_end() {
    let shutdown = Shutdown::new();
    let address = served(&shutdown).await;
    let mut waiting = TcpStream::connect(address).await.unwrap();
    waiting.write_all(b"GET").await.unwrap();
    shutdown.cancel();
    let mut told = Vec::new();
    // Closed or reset: either way it ends.
    let _ = waiting.read_to_end(&mut told).await;
    assert!(told.is_empty());
}

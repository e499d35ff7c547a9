//! The door for HTTP, over real sockets.

use chassis::{HttpLimits, Shutdown, serve_http};
use http_body_util::Full;
use hyper::Response;
use hyper::body::Bytes;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};

const LONG: Duration = Duration::from_secs(3_600);
const SHORT: Duration = Duration::from_secs(1);
/// Far longer than that, on a busy machine too.
const CLOSED_MAX: Duration = Duration::from_secs(60);
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n";

/// A connection to a door of these limits, which answers `yes` to everything.
async fn connected(head_wait_max: Duration, open_max: Duration) -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let limits = HttpLimits { connections_max: 1, head_wait_max, open_max, keep_alive: true };
    let respond = |_| async { Ok(Response::new(Full::new(Bytes::from_static(b"yes")))) };
    tokio::spawn(serve_http(listener, limits, respond, Shutdown::new()));
    TcpStream::connect(address).await.unwrap()
}

/// Asks once, and reads the answer to its end.
async fn ask(connection: &mut TcpStream) {
    connection.write_all(REQUEST).await.unwrap();
    let mut told = Vec::new();
    while !told.ends_with(b"yes") {
        assert_ne!(connection.read_buf(&mut told).await.unwrap(), 0, "{}", String::from_utf8_lossy(&told));
    }
}

/// Waits until the other end closed, which it must not do before it was silent for long enough.
async fn is_closed(mut connection: TcpStream) {
    let (mut rest, silent_since) = (Vec::new(), Instant::now());
    // Closed or reset: either way it ends.
    let _ = timeout(CLOSED_MAX, connection.read_to_end(&mut rest)).await.expect("it is closed");
    assert!(silent_since.elapsed() > SHORT / 2, "closed after {:?}", silent_since.elapsed());
}

#[tokio::test]
async fn whoever_keeps_silent_is_sent_away_before_his_request_and_between_two() {
    let mut at_once = connected(SHORT, LONG).await;
    at_once.write_all(b"GET").await.unwrap();
    is_closed(at_once).await;
    let mut later = connected(SHORT, LONG).await;
    ask(&mut later).await;
    is_closed(later).await;
}

#[tokio::test]
async fn no_connection_is_open_for_ever() {
    is_closed(connected(LONG, SHORT).await).await;
}

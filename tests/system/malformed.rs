//! What is no HTTP/2, or too much of it: whoever sends it is cut off or told so, and everybody else is served as before.

use crate::fixture::{Fixture, On};
use anyhow::{Context, Result, ensure};
use api::v1;
use api::v1::queue_client::QueueClient;
use api::v1::session_request::Op;
use domain::Role;
use futures::{StreamExt, stream};
use sandbox::Counts;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tonic::Code;
use tonic::metadata::MetadataValue;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// A connection that is not cut off within this time is kept.
const CUT_WITHIN: Duration = Duration::from_secs(10);
const RESETS: u32 = 5_000;
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// `:method POST, :scheme http, :path /` out of HPACK's static table: <https://www.rfc-editor.org/rfc/rfc7541#appendix-A>.
const A_REQUEST: &[u8] = &[0x83, 0x86, 0x84];

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

fn after_the_preface(frames: &[Vec<u8>]) -> Vec<u8> {
    [PREFACE, &frame(SETTINGS, 0, 0, &[]), &frames.concat()].concat()
}

/// Each with what is wrong with it.
pub fn junk(resets: u32) -> Vec<(&'static str, Vec<u8>)> {
    let reset = |stream: u32| {
        let opened = frame(HEADERS, END_HEADERS | END_STREAM, stream, A_REQUEST);
        [opened, frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes())].concat()
    };
    let endless = |_| frame(CONTINUATION, 0, 1, &[0x40, 1, b'a', 1, b'b'].repeat(1_000));
    let with_headers = |payload: &[u8]| after_the_preface(&[frame(HEADERS, END_HEADERS | END_STREAM, 1, payload)]);
    vec![
        ("HTTP/1.1", b"POST /muster.v1.Queue/Enqueue HTTP/1.1\r\nHost: x\r\n\r\n".to_vec()),
        ("noise", vec![0x5a; 4_096]),
        ("a frame longer than was agreed on", after_the_preface(&[frame(DATA, 0, 1, &vec![0; 1 << 20])])),
        ("data of no stream", after_the_preface(&[frame(DATA, 0, 0, b"data")])),
        ("headers that are cut off", with_headers(&[0x40, 0x7f])),
        ("headers of a table that is empty", with_headers(&[0xff, 0xff, 0x7f])),
        ("an even stream", after_the_preface(&[frame(HEADERS, END_HEADERS | END_STREAM, 2, A_REQUEST)])),
        ("settings of half a size", after_the_preface(&[frame(SETTINGS, 0, 0, &[0; 5])])),
        (
            "a window without end",
            after_the_preface(&[
                frame(WINDOW_UPDATE, 0, 0, &0x7fff_ffff_u32.to_be_bytes()),
                frame(WINDOW_UPDATE, 0, 0, &0x7fff_ffff_u32.to_be_bytes()),
            ]),
        ),
        (
            "headers without end",
            after_the_preface(&[vec![frame(HEADERS, 0, 1, A_REQUEST)], (0..1_000).map(endless).collect()].concat()),
        ),
        (
            "streams that are opened and reset",
            after_the_preface(&(0..resets).map(|n| reset(2 * n + 1)).collect::<Vec<_>>()),
        ),
    ]
}

/// Sends it, and waits until the other side has had enough.
pub async fn is_cut_off(address: &str, sent: &[u8]) -> Result<()> {
    let (mut reading, mut writing) = TcpStream::connect(address).await?.into_split();
    let sent = sent.to_vec();
    let sending = tokio::spawn(async move {
        // It may be cut off in the middle.
        let _ = writing.write_all(&sent).await;
        writing
    });
    let mut answer = Vec::new();
    let ended = timeout(CUT_WITHIN, reading.read_to_end(&mut answer)).await;
    drop(sending.await?);
    ended.map(drop).context("the connection is kept")
}

#[tokio::test(flavor = "multi_thread")]
async fn who_speaks_no_http_2_is_cut_off_and_others_are_served() -> Result<()> {
    let fixture = Fixture::open(On::Memory, Counts::ONE_EACH).await?;
    let mut ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
    let address = fixture.address(Role::Orchestrator, 0)?;
    for (what, sent) in junk(RESETS) {
        is_cut_off(address.trim_start_matches("http://"), &sent).await.with_context(|| what.to_owned())?;
        ensure!(fixture.store().waiting().await? == 1, "{what}");
    }
    let mut bob = fixture.player("bob", 1500.0)?.enqueues("duel").await?;
    ann.is_matched_with(&mut bob).await?;
    Ok(())
}

/// Or what comes after it would be lost without a word.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_too_long_ends_its_stream_and_says_so() -> Result<()> {
    let fixture = Fixture::open(On::Memory, Counts::ONE_EACH).await?;
    let mut queue = QueueClient::new(chassis::channel(&fixture.address(Role::Orchestrator, 0)?)?);
    let enqueue = |call: u64, id: String| {
        let players = vec![v1::Player { id, rating: 1500.0, ..Default::default() }];
        let enqueue = v1::EnqueueRequest { queues: vec!["duel".to_owned()], players, ..Default::default() };
        v1::SessionRequest { call, op: Some(Op::Enqueue(enqueue)), ..Default::default() }
    };
    let asks = [enqueue(1, "ann".to_owned()), enqueue(2, "x".repeat(3 << 20)), enqueue(3, "bob".to_owned())];
    let mut answers = queue.session(stream::iter(asks).chain(stream::pending())).await?.into_inner();
    ensure!(answers.message().await?.context("ann is answered")?.call == 1);
    let status = answers.message().await.err().context("the stream tells why it ends")?;
    ensure!(status.code() == Code::OutOfRange, "{status:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_are_too_long_are_refused_and_nothing_is_written() -> Result<()> {
    let fixture = Fixture::open(On::Memory, Counts::ONE_EACH).await?;
    let mut queue = QueueClient::new(chassis::channel(&fixture.address(Role::Orchestrator, 0)?)?);
    let mut request = tonic::Request::new(v1::EnqueueRequest {
        queues: vec!["duel".to_owned()],
        players: vec![v1::Player { id: "ann".to_owned(), rating: 1500.0, ..Default::default() }],
        ..Default::default()
    });
    request.metadata_mut().insert("long", MetadataValue::try_from("x".repeat(20_000))?);
    let refused = queue.enqueue(request).await.err().context("refused")?;
    ensure!(refused.message().contains("431") && fixture.store().waiting().await? == 0, "{refused}");
    Ok(())
}

//! The page, in a real browser, on a real system of processes.

use crate::browser::Browser;
use crate::fixture::REALM;
use crate::processes::{MUSTER, Processes};
use crate::trace::NONE;
use crate::trace::receiver::Receiver;
use anyhow::{Context, Result, bail};
use domain::Role;
use sandbox::{Counts, WAIT_MAX};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::time::timeout;

const TWO_MATCHMAKERS: Counts = Counts { matchmakers: 2, ..Counts::ONE_EACH };
const LINKED: &str = "return document.getElementById('link').textContent === 'live'";
const LINK: &str = "return document.getElementById('link').textContent";
const PAGE: &str = "return document.querySelector('main').innerText";
const DETAILS: &str = "return document.getElementById('details').innerText";

/// A monitor in a process of its own. Killed on drop.
struct Monitor {
    address: String,
    child: Child,
}

impl Monitor {
    async fn start(processes: &Processes, more: &[&str]) -> Result<Self> {
        Self::start_at(processes, "127.0.0.1:0", more).await
    }

    async fn start_at(processes: &Processes, listen: &str, more: &[&str]) -> Result<Self> {
        let mut command = Command::new(MUSTER);
        command
            .args(["monitor", "--insecure", "--redis", processes.redis(), "--realm", REALM, "--listen", listen])
            .args(more);
        command.env("RUST_LOG", "error").stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("its output")?).lines();
        let first = timeout(WAIT_MAX, lines.next_line()).await??.context("it says where it is")?;
        let address = first.strip_prefix("monitor http://").context(first.clone())?.to_owned();
        Ok(Self { address, child })
    }

    fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Is killed, and started again where it was.
    async fn comes_back(mut self, processes: &Processes) -> Result<Self> {
        self.child.kill().await?;
        Self::start_at(processes, &self.address, &["--spawn"]).await
    }

    /// The status of what it answers to a request of these lines.
    async fn answers(&self, lines: &[&str], body: &str) -> Result<u16> {
        let mut stream = TcpStream::connect(&self.address).await?;
        let head = lines.join("\r\n");
        let request = format!("{head}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        timeout(WAIT_MAX, stream.read_to_end(&mut answer)).await??;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        Ok(answer.split(' ').nth(1).context(answer.clone())?.parse()?)
    }
}

/// Whether there is a card of an instance.
fn card(id: &str) -> String {
    format!("return document.querySelector('[data-instance=\"{id}\"]') !== null")
}

/// Whether the card of an instance says it.
fn card_says(id: &str, text: &str) -> String {
    format!("return (document.querySelector('[data-instance=\"{id}\"]')?.innerText ?? '').includes('{text}')")
}

async fn opens(monitor: &Monitor) -> Result<Browser> {
    let browser = Browser::open().await?;
    browser.goes_to(&monitor.url()).await?;
    browser.shows("the page to be live", LINKED, LINK).await?;
    Ok(browser)
}

#[tokio::test(flavor = "multi_thread")]
async fn players_who_are_spawned_from_the_page_travel_to_a_match_and_can_be_asked_about() -> Result<()> {
    let processes = Processes::start(Counts::ONE_EACH).await?;
    let monitor = Monitor::start(&processes, &["--spawn"]).await?;
    let browser = opens(&monitor).await?;
    let orchestrator = processes.of(Role::Orchestrator, 0)?.id.to_string();
    let playserver = processes.of(Role::Playserver, 0)?.id.to_string();
    for role in Role::ALL {
        let id = processes.of(role, 0)?.id.to_string();
        browser.shows(&format!("a card of {id}"), &card(&id), PAGE).await?;
    }
    browser.shows("which mover leads", &card_says(processes.of(Role::Mover, 0)?.id.as_str(), "leads"), PAGE).await?;

    browser.writes("#rating", "1600").await?;
    browser.clicks("#one").await?;
    browser.shows("one who waits", &card_says(&orchestrator, "guest-"), PAGE).await?;
    browser.clicks(&format!("[data-instance='{orchestrator}'] .chip")).await?;
    browser
        .shows(
            "why he waits",
            "return document.getElementById('details').innerText.includes('Why it waits in duel')",
            DETAILS,
        )
        .await?;
    browser.clicks("#close").await?;

    browser.clicks("#one").await?;
    browser.shows("both at a playserver", &card_says(&playserver, "guest-"), PAGE).await?;
    browser.clicks(&format!("[data-instance='{playserver}'] .chip")).await?;
    let is_told = "const text = document.getElementById('details').innerText;
        return text.includes('Match') && text.includes('Costs') && text.includes('1,600')";
    browser.shows("his match", is_told, DETAILS).await?;
    browser.clicks("#close").await?;
    browser.clicks("#stop").await?;
    let are_gone = "return [...document.querySelectorAll('.chip')].length === 0";
    browser.shows("all of them go", are_gone, PAGE).await?;
    browser.closes().await
}

/// A viewer of traces: `/ID` shows what `receiver` has of that trace. Answers where it is.
async fn views(receiver: Arc<Receiver>) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = String::new();
            let mut lines = BufReader::new(&mut stream);
            if lines.read_line(&mut request).await.is_ok() {
                let id = request.trim_start_matches("GET /").split(' ').next().unwrap_or_default();
                let tree = receiver.tree(id).to_string();
                let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n";
                let answer = format!("{head}Content-Length: {}\r\n\r\n{tree}", tree.len());
                // A browser that is gone reads nothing.
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        }
    });
    Ok(address)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trace_of_who_was_spawned_is_opened_from_the_page() -> Result<()> {
    let receiver = Arc::new(Receiver::start().await?);
    let processes = Processes::start_observed(Counts::ONE_EACH, Some(&receiver.endpoint), NONE).await?;
    let traces = format!("{}/{{trace_id}}", views(receiver.clone()).await?);
    let monitor = Monitor::start(&processes, &["--spawn", "--traces", &traces]).await?;
    let browser = opens(&monitor).await?;
    for _ in 0..2 {
        browser.clicks("#one").await?;
    }
    let playserver = processes.of(Role::Playserver, 0)?.id.to_string();
    browser.shows("both at a playserver", &card_says(&playserver, "guest-"), PAGE).await?;
    browser.clicks(&format!("[data-instance='{playserver}'] .chip")).await?;
    let is_linked = "return document.querySelector('#details a[target=_blank]') !== null";
    browser.shows("a link to his trace", is_linked, DETAILS).await?;
    browser.clicks("#details a[target=_blank]").await?;
    browser.turns_to_the_new_window().await?;
    // Spans come in batches: the page shows those that are there.
    let is_whole = "const text = document.body.innerText;
        if (['muster.enqueue', 'muster.commit', 'muster.tell'].every((name) => text.includes(name))) return true;
        location.reload(); return false";
    browser.shows("his way to the match", is_whole, "return document.body.innerText").await?;
    browser.closes().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_is_killed_goes_from_the_page_and_one_that_starts_appears() -> Result<()> {
    let mut processes = Processes::start(TWO_MATCHMAKERS).await?;
    let monitor = Monitor::start(&processes, &["--spawn"]).await?;
    let browser = opens(&monitor).await?;
    let killed = processes.take(Role::Matchmaker, 0)?;
    let (gone, stays) = (killed.id.to_string(), processes.of(Role::Matchmaker, 0)?.id.to_string());
    for id in [&gone, &stays] {
        browser.shows(&format!("a card of {id}"), &card_says(id, "in work"), PAGE).await?;
    }
    killed.dies().await?;
    let is_gone = format!("return document.querySelector('[data-instance=\"{gone}\"]') === null");
    browser.shows("its card to go", &is_gone, PAGE).await?;
    browser.shows("the other's to stay", &card(&stays), PAGE).await?;
    browser.closes().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_goes_on_when_the_monitor_comes_back() -> Result<()> {
    let processes = Processes::start(Counts::ONE_EACH).await?;
    let monitor = Monitor::start(&processes, &["--spawn"]).await?;
    let browser = opens(&monitor).await?;
    browser.says("window.stayed = true").await?;
    let monitor = monitor.comes_back(&processes).await?;
    let orchestrator = processes.of(Role::Orchestrator, 0)?.id.to_string();
    let ann = processes.player("ann", 1500.0)?.enqueues("duel").await?;
    browser.shows("who came meanwhile", &card_says(&orchestrator, "ann"), PAGE).await?;
    browser.shows("the page not to be loaded again", "return window.stayed === true", LINK).await?;
    drop((ann, monitor));
    browser.closes().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_is_drained_from_the_page_where_that_is_allowed() -> Result<()> {
    let mut processes = Processes::start_drainable(Counts { sweepers: 2, ..Counts::ONE_EACH }).await?;
    let monitor = Monitor::start(&processes, &[]).await?;
    let browser = opens(&monitor).await?;
    let drained = processes.take(Role::Sweeper, 0)?;
    browser.shows("its card", &card_says(drained.id.as_str(), "Drain"), PAGE).await?;
    browser.says("window.confirm = () => true").await?;
    browser.clicks(&format!("[data-instance='{}'] button.warn", drained.id)).await?;
    let is_gone = format!("return document.querySelector('[data-instance=\"{}\"]') === null", drained.id);
    browser.shows("its card to go", &is_gone, PAGE).await?;
    drained.has_left().await?;
    let is_hidden = "return document.getElementById('controls').hidden";
    browser.shows("no buttons that let players come, for this monitor may not", is_hidden, PAGE).await?;
    browser.closes().await
}

#[tokio::test(flavor = "multi_thread")]
async fn other_sites_cannot_use_the_page() -> Result<()> {
    let processes =
        Processes::start(Counts { sweepers: 1, orchestrators: 0, matchmakers: 0, movers: 1, playservers: 0 }).await?;
    let monitor = Monitor::start(&processes, &["--spawn"]).await?;
    let host = format!("Host: {}", monitor.address);
    let own = format!("Origin: http://{}", monitor.address);
    let (stop, json) = ("POST /stop HTTP/1.1", "Content-Type: application/json");
    assert_eq!(monitor.answers(&["GET / HTTP/1.1", &host], "").await?, 200);
    assert_eq!(monitor.answers(&["GET / HTTP/1.1", "Host: rebound.example"], "").await?, 403);
    assert_eq!(monitor.answers(&[stop, &host, json], "{}").await?, 403, "without the page's header");
    let foreign = [stop, &host, json, "X-Muster: page", "Origin: http://evil.example"];
    assert_eq!(monitor.answers(&foreign, "{}").await?, 403);
    match monitor.answers(&[stop, &host, json, "X-Muster: page", &own], "{}").await? {
        // Nobody looks at the page, so there is nothing to stop.
        503 => Ok(()),
        status => bail!("answered {status}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_page_closes_its_stream() -> Result<()> {
    let processes =
        Processes::start(Counts { sweepers: 1, orchestrators: 0, matchmakers: 0, movers: 1, playservers: 0 }).await?;
    let monitor = Monitor::start(&processes, &[]).await?;
    let browser = opens(&monitor).await?;
    let hide = |hidden: bool| {
        format!(
            "Object.defineProperty(document, 'hidden', {{ value: {hidden}, configurable: true }});
             document.dispatchEvent(new Event('visibilitychange'))"
        )
    };
    browser.says(&hide(true)).await?;
    browser
        .shows("that it pauses", "return document.getElementById('link').textContent.startsWith('paused')", LINK)
        .await?;
    browser.says(&hide(false)).await?;
    browser.shows("that it goes on", LINKED, LINK).await?;
    timeout(Duration::from_secs(30), browser.closes()).await?
}

//! Locked doors: who comes in, who does not, and that whoever does not leaves nothing behind.

pub mod credentials;

use crate::dev::own_host;
use crate::fixture::REALM;
use crate::processes::{MUSTER, Processes};
use crate::raw::Raw;
use anyhow::{Context, Result, ensure};
use api::v1::inspect_client::InspectClient;
use api::v1::{self, Change, TicketState};
use bytes::Bytes;
use chassis::Network;
use credentials::{Credential, Keys};
use domain::{Cursor, Role};
use futures::StreamExt;
use prost_reflect::prost::Message;
use sandbox::{Counts, wait_until};
use std::time::Duration;
use store::Subject;
use tokio::process::Command;
use tonic::client::Grpc;
use tonic::{Code, Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

/// A stream that says nothing for as long has let its caller in.
const SILENT: Duration = Duration::from_millis(100);
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);
const LISTED_MAX: usize = 1_000;
const BOB: &str = "bob";
const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// One call, and who may make it.
struct Call {
    path: &'static str,
    role: Role,
    request: Vec<u8>,
    allowed: &'static [&'static str],
    /// As which others may be told that there is nothing of theirs.
    hidden: bool,
}

fn player(id: &str) -> v1::Player {
    v1::Player { id: id.to_owned(), rating: 1500.0, ..Default::default() }
}

pub fn enqueue(id: &str) -> v1::EnqueueRequest {
    v1::EnqueueRequest { queues: vec!["duel".to_owned()], players: vec![player(id)], ..Default::default() }
}

/// Every method of the contract, asked for something of bob's, who waits in `ticket`.
fn calls(ticket: &str) -> Vec<Call> {
    use Role::{Matchmaker, Mover, Orchestrator, Playserver};
    let (ticket_id, player_id) = (ticket.to_owned(), BOB.to_owned());
    let match_id = "0".repeat(32);
    let watch = |subject| v1::WatchRequest { subject: Some(subject), ..Default::default() };
    let bobs = watch(v1::watch_request::Subject::PlayerId(player_id.clone()));
    let bobs_ticket = watch(v1::watch_request::Subject::TicketId(ticket_id.clone()));
    let cancel = v1::CancelRequest { ticket_id: ticket_id.clone(), ..Default::default() };
    let of_ticket = v1::GetTicketRequest { ticket_id: ticket_id.clone(), ..Default::default() };
    let of_player = v1::GetTicketRequest { player_id: player_id.clone(), ..Default::default() };
    let session =
        v1::SessionRequest { op: Some(v1::session_request::Op::Enqueue(enqueue("carl"))), ..Default::default() };
    let follow = v1::FollowRequest { op: Some(v1::follow_request::Op::Follow(bobs.clone())), ..Default::default() };
    let explain = v1::ExplainRequest { ticket_id, ..Default::default() };
    let acknowledge = v1::AcknowledgeRequest { match_id: match_id.clone(), player_id, ..Default::default() };
    let end = v1::EndMatchRequest { match_id, ..Default::default() };
    let call = |path, role, request, allowed| Call { path, role, request, allowed, hidden: false };
    let hidden = |path, role, request, allowed| Call { path, role, request, allowed, hidden: true };
    const REALM_SERVER: &[&str] = &["realm server"];
    const SEEN: &[&str] = &["realm server", "monitor"];
    vec![
        call("/muster.v1.Queue/Enqueue", Orchestrator, enqueue(BOB).encode_to_vec(), REALM_SERVER),
        call("/muster.v1.Queue/GetTicket", Orchestrator, of_player.encode_to_vec(), SEEN),
        hidden("/muster.v1.Queue/GetTicket", Orchestrator, of_ticket.encode_to_vec(), SEEN),
        hidden("/muster.v1.Queue/Explain", Orchestrator, explain.encode_to_vec(), SEEN),
        call("/muster.v1.Queue/Session", Orchestrator, session.encode_to_vec(), REALM_SERVER),
        call("/muster.v1.Play/Watch", Playserver, bobs.encode_to_vec(), REALM_SERVER),
        hidden("/muster.v1.Play/Watch", Playserver, bobs_ticket.encode_to_vec(), REALM_SERVER),
        call("/muster.v1.Play/Follow", Playserver, follow.encode_to_vec(), REALM_SERVER),
        call("/muster.v1.Play/Acknowledge", Playserver, acknowledge.encode_to_vec(), REALM_SERVER),
        call("/muster.v1.Play/EndMatch", Playserver, end.encode_to_vec(), REALM_SERVER),
        call("/muster.v1.Matchmaker/Search", Matchmaker, vec![], &["orchestrator", "sweeper"]),
        call("/muster.v1.Mover/Propose", Mover, vec![], &["matchmaker"]),
        call("/muster.v1.Playserver/Deliver", Playserver, vec![], &["mover"]),
        call("/muster.v1.Inspect/Inspect", Orchestrator, vec![], &["monitor"]),
        hidden("/muster.v1.Queue/Cancel", Orchestrator, cancel.encode_to_vec(), REALM_SERVER),
        call("/muster.v1.Inspect/Drain", Mover, vec![], &["monitor"]),
    ]
}

impl Call {
    /// What it came to, as far as that is known before long.
    async fn made_by(&self, credential: &Credential, processes: &Processes) -> Result<Option<Status>> {
        let network = credential.network.clone();
        let mut client = Grpc::new(network.channel(&processes.of(self.role, 0)?.address)?);
        let calling = async {
            client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
            let mut request = Request::new(futures::stream::iter([Bytes::from(self.request.clone())]));
            if let Some(shown) = &credential.shown {
                let shown = shown.parse().map_err(|_| Status::internal("the test's own token"))?;
                request.metadata_mut().insert("authorization", shown);
            }
            let path = self.path.parse().map_err(|_| Status::internal("the test's own path"))?;
            let mut answers = client.streaming(request, path, Raw).await?.into_inner();
            match tokio::time::timeout(SILENT, answers.next()).await {
                Ok(Some(answer)) => answer.map(drop),
                Ok(None) | Err(_) => Ok(()),
            }
        };
        let answered = tokio::time::timeout(ANSWERED_WITHIN, calling).await;
        Ok(answered.with_context(|| format!("nobody answers {}", self.path))?.err())
    }

    fn is_refused(&self, credential: &Credential, answer: Option<&Status>) -> bool {
        match answer.map(Status::code) {
            Some(Code::Unauthenticated | Code::PermissionDenied) => true,
            Some(Code::NotFound) => self.hidden && credential.name == "ada",
            // No connection came about.
            Some(Code::Unavailable | Code::Unknown | Code::Cancelled) => credential.is_foreign,
            _ => false,
        }
    }
}

/// Bob waits, as he did; nobody else does, and nothing else has happened.
async fn nothing_has_happened(processes: &Processes, ticket: &str) -> Result<()> {
    let store = processes.store();
    ensure!(store.waiting().await? == 1);
    let stands = store.snapshot(&Subject::Player(BOB.parse()?)).await?;
    let bob = stands.ticket.context("bob's ticket")?;
    ensure!(bob.id.to_string() == ticket && bob.state == domain::TicketState::Queued, "{bob:?}");
    for nobody in ["ada", "carl"] {
        ensure!(store.snapshot(&Subject::Player(nobody.parse()?)).await?.ticket.is_none());
    }
    ensure!(store.due(u64::MAX, LISTED_MAX).await?.is_empty());
    for event in store.events(Cursor::default(), LISTED_MAX, Duration::ZERO).await? {
        ensure!(matches!(event.change, domain::Change::Queued | domain::Change::Widened), "{event:?}");
    }
    for role in Role::ALL {
        ensure!(store.instances(role).await?.len() == 1, "{}", role.as_str());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_business_with_a_method_is_refused_and_leaves_nothing_behind() -> Result<()> {
    let keys = Keys::new(REALM).await?;
    let processes = Processes::start_behind_doors(Counts::ONE_EACH, keys.dir()).await?;
    let realm_server = keys.realm_server()?;
    let bob = keys.queue(&processes, &realm_server, BOB).await?;

    let (calls, credentials) = (calls(&bob), keys.credentials().await?);
    let described = prost_reflect::DescriptorPool::decode(api::DESCRIPTORS)?;
    for method in described.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
        let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
        ensure!(calls.iter().any(|call| call.path == path), "{path} is not tried");
    }
    for call in &calls {
        for credential in credentials.iter().filter(|credential| !call.allowed.contains(&credential.name)) {
            let answer = call.made_by(credential, &processes).await?;
            ensure!(call.is_refused(credential, answer.as_ref()), "{} by {}: {answer:?}", call.path, credential.name);
        }
    }
    nothing_has_happened(&processes, &bob).await?;

    // The same requests are taken from those whose business they are: it was the credential that they were refused for.
    for call in &calls {
        for credential in credentials.iter().filter(|credential| call.allowed.contains(&credential.name)) {
            let answer = call.made_by(credential, &processes).await?;
            let turned_away = [Code::Unauthenticated, Code::PermissionDenied, Code::Unimplemented, Code::Unavailable];
            let let_in = answer.as_ref().is_none_or(|status| !turned_away.contains(&status.code()));
            ensure!(let_in, "{} by {}: {answer:?}", call.path, credential.name);
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_player_plays_behind_locked_doors_with_the_rating_of_his_token() -> Result<()> {
    let keys = Keys::new(REALM).await?;
    let processes = Processes::start_behind_doors(Counts::ONE_EACH, keys.dir()).await?;
    let mut watches = Vec::new();
    for (name, rating) in [("ada", 1510.0), ("bob", 1530.0)] {
        let holder = keys.player(name, rating)?;
        let request = v1::EnqueueRequest { players: vec![v1::Player { rating: 0.0, ..player(name) }], ..enqueue(name) };
        let mut request = Request::new(request);
        request.metadata_mut().insert("traceparent", TRACEPARENT.parse()?);
        let queued = holder.queue(&processes)?.enqueue(request).await?.into_inner().ticket.context("a ticket")?;
        ensure!(queued.party.context("a party")?.players[0].rating == rating);
        // He does not say which traces are kept.
        let stored = processes.store().snapshot(&Subject::Player(name.parse()?)).await?.ticket.context("stored")?;
        ensure!(!stored.trace.contains(&TRACEPARENT[3..35]), "{}", stored.trace);
        let watch = v1::WatchRequest {
            subject: Some(v1::watch_request::Subject::PlayerId(name.to_owned())),
            ..Default::default()
        };
        watches.push((holder.play(&processes)?.watch(watch).await?.into_inner(), holder));
    }
    for (mut watch, holder) in watches {
        let assigned = loop {
            let update = watch.message().await?.context("an update")?;
            if update.state() == TicketState::Assigned {
                break update;
            }
        };
        ensure!(assigned.change() == Change::Assigned || assigned.snapshot, "{assigned:?}");
        let matched = assigned.r#match.context("a match")?;
        let acknowledge =
            v1::AcknowledgeRequest { match_id: matched.id, player_id: holder.name.clone(), ..Default::default() };
        holder.play(&processes)?.acknowledge(acknowledge).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_when_its_token_does() -> Result<()> {
    let keys = Keys::new(REALM).await?;
    let processes = Processes::start_behind_doors(Counts::ONE_EACH, keys.dir()).await?;
    let brief = keys.expired_for("ada", Duration::from_secs(25))?;
    let watch = v1::WatchRequest {
        subject: Some(v1::watch_request::Subject::PlayerId("ada".to_owned())),
        ..Default::default()
    };
    let mut updates = brief.play(&processes)?.watch(watch).await?.into_inner();
    ensure!(updates.message().await?.context("her state")?.snapshot);
    let end = tokio::time::timeout(ANSWERED_WITHIN, updates.message()).await?.err().context("an end")?;
    ensure!(end.code() == Code::Unauthenticated && end.message().contains("expired"), "{end}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_renewed_and_an_authority_is_replaced_while_all_run() -> Result<()> {
    let keys = Keys::new(REALM).await?;
    let processes = Processes::start_behind_doors(Counts::ONE_EACH, keys.dir()).await?;
    let old = keys.realm_server()?;
    keys.queue(&processes, &old, "ada").await?;
    keys.replace_authority().await?;
    let new = keys.realm_server()?;
    wait_until("a client of the new authority to be let in", || async {
        keys.queue(&processes, &new, "bob").await.map(drop).map_err(|error| format!("{error:#}"))
    })
    .await?;
    // Those who trust the old one alone find nobody there; streams between services go on as they are.
    ensure!(keys.queue(&processes, &old, "carl").await.is_err());
    wait_until("ada and bob to be matched", || async {
        let stands = processes.store().snapshot(&Subject::Player("bob".parse().map_err(|_| "a name")?)).await;
        let matched = stands.map_err(|error| error.to_string())?.matched;
        matched.map(drop).ok_or_else(|| "they wait".to_owned())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_player_who_calls_too_often_is_told_so_and_others_are_not() -> Result<()> {
    let keys = Keys::new(REALM).await?;
    let processes = Processes::start_behind_doors(Counts::ONE_EACH, keys.dir()).await?;
    let (ada, bob) = (keys.player("ada", 1500.0)?, keys.player("bob", 1500.0)?);
    let of = |name: &str| v1::GetTicketRequest { player_id: name.to_owned(), ..Default::default() };
    let refused = wait_until("ada to call too often", || async {
        let asked = ada.queue(&processes).map_err(|error| error.to_string())?.get_ticket(of("ada")).await;
        asked.err().filter(|status| status.code() == Code::ResourceExhausted).ok_or_else(|| "answered".to_owned())
    })
    .await?;
    ensure!(refused.message().contains("calls a second"), "{refused}");
    ensure!(bob.queue(&processes)?.get_ticket(of("bob")).await.is_err_and(|status| status.code() == Code::NotFound));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plaintext_caller_gets_nowhere() -> Result<()> {
    let keys = Keys::new(REALM).await?;
    let processes = Processes::start_behind_doors(Counts::ONE_EACH, keys.dir()).await?;
    let address = processes.of(Role::Orchestrator, 0)?.address.replace("https://", "http://");
    let mut queue = v1::queue_client::QueueClient::new(Network::tcp().channel(&address)?);
    ensure!(queue.enqueue(enqueue("ada")).await.is_err());
    ensure!(processes.store().waiting().await? == 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_is_told_in_a_log_or_an_error() -> Result<()> {
    let keys = Keys::new(REALM).await?;
    let processes = Processes::start_talkative(Counts::ONE_EACH, keys.dir()).await?;
    let mut secrets = keys.private_keys()?;
    for credential in keys.credentials().await? {
        for call in calls(&"0".repeat(32)) {
            let answer = call.made_by(&credential, &processes).await?.map(|status| format!("{status:?}"));
            let shown = credential.shown.iter().filter_map(|shown| shown.split(' ').nth(1)).collect::<Vec<_>>();
            ensure!(shown.iter().all(|shown| !answer.iter().any(|answer| answer.contains(shown))), "{answer:?}");
            secrets.extend(shown.into_iter().filter(|shown| shown.contains('.')).map(str::to_owned));
        }
    }
    let logs = processes.stop().await?;
    ensure!(logs.contains("TRACE"), "it is talkative");
    for secret in secrets {
        let told = logs.lines().find(|line| line.contains(&secret));
        ensure!(told.is_none(), "{told:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_nothing_else_is_served_in_plaintext_to_whoever_starts_containers() -> Result<()> {
    let keys = Keys::new(REALM).await?;
    let health = format!("{}:7680", own_host());
    let mut processes = Processes::start_probed(keys.dir(), &health).await?;
    let is_well = || async { Command::new(MUSTER).args(["health", &health]).output().await };
    wait_until("the mover to be well", || async {
        let asked = is_well().await.map_err(|error| error.to_string())?;
        asked.status.success().then_some(()).ok_or_else(|| format!("{asked:?}"))
    })
    .await?;
    let channel = chassis::channel(&format!("http://{health}"))?;
    let refused = InspectClient::new(channel.clone()).inspect(v1::InspectRequest::default()).await.err();
    let refused = refused.context("it is not served there")?;
    ensure!(refused.code() == Code::Unimplemented, "{refused}");
    // A stream would stay.
    let refused = HealthClient::new(channel).watch(HealthCheckRequest::default()).await.err();
    ensure!(refused.as_ref().is_some_and(|refused| refused.code() == Code::Unimplemented), "{refused:?}");
    processes.take(Role::Mover, 0)?.dies().await?;
    ensure!(is_well().await?.status.code() == Some(1));
    Ok(())
}

//! Whatever anyone sends, nobody panics and nothing is half-written.
//!
//! `PROPTEST_CASES=20000 PROPTEST_RNG_SEED=7 cargo test -p cli --test system fuzz` sends other requests, and more of them.

mod message;

use crate::fixture::{Fixture, On, on_both_stores};
use crate::raw::Raw;
use crate::repeatable::repeatable;
use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use chassis::Network;
use domain::{Cursor, Role};
use futures::StreamExt;
use message::Filling;
use parking_lot::Mutex;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::{Union, ValueTree};
use proptest::test_runner::TestRunner;
use prost_reflect::prost::Message;
use prost_reflect::{DescriptorPool, MethodDescriptor};
use sandbox::Counts;
use std::collections::BTreeSet;
use std::time::Duration;
use store::Store;
use tonic::client::Grpc;
use tonic::{Code, Request, Status};

const CASES: u32 = 1_500;
const STREAMED_MAX: usize = 4;
/// A stream that says nothing for as long will not answer what it was sent.
const SILENT: Duration = Duration::from_millis(20);
const ANSWERS_MAX: usize = 4;
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);
const LISTED_MAX: usize = 1_000;
/// A rating beside which no junk waits.
const FAR_OFF: f64 = 98_765.0;
/// Some of them are cancelled soon.
const TICKETS_WAITING: u32 = 8;
/// No instance of these stories may be drained.
const NEVER_DONE: &str = "muster.v1.Inspect.Drain";
const SERVED_BY: [(&str, Role); 6] = [
    ("Queue", Role::Orchestrator),
    ("Play", Role::Playserver),
    ("Matchmaker", Role::Matchmaker),
    ("Mover", Role::Mover),
    ("Playserver", Role::Playserver),
    ("Inspect", Role::Orchestrator),
];

/// One call: of which method, and what it is sent.
#[derive(Debug, Clone)]
struct Call {
    method: MethodDescriptor,
    requests: Vec<Bytes>,
}

/// A call of this method. Some of what it is sent is not even a message.
fn call(method: &MethodDescriptor, known: &[(&str, Vec<String>)]) -> BoxedStrategy<Call> {
    let calls = [true, false].map(|is_calm| {
        let (most, method) = (if method.is_client_streaming() { STREAMED_MAX } else { 1 }, method.clone());
        let message = Filling { known, is_calm }.message(&method.input());
        let request = message.prop_map(|message| Bytes::from(message.encode_to_vec())).boxed();
        let spoilt = (request.clone(), any::<Index>(), any::<u8>()).prop_map(|(bytes, at, with)| {
            let mut bytes = bytes.to_vec();
            let at = at.index(bytes.len() + 1);
            match bytes.get_mut(at) {
                Some(byte) if with % 2 == 0 => *byte ^= with | 1,
                _ => bytes.truncate(at),
            }
            Bytes::from(bytes)
        });
        let requests = vec(prop_oneof![6 => request, 1 => spoilt], 1..=most);
        requests.prop_map(move |requests| Call { method: method.clone(), requests }).boxed()
    });
    Union::new(calls).boxed()
}

impl Call {
    /// What it came to, as far as that is known before long.
    async fn make(&self, fixture: &Fixture) -> Result<Option<Status>> {
        let service = self.method.parent_service();
        let (_, role) = SERVED_BY.into_iter().find(|(name, _)| *name == service.name()).context("nobody's service")?;
        let mut client = Grpc::new(Network::tcp().channel(&fixture.address(role, 0)?)?);
        client.ready().await?;
        let path = format!("/{}/{}", service.full_name(), self.method.name()).parse()?;
        let requests = Request::new(futures::stream::iter(self.requests.clone()));
        let answering = async {
            let mut answers = client.streaming(requests, path, Raw).await?.into_inner();
            for _ in 0..ANSWERS_MAX {
                let Ok(Some(answer)) = tokio::time::timeout(SILENT, answers.next()).await else { break };
                answer?;
            }
            Ok(())
        };
        let answered = tokio::time::timeout(ANSWERED_WITHIN, answering).await;
        Ok(answered.with_context(|| format!("nobody answers {self:?}"))?.err())
    }
}

/// What no bad request is answered with.
fn is_our_fault(status: &Status) -> bool {
    match status.code() {
        Code::Internal => !status.message().contains("decode"),
        Code::Unknown | Code::Unimplemented | Code::DataLoss => true,
        _ => false,
    }
}

/// Every panic outside of tests from now on.
fn panics() -> &'static Mutex<Vec<String>> {
    static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if panic.location().is_some_and(|at| !at.file().contains("tests/")) {
            PANICS.lock().push(panic.to_string());
        }
        before(panic);
    }));
    &PANICS
}

/// Whatever waits stands in the index, and whatever is matched stands in its match; and both can be read.
async fn is_whole(store: &dyn Store) -> Result<()> {
    let waiting = store.expiring(u64::MAX, LISTED_MAX).await?;
    ensure!(waiting.len() as u64 == store.waiting().await?, "{} wait", waiting.len());
    for ticket in waiting {
        for place in &ticket.places {
            let (low, high) = (f64::NEG_INFINITY, f64::INFINITY);
            let regions = vec![place.region.clone()];
            let (queue, pool) = (place.queue.clone(), place.pool.clone());
            let look = domain::Look { queue, pool, regions, low, high, passed_over: 0 };
            let found = store.range(&look, LISTED_MAX).await?;
            ensure!(found.tickets.iter().any(|found| found.id == ticket.id), "{ticket:?} does not stand in {place:?}");
        }
    }
    for matched in store.due(u64::MAX, LISTED_MAX).await? {
        for id in &matched.tickets {
            let stands = store.snapshot(&store::Subject::Ticket(*id)).await?.matched;
            ensure!(stands.is_some_and(|stands| stands.id == matched.id), "{id} does not stand in {matched:?}");
        }
    }
    store.events(Cursor::default(), LISTED_MAX, Duration::ZERO).await?;
    Ok(())
}

on_both_stores! {
    async fn whatever_is_sent_nobody_panics_and_nothing_is_half_written(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let mut ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
        let mut bob = fixture.player("bob", 1500.0)?.enqueues("duel").await?;
        let matched = ann.is_matched_with(&mut bob).await?;
        let mut tickets = vec![ann.ticket.id.clone()];
        for turn in 1..=TICKETS_WAITING {
            tickets.push(fixture.player(&format!("cid-{turn}"), 10_000.0 * f64::from(turn))?.queues("duel").await?.id);
        }
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let known = [
            ("realm", texts(&["", "test"])),
            ("queue", texts(&["duel"])),
            ("queues", texts(&["duel"])),
            ("player_id", texts(&["ann", "bob", "cid-1"])),
            ("Player.id", (0..10).map(|number| format!("player-{number}")).collect()),
            ("ticket_id", tickets),
            ("match_id", vec![matched.id]),
            ("rules_version", fixture.system.world.rules.current().iter().map(|rules| rules.version().to_string()).collect()),
            ("host", vec![fixture.first(Role::Playserver)?.to_string()]),
        ];

        let methods = DescriptorPool::decode(api::DESCRIPTORS)?;
        let methods: Vec<_> = methods.services().flat_map(|service| service.methods().collect::<Vec<_>>()).collect();
        let mut untouched: BTreeSet<String> = methods.iter().map(|method| method.full_name().to_owned()).collect();
        let calls = Union::new(methods.iter().map(|method| call(method, &known)));
        let (mut runner, panics) = (TestRunner::new(repeatable(CASES)), panics());
        for _ in 0..runner.config().cases {
            let call = calls.new_tree(&mut runner).map_err(|reason| anyhow::anyhow!("{reason}"))?.current();
            let answer = call.make(&fixture).await.with_context(|| format!("{call:?}"))?;
            ensure!(!answer.as_ref().is_some_and(is_our_fault), "{call:?}: {answer:?}");
            if answer.is_none() {
                untouched.remove(call.method.full_name());
            }
            ensure!(panics.lock().is_empty(), "{call:?}: {:?}", panics.lock());
        }
        ensure!(untouched.remove(NEVER_DONE), "{NEVER_DONE} was done, which is not allowed here");
        ensure!(untouched.is_empty(), "none of these was ever done: {untouched:?}");
        is_whole(fixture.store()).await?;

        let mut dan = fixture.player("dan", FAR_OFF)?.enqueues("duel").await?;
        let mut eve = fixture.player("eve", FAR_OFF)?.enqueues("duel").await?;
        dan.is_assigned().await?;
        eve.is_assigned().await?;
        Ok(())
    }
}

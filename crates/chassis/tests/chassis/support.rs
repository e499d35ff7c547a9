//! A mover whose work the test holds in its hands, on a real server.

use api::v1::mover_client::MoverClient;
use api::v1::mover_server::{Mover, MoverServer};
use api::v1::{ProposeRequest, ProposeResponse};
use chassis::{CallError, Caller, Entrance, Readiness, ServeError, Shutdown};
use futures::stream::BoxStream;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tonic::service::Routes;
use tonic::{Request, Response, Status, Streaming};

pub const PROPOSE: &str = "muster.v1.Mover/Propose";
/// Far above what anything here takes.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Waits until `look` shows what `wanted` accepts; reports what it last saw.
pub async fn wait_until<T: Debug>(look: impl Fn() -> T, wanted: impl Fn(&T) -> bool) -> T {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let seen = look();
        if wanted(&seen) {
            return seen;
        }
        assert!(tokio::time::Instant::now() < deadline, "still {seen:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// What the mover does with a proposal, told by its queue: `slow-*` waits until the test lets it go, others are answered
/// at once. The answer's detail is the queue.
#[derive(Clone)]
pub struct Bench {
    pub state: Arc<watch::Sender<State>>,
    pub in_work_max: usize,
    pub shutdown: Shutdown,
}

#[derive(Debug, Clone, Default)]
pub struct State {
    pub arrived: Vec<String>,
    pub traceparents: Vec<String>,
    pub released: BTreeSet<String>,
    pub in_work: usize,
    pub in_work_peak: usize,
}

impl Bench {
    pub fn new(in_work_max: usize) -> Self {
        Self { state: Arc::default(), in_work_max, shutdown: Shutdown::new() }
    }

    pub fn release(&self, queue: &str) {
        self.state.send_modify(|state| state.released.extend([queue.to_owned()]));
    }

    pub async fn arrived(&self, queue: &str) {
        wait_until(|| self.state.borrow().arrived.clone(), |arrived| arrived.iter().any(|one| one == queue)).await;
    }

    async fn work(self, request: ProposeRequest) -> ProposeResponse {
        self.state.send_modify(|state| {
            state.arrived.push(request.queue.clone());
            state.traceparents.push(request.traceparent.clone());
            state.in_work += 1;
            state.in_work_peak = state.in_work_peak.max(state.in_work);
        });
        let slow = request.queue.starts_with("slow");
        let mut states = self.state.subscribe();
        let released = states.wait_for(|state| !slow || state.released.contains(&request.queue)).await.map(drop);
        released.unwrap();
        tokio::task::yield_now().await;
        self.state.send_modify(|state| state.in_work -= 1);
        ProposeResponse { detail: request.queue, ..Default::default() }
    }
}

#[tonic::async_trait]
impl Mover for Bench {
    type ProposeStream = BoxStream<'static, Result<ProposeResponse, Status>>;

    async fn propose(
        &self,
        request: Request<Streaming<ProposeRequest>>,
    ) -> Result<Response<Self::ProposeStream>, Status> {
        let bench = self.clone();
        let work = move |request| bench.clone().work(request);
        let inbound = request.into_inner();
        Ok(Response::new(chassis::answer(
            PROPOSE,
            chassis::Traces::Continue,
            inbound,
            self.in_work_max,
            self.shutdown.clone(),
            work,
        )))
    }
}

pub struct Running {
    pub address: SocketAddr,
    pub readiness: Readiness,
    pub shutdown: Shutdown,
    pub serving: JoinHandle<Result<(), ServeError>>,
}

impl Running {
    pub async fn with(routes: Routes, shutdown: Shutdown) -> Self {
        Self::at("127.0.0.1:0".parse().unwrap(), routes, shutdown).await
    }

    pub async fn mover(bench: &Bench) -> Self {
        Self::with(Routes::new(MoverServer::new(bench.clone())), bench.shutdown.clone()).await
    }

    pub async fn at(address: SocketAddr, routes: Routes, shutdown: Shutdown) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let readiness = Readiness::new();
        let (ready, end) = (readiness.clone(), shutdown.clone());
        let serving = tokio::spawn(async move {
            chassis::serve(Entrance::open(listener), routes, &["muster.v1.Mover"], ready, end).await
        });
        Self { address, readiness, shutdown, serving }
    }

    pub fn channel(&self) -> chassis::Channel {
        chassis::channel(&format!("http://{}", self.address)).unwrap()
    }

    pub fn caller(&self, in_flight_max: usize) -> TestCaller {
        self.caller_until(in_flight_max, Shutdown::new())
    }

    pub fn caller_until(&self, in_flight_max: usize, shutdown: Shutdown) -> TestCaller {
        let client = MoverClient::new(self.channel());
        let open = move |requests| {
            let mut client = client.clone();
            async move { client.propose(requests).await.map(Response::into_inner) }
        };
        TestCaller(Caller::start(PROPOSE, "mover-1", open, in_flight_max, shutdown))
    }

    pub async fn connected_caller(&self, in_flight_max: usize) -> TestCaller {
        let caller = self.caller(in_flight_max);
        wait_until(|| caller.0.is_connected(), |connected| *connected).await;
        caller
    }

    /// As a crash would.
    pub async fn kill(self) -> SocketAddr {
        self.serving.abort();
        let _ = self.serving.await;
        self.address
    }

    pub async fn ends(self) {
        tokio::time::timeout(PATIENCE, self.serving).await.expect("still serving").unwrap().unwrap();
    }
}

#[derive(Clone)]
pub struct TestCaller(pub Caller<ProposeRequest, ProposeResponse>);

impl TestCaller {
    pub async fn proposes(&self, queue: &str, deadline: Duration) -> Result<String, CallError> {
        self.0.call(proposal(queue), deadline).await.map(|response| response.detail)
    }

    /// In a task of its own.
    pub fn begins(&self, queue: &'static str) -> JoinHandle<Result<String, CallError>> {
        let caller = self.clone();
        tokio::spawn(async move { caller.proposes(queue, PATIENCE).await })
    }
}

pub fn proposal(queue: &str) -> ProposeRequest {
    ProposeRequest { queue: queue.to_owned(), ..Default::default() }
}

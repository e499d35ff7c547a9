//! Playservers as a mover finds them, for its tests: on a network in memory, so that the runtime's clock may be paused.

use crate::config::DELIVERIES_IN_FLIGHT_MAX;
use crate::courier::{self, DELIVER, Playservers};
use crate::lead::Lead;
use api::v1::deliver_request::What;
use api::v1::playserver_server::{Playserver, PlayserverServer};
use api::v1::{self, DeliverRequest, DeliverResponse};
use chassis::{Clock, Entrance, Listener, Network, Peers, Readiness, Shutdown, Socket, serve};
use domain::{Instance, Role};
use futures::FutureExt;
use futures::stream::BoxStream;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::{Fence, Leases, MemoryStore};
use tokio::io::DuplexStream;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio_util::task::AbortOnDropHandle;
use tonic::service::Routes;
use tonic::{Request, Response, Status, Streaming};

/// Longer than any test takes.
const LEASE: Duration = Duration::from_secs(600);
/// Far shorter than a delivery may take.
pub const ANSWERED_AFTER: Duration = Duration::from_millis(4);
const CONNECTION_BYTES: usize = 64 * 1024;
/// What a playserver takes in at once.
const IN_WORK_MAX: usize = 1_024;

/// Where playservers stand, and a mover that leads.
pub struct Playground {
    pub store: Arc<MemoryStore>,
    pub lead: Lead,
    pub fence: Fence,
    doors: Doors,
    shutdown: Shutdown,
}

/// By host: where its connections go in.
type Doors = Arc<Mutex<HashMap<String, UnboundedSender<DuplexStream>>>>;

impl Playground {
    pub async fn open() -> Self {
        let (store, shutdown) = (Arc::new(MemoryStore::new()), Shutdown::new());
        let id = "mover-1".parse().unwrap();
        let (mut lead, _) = Lead::start(store.clone(), id, Clock::system(), shutdown.clone());
        let fence = lead.taken().await;
        Self { store, lead, fence, doors: Doors::default(), shutdown }
    }

    /// Those that stand here now, whoever comes later.
    pub async fn fleet(&self) -> Playservers {
        let mut peers = Peers::watch(self.store.clone(), Role::Playserver, self.shutdown.clone());
        peers.changed().await;
        Playservers::start(
            DELIVER,
            self.network(),
            peers,
            DELIVERIES_IN_FLIGHT_MAX,
            self.shutdown.clone(),
            courier::open,
        )
    }

    pub fn network(&self) -> Network {
        let doors = self.doors.clone();
        Network::of(move |uri| {
            let (near, far) = tokio::io::duplex(CONNECTION_BYTES);
            let door = doors.lock().get(uri.host().unwrap()).cloned();
            let is_open = door.is_some_and(|door| door.send(far).is_ok());
            let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
            std::future::ready(if is_open { Ok(Box::new(near) as Box<dyn Socket>) } else { Err(refused) }).boxed()
        })
    }

    /// One that takes what it is told, until it hangs.
    pub async fn playserver(&self, name: &str) -> Standing {
        let address = format!("http://{name}:1");
        let instance = Instance {
            id: name.parse().unwrap(),
            role: Role::Playserver,
            address,
            region: String::new(),
            capacity: 1,
            load: 0,
        };
        self.store.register(&instance, LEASE).await.unwrap();
        let (door, visitors) = mpsc::unbounded_channel();
        self.doors.lock().insert(name.to_owned(), door);
        let (told, hears) = mpsc::unbounded_channel();
        let hangs = Arc::<AtomicBool>::default();
        let ear = Ear { told, hangs: hangs.clone(), shutdown: self.shutdown.clone() };
        let routes = Routes::new(PlayserverServer::new(ear));
        let (entrance, shutdown) = (Entrance::open(Door(tokio::sync::Mutex::new(visitors))), self.shutdown.clone());
        let serving = async move { serve(entrance, routes, &[], Readiness::new(), shutdown).await.unwrap() };
        Standing { hears, hangs, _serving: AbortOnDropHandle::new(tokio::spawn(serving)) }
    }
}

impl Drop for Playground {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// A playserver that stands until it is dropped.
pub struct Standing {
    hears: UnboundedReceiver<What>,
    hangs: Arc<AtomicBool>,
    _serving: AbortOnDropHandle<()>,
}

impl Standing {
    /// From here on it hears what it is told, and answers nothing.
    pub fn hangs(&self) {
        self.hangs.store(true, Ordering::Relaxed);
    }

    /// What it is told next.
    pub async fn hears(&mut self) -> What {
        self.hears.recv().await.unwrap()
    }

    /// What of events it is told next, whatever else it is told before.
    pub async fn hears_events(&mut self) -> Vec<v1::Event> {
        loop {
            if let What::Events(told) = self.hears().await {
                return told.events;
            }
        }
    }

    /// Waits until it is told to read the present state, whatever else it is told before.
    pub async fn hears_resync(&mut self) {
        while !matches!(self.hears().await, What::Resync(_)) {}
    }
}

struct Door(tokio::sync::Mutex<UnboundedReceiver<DuplexStream>>);

impl Listener for Door {
    type Socket = DuplexStream;

    async fn accept(&self) -> io::Result<DuplexStream> {
        match self.0.lock().await.recv().await {
            Some(visitor) => Ok(visitor),
            None => std::future::pending().await,
        }
    }
}

struct Ear {
    told: UnboundedSender<What>,
    hangs: Arc<AtomicBool>,
    shutdown: Shutdown,
}

#[tonic::async_trait]
impl Playserver for Ear {
    type DeliverStream = BoxStream<'static, Result<DeliverResponse, Status>>;

    async fn deliver(
        &self,
        request: Request<Streaming<DeliverRequest>>,
    ) -> Result<Response<Self::DeliverStream>, Status> {
        let (told, hangs) = (self.told.clone(), self.hangs.clone());
        let handler = move |request: DeliverRequest| {
            // A test may have heard enough.
            let _ = told.send(request.what.unwrap());
            let hangs = hangs.load(Ordering::Relaxed);
            async move {
                tokio::time::sleep(if hangs { LEASE } else { ANSWERED_AFTER }).await;
                DeliverResponse::default()
            }
        };
        let (traces, inbound) = (chassis::Traces::Continue, request.into_inner());
        let answers = chassis::answer(DELIVER, traces, inbound, IN_WORK_MAX, self.shutdown.clone(), handler);
        Ok(Response::new(answers))
    }
}

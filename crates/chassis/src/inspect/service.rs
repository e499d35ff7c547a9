use super::holdings::Holdings;
use super::record::{Reader, Record};
use super::telling::{changes, page};
use super::{INSPECT_LINGER, INSPECT_PACE, INSPECTORS_MAX};
use crate::{Load, Readiness, Shutdown};
use api::v1;
use api::v1::inspect_server::InspectServer;
use futures::StreamExt;
use futures::stream::{BoxStream, unfold};
use parking_lot::Mutex;
use std::iter::Peekable;
use std::sync::{Arc, OnceLock};
use std::vec::IntoIter;
use tokio::time::Instant;
use tonic::{Request, Response, Status};

/// What an instance knows of itself.
#[derive(Clone)]
pub struct Oneself {
    pub instance: domain::Instance,
    pub load: Load,
    pub readiness: Readiness,
    /// Whether it may commit now.
    pub leads: Arc<dyn Fn() -> bool + Send + Sync>,
    /// Whether anyone who reaches it may have it leave.
    pub drainable: bool,
}

impl Oneself {
    /// One that never commits.
    pub fn new(instance: domain::Instance, load: Load, readiness: &Readiness, drainable: bool) -> Self {
        Self { instance, load, readiness: readiness.clone(), leads: Arc::new(|| false), drainable }
    }
}

/// Serves `muster.v1.Inspect`. Cheap to clone.
#[derive(Clone)]
pub struct Inspect(Arc<Shared>);

struct Shared {
    oneself: Oneself,
    holdings: Holdings,
    shutdown: Shutdown,
    /// Names this run. Drawn when somebody first asks: a simulation, in which nobody does, draws its dice from the same source.
    run: OnceLock<String>,
    started: Instant,
    record: Arc<Record<v1::Inspection>>,
    /// Whether changes are told. Also held while a reader comes, so that none comes to an end of the telling.
    is_telling: Mutex<bool>,
}

impl Inspect {
    /// Its full name, for health.
    pub const NAME: &'static str = "muster.v1.Inspect";

    /// Streams end, and [`v1::DrainRequest`] is obeyed, by `shutdown`.
    pub fn server(oneself: Oneself, holdings: Holdings, shutdown: Shutdown) -> InspectServer<Self> {
        InspectServer::new(Self(Arc::new(Shared {
            oneself,
            holdings,
            shutdown,
            run: OnceLock::new(),
            started: Instant::now(),
            record: Record::new(INSPECTORS_MAX),
            is_telling: Mutex::new(false),
        })))
    }

    /// A reader, and behind which number it goes on.
    fn open(&self, request: &v1::InspectRequest) -> Option<(Reader<v1::Inspection>, u64)> {
        let resumed = (request.run == self.0.run()).then_some(request.seq);
        let mut is_telling = self.0.is_telling.lock();
        let reader = self.0.record.read(resumed)?;
        if !std::mem::replace(&mut *is_telling, true) {
            self.0.holdings.listen();
            tokio::spawn(self.clone().tell());
        }
        Some(reader)
    }

    /// Tells changes until nobody has listened for a while.
    async fn tell(self) {
        let shared = &*self.0;
        let mut told = v1::Instance::default();
        loop {
            if shared.shutdown.run_until_cancelled(tokio::time::sleep(INSPECT_PACE)).await.is_none() || self.ends() {
                return;
            }
            let news = shared.holdings.take_news();
            if news.is_too_much {
                shared.record.clear();
                continue;
            }
            let now = shared.instance();
            let has_changed = v1::Instance { up_ms: told.up_ms, ..now.clone() } != told;
            for message in changes(news, has_changed.then(|| now.clone())) {
                shared.record.push(|seq| v1::Inspection { run: shared.run().to_owned(), seq, ..message });
            }
            told = now;
        }
    }

    /// Whether nobody listens any more; then nothing is noted from now on.
    fn ends(&self) -> bool {
        let mut is_telling = self.0.is_telling.lock();
        let is_over = self.0.record.deserted().is_some_and(|since| since.elapsed() > INSPECT_LINGER);
        if is_over {
            self.0.holdings.stop_listening();
            self.0.record.clear();
            *is_telling = false;
        }
        is_over
    }
}

impl Shared {
    fn run(&self) -> &str {
        self.run.get_or_init(|| uuid::Uuid::new_v4().simple().to_string())
    }

    fn instance(&self) -> v1::Instance {
        let Oneself { instance, load, readiness, leads, drainable } = &self.oneself;
        v1::Instance {
            load: load.get(),
            leads: leads(),
            drains: self.shutdown.is_cancelled(),
            ready: readiness.is_ready(),
            drainable: *drainable,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            up_ms: self.started.elapsed().as_millis() as u64,
            holds: self.holdings.count() as u64,
            ..v1::Instance::from(instance)
        }
    }
}

/// One listener's stream.
struct Listening {
    shared: Arc<Shared>,
    reader: Reader<v1::Inspection>,
    /// The last number that he has, or will have once he heard the snapshot.
    seen: u64,
    /// What is left of the snapshot.
    snapshot: Option<Snapshot>,
    is_over: bool,
}

struct Snapshot {
    holds: Peekable<IntoIter<(u64, Arc<dyn super::Describe>)>>,
    is_begun: bool,
}

impl Listening {
    async fn next(mut self) -> Option<(Result<v1::Inspection, Status>, Self)> {
        if self.is_over {
            return None;
        }
        if self.shared.shutdown.is_cancelled() {
            return Some(self.leaves());
        }
        if let Some(page) = self.next_page() {
            return Some((Ok(page), self));
        }
        let shutdown = self.shared.shutdown.clone();
        let next = shutdown.run_until_cancelled(self.reader.next()).await;
        match next {
            Some(Ok(message)) => {
                self.seen = message.seq;
                Some((Ok(Arc::unwrap_or_clone(message)), self))
            }
            Some(Err(_)) => {
                self.is_over = true;
                Some((Err(Status::resource_exhausted("changes were not read in time: ask again")), self))
            }
            None => Some(self.leaves()),
        }
    }

    /// Says that the instance drains, then why the stream ends.
    fn leaves(mut self) -> (Result<v1::Inspection, Status>, Self) {
        if self.seen == 0 {
            self.is_over = true;
            return (Err(Status::unavailable("this instance is leaving")), self);
        }
        let seq = std::mem::take(&mut self.seen);
        let (run, instance) = (self.shared.run().to_owned(), Some(self.shared.instance()));
        (Ok(v1::Inspection { run, seq, instance, ..Default::default() }), self)
    }

    fn next_page(&mut self) -> Option<v1::Inspection> {
        let snapshot = self.snapshot.as_mut()?;
        let is_first = !std::mem::replace(&mut snapshot.is_begun, true);
        let held = page(&mut snapshot.holds);
        let is_last = snapshot.holds.peek().is_none();
        if is_last {
            self.snapshot = None;
        }
        Some(v1::Inspection {
            run: self.shared.run().to_owned(),
            seq: if is_last { self.seen } else { 0 },
            snapshot: is_first,
            instance: is_first.then(|| self.shared.instance()),
            held,
            released: Vec::new(),
        })
    }
}

#[tonic::async_trait]
impl v1::inspect_server::Inspect for Inspect {
    type InspectStream = BoxStream<'static, Result<v1::Inspection, Status>>;

    async fn inspect(&self, request: Request<v1::InspectRequest>) -> Result<Response<Self::InspectStream>, Status> {
        let request = request.into_inner();
        let full = || Status::resource_exhausted(format!("{INSPECTORS_MAX} inspect this instance already"));
        let (reader, seen) = self.open(&request).ok_or_else(full)?;
        let is_resumed = request.run == self.0.run() && request.seq == seen;
        let snapshot = (!is_resumed)
            .then(|| Snapshot { holds: self.0.holdings.snapshot().into_iter().peekable(), is_begun: false });
        let listening = Listening { shared: self.0.clone(), reader, seen, snapshot, is_over: false };
        Ok(Response::new(unfold(listening, Listening::next).boxed()))
    }

    async fn drain(&self, _: Request<v1::DrainRequest>) -> Result<Response<v1::DrainResponse>, Status> {
        if !self.0.oneself.drainable {
            return Err(Status::permission_denied("this instance was not started with --drainable"));
        }
        tracing::info!(instance = %self.0.oneself.instance.id, "told to leave");
        self.0.shutdown.cancel();
        Ok(Response::new(v1::DrainResponse {}))
    }
}

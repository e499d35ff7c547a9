//! How a verb reaches Redis: in bounded time, over connections that come back by themselves, to whichever server leads.

use super::address::{Address, Server};
use super::batch::{self, Batches};
use super::fault::{fault, is_of_login, is_passing};
use super::gate::Gate;
use super::master::Master;
use super::round_trip::{Observer, Operation, Timed, Told};
use super::scripts::{Call, Written};
use crate::StoreError;
use ::redis::aio::ConnectionLike;
use ::redis::{Arg, Cmd, ErrorKind, Pipeline, RedisError, RedisResult, ScriptInvocation, Value};
use parking_lot::RwLock;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};
use tracing::Instrument;

/// Longest a verb takes in all, retries included.
const VERB_MAX: Duration = Duration::from_millis(900);
/// Pause between two tries of a verb.
const RETRY_PAUSE: Duration = Duration::from_millis(30);
/// Longest search for the master: then the next one begins with another of those who know.
const FIND_MAX: Duration = Duration::from_millis(400);
/// From one search to the next, whoever asks: those who know have an election to hold just then.
const FIND_EVERY: Duration = Duration::from_millis(100);

/// What blocks on the server is timed under a name of its own.
const BLOCKED: &str = "events_wait";

/// What a verb asks of Redis, with its name where that is not the script's. All of it may be asked twice.
pub(super) enum Ask {
    /// Goes with other calls of the same script.
    Script(Arc<Call>),
    Command(&'static str, Cmd),
    Pipeline(&'static str, Pipeline),
    /// What happened: whoever reads it tells the players.
    News(&'static str, Cmd),
}

impl Ask {
    fn operation(&self) -> Operation<'_> {
        match self {
            Self::Script(call) => script(call.script),
            Self::Pipeline(verb, _) => Operation { verb, command: "PIPELINE", is_script: false },
            Self::Command(verb, command) | Self::News(verb, command) => one(verb, command),
        }
    }
}

/// One round trip.
enum Trip<'a> {
    /// Loads the script when Redis does not know it (any more).
    Script(ScriptInvocation<'static>),
    Command(&'a Cmd),
    Pipeline(&'a Pipeline),
}

impl Trip<'_> {
    async fn make(&self, connection: &mut (impl ConnectionLike + Send)) -> RedisResult<Value> {
        match self {
            Self::Script(invocation) => invocation.invoke_async(connection).await,
            Self::Command(command) => command.query_async(connection).await,
            Self::Pipeline(pipeline) => pipeline.query_async(connection).await,
        }
    }
}

fn script(script: &Written) -> Operation<'_> {
    Operation { verb: script.name, command: "EVALSHA", is_script: true }
}

fn one<'a>(verb: &'static str, command: &'a Cmd) -> Operation<'a> {
    let name = match command.args_iter().next() {
        Some(Arg::Simple(name)) => std::str::from_utf8(name).unwrap_or_default(),
        _ => "",
    };
    Operation { verb, command: name, is_script: false }
}

pub(super) struct Link {
    address: Address,
    /// Begins all of the realm's keys.
    prefix: String,
    master: RwLock<Option<Arc<Master>>>,
    /// Something was wrong with the master, so that another may lead by now.
    is_doubted: AtomicBool,
    /// When the last search for it began.
    searched: Mutex<Option<Instant>>,
    observer: OnceLock<Observer>,
    batches: Batches,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Link {
    pub(super) fn open(url: &str, prefix: &str) -> Result<Self, StoreError> {
        let address = Address::parse(url, prefix)?;
        Ok(Self {
            address,
            prefix: prefix.to_owned(),
            master: RwLock::default(),
            is_doubted: AtomicBool::new(false),
            searched: Mutex::default(),
            observer: OnceLock::new(),
            batches: Batches::default(),
        })
    }

    /// Trusts, over TLS, whomever the authorities in this file vouch for.
    pub(super) fn trust(&self, authority: PathBuf) -> io::Result<()> {
        self.address.trust(authority)
    }

    /// Tells this observer of every round trip; the first that it is given.
    pub(super) fn observe(&self, observer: Observer) {
        let _ = self.observer.set(observer);
    }

    pub(super) fn batches(&self) -> &Batches {
        &self.batches
    }

    /// Asks once. For a caller who asks again himself, and wants to know that he had to.
    pub(super) async fn ask_once(self: &Arc<Self>, ask: Ask) -> Result<Value, StoreError> {
        let answer = timeout_at(Instant::now() + VERB_MAX, self.once(&ask)).await;
        answer.map_err(|_| self.late())?.map_err(|error| self.fault(&error))
    }

    /// Asks, and asks again while Redis is away, until the verb's time is up.
    pub(super) async fn ask(self: &Arc<Self>, ask: Ask) -> Result<Value, StoreError> {
        let deadline = Instant::now() + VERB_MAX;
        let mut before = None;
        loop {
            let error = match timeout_at(deadline, self.once(&ask)).await {
                Ok(Ok(value)) => return Ok(value),
                Ok(Err(error)) => error,
                // What was wrong before says more than that it takes long.
                Err(_) => {
                    let late = self.late();
                    return Err(before.map_or(late, |error| self.fault(&error)));
                }
            };
            if !is_passing(&error) || Instant::now() + RETRY_PAUSE >= deadline {
                return Err(self.fault(&error));
            }
            before = Some(error);
            sleep(RETRY_PAUSE).await;
        }
    }

    /// Runs a command that reads what happened and blocks on the server for up to `wait`. Answers nil when others' turns took all of
    /// that time. Not tried again: whoever waits asks again anyway.
    pub(super) async fn block(&self, command: &Cmd, wait: Duration) -> Result<Value, StoreError> {
        let blocking = async {
            let master = self.master().await?;
            let entered = master.enter().await?;
            let answer = master.block(command, wait).await?;
            master.pass(entered).await.map(|()| answer)
        };
        let operation = one(BLOCKED, command);
        let blocking = self.told(operation, self.timed(BLOCKED, blocking));
        let answer = timeout_at(Instant::now() + wait + VERB_MAX, blocking).await.map_err(|_| self.late())?;
        answer.inspect_err(|error| self.doubt(error)).map_err(|error| self.fault(&error))
    }

    async fn once(self: &Arc<Self>, ask: &Ask) -> RedisResult<Value> {
        let answer = match ask {
            Ask::Script(call) => self.together(call).await,
            Ask::Command(verb, command) => self.told(ask.operation(), self.trip(verb, Trip::Command(command))).await,
            Ask::Pipeline(verb, pipeline) => {
                self.told(ask.operation(), self.trip(verb, Trip::Pipeline(pipeline))).await
            }
            Ask::News(verb, command) => self.told(ask.operation(), self.gated(verb, Trip::Command(command))).await,
        };
        answer.inspect_err(|error| self.doubt(error))
    }

    /// One call, with whichever others wait to go.
    async fn together(self: &Arc<Self>, call: &Arc<Call>) -> RedisResult<Value> {
        let told = Told::begin(self.observer.get(), script(call.script));
        let (answer, calls) = batch::answer(self, call).instrument(told.span.clone()).await;
        told.end_of_batch(&answer, calls);
        answer
    }

    /// Several calls of one script. All of them are known to have failed within a verb's time.
    pub(super) async fn bring(&self, script: &'static Written, calls: &[Arc<Call>]) -> RedisResult<Value> {
        let invocation = script.invocation(&self.prefix, calls.iter().map(|call| &**call));
        let bringing = self.gated(script.name, Trip::Script(invocation));
        let late = |_| RedisError::from((ErrorKind::Io, "no answer in time"));
        timeout(VERB_MAX, bringing).await.map_err(late)?
    }

    /// What is only looked at: it is confirmed by whoever acts on it.
    async fn trip(&self, verb: &'static str, trip: Trip<'_>) -> RedisResult<Value> {
        let asking = async { trip.make(&mut self.master().await?.connection()).await };
        self.timed(verb, asking).await
    }

    /// What must outlive the master.
    async fn gated(&self, verb: &'static str, trip: Trip<'_>) -> RedisResult<Value> {
        let asking = async {
            let master = self.master().await?;
            let entered = master.enter().await?;
            let answer = trip.make(&mut master.connection()).await?;
            master.pass(entered).await.map(|()| answer)
        };
        self.timed(verb, asking).await
    }

    async fn timed<T>(&self, verb: &'static str, asking: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
        let timed = Timed::begin(self.observer.get(), verb);
        let answer = asking.await;
        timed.end(&answer);
        answer
    }

    async fn told<T>(&self, what: Operation<'_>, asking: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
        let told = Told::begin(self.observer.get(), what);
        let answer = asking.instrument(told.span.clone()).await;
        told.end(&answer);
        answer
    }

    /// The server that leads, as far as is known. One at a time looks for another; the others go on with the one that is known.
    async fn master(&self) -> RedisResult<Arc<Master>> {
        let mut searched = match self.known() {
            Some(master) if !self.is_doubted.load(Ordering::Relaxed) => return Ok(master),
            Some(master) => match self.searched.try_lock() {
                Ok(searched) => searched,
                Err(_) => return Ok(master),
            },
            None => self.searched.lock().await,
        };
        if let Some(master) = self.known()
            && !self.is_doubted.load(Ordering::Relaxed)
        {
            return Ok(master);
        }
        if let Some(last) = *searched {
            sleep_until(last + FIND_EVERY).await;
        }
        *searched = Some(Instant::now());
        let late = |_| RedisError::from((ErrorKind::Io, "nobody said in time which server leads"));
        // Boxed, for it is large and seldom wanted.
        let server = timeout(FIND_MAX, Box::pin(self.address.master())).await.map_err(late)??;
        let master = self.follow(server)?;
        self.is_doubted.store(false, Ordering::Relaxed);
        Ok(master)
    }

    fn follow(&self, server: Server) -> RedisResult<Arc<Master>> {
        let mut master = self.master.write();
        match &*master {
            Some(same) if same.is(&server) => Ok(same.clone()),
            _ => Ok(master.insert(Arc::new(Master::new(server, self.gate())?)).clone()),
        }
    }

    fn known(&self) -> Option<Arc<Master>> {
        self.master.read().clone()
    }

    fn gate(&self) -> Option<Gate> {
        let replicas = self.address.replicas();
        (replicas > 0).then(|| Gate::new(replicas, format!("{}:gate", self.prefix)))
    }

    fn doubt(&self, error: &RedisError) {
        if is_passing(error) {
            self.doubt_master();
        } else if is_of_login(error) {
            // It would answer so for ever, also once it is let in.
            *self.master.write() = None;
        }
    }

    fn doubt_master(&self) {
        self.is_doubted.store(self.address.may_change(), Ordering::Relaxed);
    }

    fn fault(&self, error: &RedisError) -> StoreError {
        fault(error, self.address.is_encrypted())
    }

    fn late(&self) -> StoreError {
        self.doubt_master();
        StoreError::Unavailable(format!("no answer within {VERB_MAX:?}"))
    }
}

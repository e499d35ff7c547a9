//! How a verb reaches Redis: in bounded time, over connections that come back by themselves, to whichever server leads.

use super::address::{Address, Server};
use super::fault::{fault, is_of_login, is_passing};
use super::gate::Gate;
use super::master::Master;
use super::round_trip::{Observer, Operation, Watch};
use super::scripts::Call;
use crate::StoreError;
use ::redis::aio::ConnectionLike;
use ::redis::{Arg, Cmd, ErrorKind, Pipeline, RedisError, RedisResult, Value};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
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
    Script(Call),
    Command(&'static str, Cmd),
    Pipeline(&'static str, Pipeline),
    /// What happened: whoever reads it tells the players.
    News(&'static str, Cmd),
}

impl Ask {
    async fn once(&self, connection: &mut (impl ConnectionLike + Send)) -> RedisResult<Value> {
        match self {
            // Loads the script when Redis does not know it (any more).
            Self::Script(call) => call.invocation.invoke_async(connection).await,
            Self::Command(_, command) | Self::News(_, command) => command.query_async(connection).await,
            Self::Pipeline(_, pipeline) => pipeline.query_async(connection).await,
        }
    }

    /// Whether its answer must outlive the master; what is only looked at is confirmed by whoever acts on it.
    fn is_gated(&self) -> bool {
        matches!(self, Self::Script(_) | Self::News(..))
    }

    fn operation(&self) -> Operation<'_> {
        match self {
            Self::Script(call) => Operation { verb: call.verb, command: "EVALSHA", is_script: true },
            Self::Pipeline(verb, _) => Operation { verb, command: "PIPELINE", is_script: false },
            Self::Command(verb, command) | Self::News(verb, command) => one(verb, command),
        }
    }
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
    observer: Option<Observer>,
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
            observer: None,
        })
    }

    /// Trusts, over TLS, whomever the authorities in this file vouch for.
    pub(super) fn trust(&mut self, authority: PathBuf) -> io::Result<()> {
        self.address.trust(authority)
    }

    pub(super) fn observe(&mut self, observer: Observer) {
        self.observer = Some(observer);
    }

    /// Asks once. For a caller who asks again himself, and wants to know that he had to.
    pub(super) async fn ask_once(&self, ask: Ask) -> Result<Value, StoreError> {
        let answer = timeout_at(Instant::now() + VERB_MAX, self.once(&ask)).await;
        answer.map_err(|_| self.late())?.map_err(|error| self.fault(&error))
    }

    /// Asks, and asks again while Redis is away, until the verb's time is up.
    pub(super) async fn ask(&self, ask: Ask) -> Result<Value, StoreError> {
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
        let blocking = self.watched(one(BLOCKED, command), blocking);
        let answer = timeout_at(Instant::now() + wait + VERB_MAX, blocking).await.map_err(|_| self.late())?;
        answer.inspect_err(|error| self.doubt(error)).map_err(|error| self.fault(&error))
    }

    async fn once(&self, ask: &Ask) -> RedisResult<Value> {
        let asking = async {
            let master = self.master().await?;
            if !ask.is_gated() {
                return ask.once(&mut master.connection()).await;
            }
            let entered = master.enter().await?;
            let answer = ask.once(&mut master.connection()).await?;
            master.pass(entered).await.map(|()| answer)
        };
        self.watched(ask.operation(), asking).await.inspect_err(|error| self.doubt(error))
    }

    async fn watched<T>(&self, what: Operation<'_>, asking: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
        let watch = Watch::begin(self.observer, what);
        let answer = asking.instrument(watch.span.clone()).await;
        watch.end(&answer);
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
        let mut master = self.master.write().unwrap_or_else(PoisonError::into_inner);
        match &*master {
            Some(same) if same.is(&server) => Ok(same.clone()),
            _ => Ok(master.insert(Arc::new(Master::new(server, self.gate())?)).clone()),
        }
    }

    fn known(&self) -> Option<Arc<Master>> {
        self.master.read().unwrap_or_else(PoisonError::into_inner).clone()
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
            *self.master.write().unwrap_or_else(PoisonError::into_inner) = None;
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

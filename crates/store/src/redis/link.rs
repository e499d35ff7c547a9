//! How a verb reaches Redis: in bounded time, over connections that come back by themselves, to whichever server leads.

use super::address::Address;
use super::gate::Gate;
use super::master::Master;
use crate::StoreError;
use ::redis::aio::ConnectionLike;
use ::redis::{Cmd, ErrorKind, Pipeline, RedisError, RedisResult, ScriptInvocation, ServerErrorKind, Value};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// Longest a verb takes in all, retries included.
const VERB_MAX: Duration = Duration::from_millis(900);
/// Pause between two tries of a verb.
const RETRY_PAUSE: Duration = Duration::from_millis(30);

/// What a verb asks of Redis. All of it may be asked twice.
pub(super) enum Ask {
    Script(ScriptInvocation<'static>),
    Command(Cmd),
    Pipeline(Pipeline),
    /// What happened: whoever reads it tells the players.
    News(Cmd),
}

impl Ask {
    async fn once(&self, connection: &mut (impl ConnectionLike + Send)) -> RedisResult<Value> {
        match self {
            // Loads the script when Redis does not know it (any more).
            Self::Script(call) => call.invoke_async(connection).await,
            Self::Command(command) | Self::News(command) => command.query_async(connection).await,
            Self::Pipeline(pipeline) => pipeline.query_async(connection).await,
        }
    }

    /// Whether its answer must outlive the master; what is only looked at is confirmed by whoever acts on it.
    fn is_gated(&self) -> bool {
        matches!(self, Self::Script(_) | Self::News(_))
    }
}

pub(super) struct Link {
    address: Address,
    /// Begins all of the realm's keys.
    prefix: String,
    master: RwLock<Option<Arc<Master>>>,
    /// Something was wrong with the master, so that another may lead by now.
    is_doubted: AtomicBool,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Link {
    pub(super) fn open(url: &str, prefix: &str) -> Result<Self, StoreError> {
        let address = Address::parse(url, prefix)?;
        Ok(Self { address, prefix: prefix.to_owned(), master: RwLock::default(), is_doubted: AtomicBool::new(true) })
    }

    /// Asks once. For a caller who asks again himself, and wants to know that he had to.
    pub(super) async fn ask_once(&self, ask: Ask) -> Result<Value, StoreError> {
        let answer = timeout_at(Instant::now() + VERB_MAX, self.once(&ask)).await;
        answer.map_err(|_| self.late())?.map_err(|error| fault(&error))
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
                Err(_) => return Err(before.map_or_else(|| self.late(), |error| fault(&error))),
            };
            if !is_passing(&error) || Instant::now() + RETRY_PAUSE >= deadline {
                return Err(fault(&error));
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
        let answer = timeout_at(Instant::now() + wait + VERB_MAX, blocking).await.map_err(|_| self.late())?;
        answer.inspect_err(|error| self.doubt(error)).map_err(|error| fault(&error))
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
        asking.await.inspect_err(|error| self.doubt(error))
    }

    /// The server that leads, as far as is known.
    async fn master(&self) -> RedisResult<Arc<Master>> {
        let known = self.known();
        if let Some(master) = &known
            && !self.is_doubted.swap(false, Ordering::Relaxed)
        {
            return Ok(master.clone());
        }
        let client = self.address.master().await.inspect_err(|_| self.is_doubted.store(true, Ordering::Relaxed))?;
        let mut master = self.master.write().unwrap_or_else(PoisonError::into_inner);
        match &*master {
            Some(same) if same.is_at(&client) => Ok(same.clone()),
            _ => Ok(master.insert(Arc::new(Master::new(client, self.gate())?)).clone()),
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
            self.is_doubted.store(true, Ordering::Relaxed);
        }
    }

    fn late(&self) -> StoreError {
        self.is_doubted.store(true, Ordering::Relaxed);
        StoreError::Unavailable(format!("no answer within {VERB_MAX:?}"))
    }
}

/// Whether the same may succeed in a moment: the connection is down, the server is starting or changing its role, or another leads.
fn is_passing(error: &RedisError) -> bool {
    use ServerErrorKind::{Ask, BusyLoading, ClusterDown, MasterDown, Moved, ReadOnly, TryAgain};
    match error.kind() {
        ErrorKind::Io => true,
        ErrorKind::Server(kind) => {
            matches!(kind, BusyLoading | TryAgain | ClusterDown | MasterDown | ReadOnly | Moved | Ask)
        }
        _ => false,
    }
}

/// What Redis holds or the script does is at fault when it says so; all else is Redis being away.
fn fault(error: &RedisError) -> StoreError {
    let blames = |code: Option<&str>| matches!(code, Some("CORRUPT" | "WRONGTYPE" | "ERR"));
    // A pipeline's error has no code of its own, but those of its commands.
    let of_commands = error.clone().into_server_errors();
    let at_fault = blames(error.code())
        || of_commands.is_some_and(|errors| errors.iter().any(|(_, error)| blames(Some(error.code()))))
        || matches!(error.kind(), ErrorKind::UnexpectedReturnType);
    if at_fault { StoreError::Corrupt(error.to_string()) } else { StoreError::Unavailable(error.to_string()) }
}

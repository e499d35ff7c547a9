//! How a verb reaches Redis: in bounded time, over a connection that comes back by itself.

use crate::StoreError;
use ::redis::aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig, MultiplexedConnection};
use ::redis::io::tcp::TcpSettings;
use ::redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, IntoConnectionInfo, Pipeline, RedisError, RedisResult,
    ScriptInvocation, ServerErrorKind, Value,
};
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, sleep, timeout_at};

/// Longest a verb takes in all, retries included.
const VERB_MAX: Duration = Duration::from_millis(900);
/// Longest wait for one response: nearly the whole verb, for a second try would only add to a slow server's load.
const RESPONSE_MAX: Duration = Duration::from_millis(850);
/// Longest wait for a connection.
const CONNECT_MAX: Duration = Duration::from_millis(400);
/// Pause between two tries of a verb.
const RETRY_PAUSE: Duration = Duration::from_millis(30);
/// A peer that acknowledges nothing for this long is gone, though nobody closed the connection.
const PEER_SILENT_MAX: Duration = Duration::from_secs(2);
/// Most commands sent and not answered.
const COMMANDS_IN_FLIGHT_MAX: usize = 8_192;
/// Most commands that wait to be sent.
const COMMANDS_BUFFERED_MAX: usize = 1_024;

/// What a verb asks of Redis. All of it may be asked twice.
pub(super) enum Ask {
    Script(ScriptInvocation<'static>),
    Command(Cmd),
    Pipeline(Pipeline),
}

impl Ask {
    async fn once(&self, connection: &mut (impl ConnectionLike + Send)) -> RedisResult<Value> {
        match self {
            // Loads the script when Redis does not know it (any more).
            Self::Script(call) => call.invoke_async(connection).await,
            Self::Command(command) => command.query_async(connection).await,
            Self::Pipeline(pipeline) => pipeline.query_async(connection).await,
        }
    }
}

pub(super) struct Link {
    client: Client,
    manager: ConnectionManager,
    /// A command that blocks holds up whatever is sent behind it, so it has a connection of its own. It is taken out while in
    /// use: a caller that goes away in the middle leaves none behind on which the next would wait.
    blocking: Mutex<Option<MultiplexedConnection>>,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("addr", self.client.get_connection_info().addr()).finish_non_exhaustive()
    }
}

impl Link {
    pub(super) fn open(url: &str) -> Result<Self, StoreError> {
        let settings = TcpSettings::default().set_nodelay(true).set_user_timeout(PEER_SILENT_MAX);
        let unclear = |error: RedisError| StoreError::Unavailable(format!("redis url: {error}"));
        let info = url.into_connection_info().map_err(unclear)?.set_tcp_settings(settings);
        let client = Client::open(info).map_err(unclear)?;
        // No retries of its own: each verb tries again while it has time.
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(CONNECT_MAX))
            .set_response_timeout(Some(RESPONSE_MAX))
            .set_pipeline_buffer_size(COMMANDS_BUFFERED_MAX)
            .set_concurrency_limit(COMMANDS_IN_FLIGHT_MAX);
        let manager = ConnectionManager::new_lazy_with_config(client.clone(), config).map_err(unclear)?;
        Ok(Self { client, manager, blocking: Mutex::new(None) })
    }

    /// Asks once. For a caller who asks again himself, and wants to know that he had to.
    pub(super) async fn ask_once(&self, ask: Ask) -> Result<Value, StoreError> {
        let mut manager = self.manager.clone();
        match timeout_at(Instant::now() + VERB_MAX, ask.once(&mut manager)).await {
            Ok(answer) => answer.map_err(|error| fault(&error)),
            Err(_) => Err(StoreError::Unavailable(format!("no answer within {VERB_MAX:?}"))),
        }
    }

    /// Asks, and asks again while Redis is away, until the verb's time is up.
    pub(super) async fn ask(&self, ask: Ask) -> Result<Value, StoreError> {
        let deadline = Instant::now() + VERB_MAX;
        let mut manager = self.manager.clone();
        loop {
            let error = match timeout_at(deadline, ask.once(&mut manager)).await {
                Ok(Ok(value)) => return Ok(value),
                Ok(Err(error)) => error,
                Err(_) => return Err(StoreError::Unavailable(format!("no answer within {VERB_MAX:?}"))),
            };
            if !is_passing(&error) || Instant::now() + RETRY_PAUSE >= deadline {
                return Err(fault(&error));
            }
            sleep(RETRY_PAUSE).await;
        }
    }

    /// Runs a command that blocks on the server for up to `wait`. Answers nil when others' turns took all of that time.
    /// Not tried again: whoever waits asks again anyway.
    pub(super) async fn block(&self, command: &Cmd, wait: Duration) -> Result<Value, StoreError> {
        let deadline = Instant::now() + wait + VERB_MAX;
        let Ok(mut turn) = timeout_at(Instant::now() + wait, self.blocking.lock()).await else {
            return Ok(Value::Nil);
        };
        let late = |_| StoreError::Unavailable(format!("no answer within {VERB_MAX:?} beyond the wait"));
        if let Some(mut connection) = turn.take() {
            match timeout_at(deadline, command.query_async(&mut connection)).await.map_err(late)? {
                // Left over from before Redis went away and came back.
                Err(error) if error.is_io_error() => {}
                answer => return keep(turn, connection, answer),
            }
        }
        let mut connection = timeout_at(deadline, self.connect_blocking()).await.map_err(late)??;
        let answer = timeout_at(deadline, command.query_async(&mut connection)).await.map_err(late)?;
        keep(turn, connection, answer)
    }

    async fn connect_blocking(&self) -> Result<MultiplexedConnection, StoreError> {
        // The deadline of each call bounds its response.
        let config = AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT_MAX)).set_response_timeout(None);
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await;
        connection.map_err(|error| StoreError::Unavailable(error.to_string()))
    }
}

/// Puts a connection that answered back for the next turn.
fn keep(
    mut turn: MutexGuard<'_, Option<MultiplexedConnection>>,
    connection: MultiplexedConnection,
    answer: RedisResult<Value>,
) -> Result<Value, StoreError> {
    let value = answer.map_err(|error| fault(&error))?;
    *turn = Some(connection);
    Ok(value)
}

/// Whether the same may succeed in a moment: the connection is down, or the server is starting or changing its role.
fn is_passing(error: &RedisError) -> bool {
    use ServerErrorKind::{BusyLoading, ClusterDown, MasterDown, ReadOnly, TryAgain};
    match error.kind() {
        ErrorKind::Io => true,
        ErrorKind::Server(kind) => matches!(kind, BusyLoading | TryAgain | ClusterDown | MasterDown | ReadOnly),
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

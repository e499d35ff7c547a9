//! Connections to one server, for as long as it leads.

use super::address::Server;
use super::gate::{Entered, Gate};
use ::redis::aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection};
use ::redis::{AsyncConnectionConfig, Cmd, RedisResult, Value};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// Longest wait for one response: nearly the whole verb, for a second try would only add to a slow server's load.
pub(super) const RESPONSE_MAX: Duration = Duration::from_millis(850);
/// Longest wait for a connection.
const CONNECT_MAX: Duration = Duration::from_millis(400);
/// Most commands sent and not answered.
const COMMANDS_IN_FLIGHT_MAX: usize = 8_192;
/// Most commands that wait to be sent.
const COMMANDS_BUFFERED_MAX: usize = 1_024;

pub(super) struct Master {
    server: Server,
    manager: ConnectionManager,
    /// A command that blocks holds up whatever is sent behind it, so it has a connection of its own. It is taken out while in
    /// use: a caller that goes away in the middle leaves none behind on which the next would wait.
    blocking: Mutex<Option<MultiplexedConnection>>,
    gate: Option<Gate>,
}

impl Master {
    pub fn new(server: Server, gate: Option<Gate>) -> RedisResult<Self> {
        // No retries of its own: each verb tries again while it has time.
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(CONNECT_MAX))
            .set_response_timeout(Some(RESPONSE_MAX))
            .set_pipeline_buffer_size(COMMANDS_BUFFERED_MAX)
            .set_concurrency_limit(COMMANDS_IN_FLIGHT_MAX);
        let manager = ConnectionManager::new_lazy_with_config(server.client.clone(), config)?;
        Ok(Self { server, manager, blocking: Mutex::new(None), gate })
    }

    pub fn is(&self, server: &Server) -> bool {
        self.server == *server
    }

    /// One that all share without waiting for one another.
    pub fn connection(&self) -> ConnectionManager {
        self.manager.clone()
    }

    /// To be had before anything is asked for whose answer must outlive this master; none where nothing must.
    pub async fn enter(&self) -> RedisResult<Option<Entered>> {
        match &self.gate {
            Some(gate) => gate.enter(&self.server.client).await.map(Some),
            None => Ok(None),
        }
    }

    /// Waits until the answer outlives this master.
    pub async fn pass(&self, entered: Option<Entered>) -> RedisResult<()> {
        match (&self.gate, entered) {
            (Some(gate), Some(entered)) => gate.pass(entered).await,
            _ => Ok(()),
        }
    }

    /// Runs a command that blocks; answers nil when others' turns took all of `wait`.
    pub async fn block(&self, command: &Cmd, wait: Duration) -> RedisResult<Value> {
        let Ok(mut turn) = timeout(wait, self.blocking.lock()).await else { return Ok(Value::Nil) };
        if let Some(mut connection) = turn.take() {
            match command.query_async(&mut connection).await {
                // Left over from before Redis went away and came back.
                Err(error) if error.is_io_error() => {}
                answer => {
                    *turn = answer.is_ok().then_some(connection);
                    return answer;
                }
            }
        }
        // The deadline of each call bounds its response.
        let config = connecting().set_response_timeout(None);
        let mut connection = self.server.client.get_multiplexed_async_connection_with_config(&config).await?;
        let answer = command.query_async(&mut connection).await?;
        *turn = Some(connection);
        Ok(answer)
    }
}

/// For a connection that is had within a bound.
pub(super) fn connecting() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT_MAX))
}

//! A second client, which looks at and plants keys behind the store's back.

use ::redis::{
    AsyncConnectionConfig, Client, Cmd, Connection, FromRedisValue, RedisResult, Value, aio::MultiplexedConnection,
    cmd, from_redis_value, pipe,
};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use store::conformance::BOUNDS;
use store::testing::{Fsync, Listen, RedisServer};
use store::{RedisStore, StoreError};

/// Longest a verb may take while Redis is away, with a margin for a busy machine over the 900 ms it gives itself.
pub const AWAY_MS_MAX: u128 = 1_000;

/// Longest that an answer may take, however busy the machine.
const ANSWER_MAX: Duration = Duration::from_secs(10);

pub fn server() -> RedisServer {
    RedisServer::start_with(Listen::UnixSocket, Fsync::Never).unwrap()
}

pub fn store_on(server: &RedisServer) -> RedisStore {
    RedisStore::connect_within(server.url(), "realm".parse().unwrap(), BOUNDS).unwrap()
}

#[derive(Clone)]
pub struct Raw {
    client: Client,
    connection: MultiplexedConnection,
}

impl Raw {
    pub async fn on(server: &RedisServer) -> Self {
        Self::at(server.url()).await
    }

    pub async fn at(url: &str) -> Self {
        let client = Client::open(url).unwrap();
        let config = AsyncConnectionConfig::new().set_response_timeout(Some(ANSWER_MAX));
        let connection = client.get_multiplexed_async_connection_with_config(&config).await.unwrap();
        Self { client, connection }
    }

    pub async fn ask<T: FromRedisValue>(&mut self, command: &mut Cmd) -> T {
        self.try_ask(command).await.unwrap()
    }

    /// Hears every command that is given from now on.
    pub fn monitor(&self) -> Connection {
        let mut ear = self.client.get_connection().unwrap();
        cmd("MONITOR").exec(&mut ear).unwrap();
        ear
    }

    pub async fn try_ask<T: FromRedisValue>(&mut self, command: &mut Cmd) -> RedisResult<T> {
        command.query_async(&mut self.connection).await
    }

    pub async fn keys(&mut self) -> Vec<String> {
        let mut keys: Vec<String> = self.ask(cmd("KEYS").arg("*")).await;
        keys.sort();
        keys
    }

    pub async fn empty(&mut self) {
        self.ask(&mut cmd("FLUSHALL")).await
    }

    /// Every key with its whole content, as it can be put back.
    pub async fn keep(&mut self) -> Kept {
        let keys = self.keys().await;
        let mut reading = pipe();
        for key in &keys {
            reading.cmd("DUMP").arg(key).cmd("PTTL").arg(key);
        }
        let read: Vec<Value> = reading.query_async(&mut self.connection).await.unwrap();
        let kept = keys.into_iter().zip(read.chunks(2)).map(|(key, read)| {
            let ttl_ms: i64 = from_redis_value(read[1].clone()).unwrap();
            (key, (from_redis_value(read[0].clone()).unwrap(), ttl_ms.max(0)))
        });
        Kept { keys: kept.collect(), content: self.content().await }
    }

    /// Makes everything as it was kept.
    pub async fn put_back(&mut self, kept: &Kept) {
        let mut writing = pipe();
        writing.cmd("FLUSHALL");
        for (key, (content, ttl_ms)) in &kept.keys {
            writing.cmd("RESTORE").arg(key).arg(ttl_ms).arg(content);
        }
        writing.exec_async(&mut self.connection).await.unwrap();
    }

    /// Every key with its whole content, to compare.
    pub async fn content(&mut self) -> BTreeMap<String, String> {
        let keys = self.keys().await;
        let mut typing = pipe();
        for key in &keys {
            typing.cmd("TYPE").arg(key);
        }
        let kinds: Vec<String> = typing.query_async(&mut self.connection).await.unwrap();
        let mut reading = pipe();
        for (key, kind) in keys.iter().zip(&kinds) {
            // A hash or set that grew not long ago is dumped in another order after it is read.
            let reader = BTreeMap::from([("hash", "HGETALL"), ("set", "SMEMBERS")]);
            reading.cmd(reader.get(kind.as_str()).unwrap_or(&"DUMP")).arg(key);
        }
        let read: Vec<Value> = reading.query_async(&mut self.connection).await.unwrap();
        let text = |kind: &String, value: Value| match kind.as_str() {
            "hash" => format!("{:?}", from_redis_value::<BTreeMap<Vec<u8>, Vec<u8>>>(value).unwrap()),
            "set" => format!("{:?}", from_redis_value::<BTreeSet<Vec<u8>>>(value).unwrap()),
            _ => format!("{value:?}"),
        };
        keys.into_iter().zip(kinds.iter().zip(read).map(|(kind, value)| text(kind, value))).collect()
    }
}

/// Everything that a server held.
pub struct Kept {
    /// Each key with its content and the time that it had left, in ms, 0 for ever.
    keys: BTreeMap<String, (Vec<u8>, i64)>,
    /// To compare.
    pub content: BTreeMap<String, String>,
}

/// The error must be [`StoreError::Corrupt`] and name `key`.
pub fn assert_names<T: std::fmt::Debug>(outcome: Result<T, StoreError>, key: &str, verb: &str) {
    match outcome {
        Err(StoreError::Corrupt(text)) if text.contains(key) => {}
        other => panic!("{verb} with a planted {key}: {other:?}"),
    }
}

//! A second client, which looks at and plants keys behind the store's back.

use ::redis::{Client, Cmd, FromRedisValue, aio::MultiplexedConnection, cmd};
use std::collections::BTreeMap;
use store::conformance::BOUNDS;
use store::testing::{Fsync, Listen, RedisServer};
use store::{RedisStore, StoreError};

/// Longest a verb may take while Redis is away, with a margin for a busy machine over the 900 ms it gives itself.
pub const AWAY_MS_MAX: u128 = 1_000;

pub fn server() -> RedisServer {
    RedisServer::start_with(Listen::UnixSocket, Fsync::Never).unwrap()
}

pub fn store_on(server: &RedisServer) -> RedisStore {
    RedisStore::connect_within(server.url(), "realm".parse().unwrap(), BOUNDS).unwrap()
}

pub struct Raw(MultiplexedConnection);

impl Raw {
    pub async fn on(server: &RedisServer) -> Self {
        let client = Client::open(server.url()).unwrap();
        Self(client.get_multiplexed_async_connection().await.unwrap())
    }

    pub async fn ask<T: FromRedisValue>(&mut self, command: &mut Cmd) -> T {
        command.query_async(&mut self.0).await.unwrap()
    }

    pub async fn keys(&mut self) -> Vec<String> {
        let mut keys: Vec<String> = self.ask(cmd("KEYS").arg("*")).await;
        keys.sort();
        keys
    }

    /// Every key with its whole content.
    pub async fn everything(&mut self) -> BTreeMap<String, Vec<u8>> {
        let mut everything = BTreeMap::new();
        for key in self.keys().await {
            let content = self.ask(cmd("DUMP").arg(&key)).await;
            everything.insert(key, content);
        }
        everything
    }

    /// The same to compare. Reading a hash that grew not long ago can change the order in which it is dumped: its fields are sorted.
    pub async fn content(&mut self) -> BTreeMap<String, Vec<u8>> {
        let mut content = self.everything().await;
        for (key, bytes) in &mut content {
            let kind: String = self.ask(cmd("TYPE").arg(key)).await;
            if kind == "hash" {
                let fields: BTreeMap<Vec<u8>, Vec<u8>> = self.ask(cmd("HGETALL").arg(key)).await;
                *bytes = format!("{fields:?}").into_bytes();
            }
        }
        content
    }
}

/// The error must be [`StoreError::Corrupt`] and name `key`.
pub fn assert_names<T: std::fmt::Debug>(outcome: Result<T, StoreError>, key: &str, verb: &str) {
    match outcome {
        Err(StoreError::Corrupt(text)) if text.contains(key) => {}
        other => panic!("{verb} with a planted {key}: {other:?}"),
    }
}

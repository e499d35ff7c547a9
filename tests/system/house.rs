//! What every story stands on: a system on one of the stores, and players.

use anyhow::Result;
use chassis::Clock;
use domain::{RealmId, Role};
use sandbox::{Actor, Counts, System, World, built_in_rules};
use std::sync::Arc;
use store::testing::RedisServer;
use store::{MemoryStore, RedisStore, Store};

/// Where truth is kept in a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    Memory,
    Redis,
}

/// A running system and what it stands on.
pub struct House {
    pub system: System,
    pub redis: Option<RedisServer>,
}

impl House {
    pub async fn open(on: On, counts: Counts) -> Result<Self> {
        let rules = Arc::new(built_in_rules()?);
        Self::open_with(on, counts, rules).await
    }

    pub async fn open_with(on: On, counts: Counts, rules: Arc<domain::RuleSet>) -> Result<Self> {
        let realm: RealmId = "test".parse()?;
        let (store, redis): (Arc<dyn Store>, _) = match on {
            On::Memory => (Arc::new(MemoryStore::new()), None),
            On::Redis => {
                let redis = RedisServer::start()?;
                (Arc::new(RedisStore::connect(&redis.url(), realm.clone())?), Some(redis))
            }
        };
        let world = World { realm, store, rules, clock: Clock::system() };
        Ok(Self { system: System::start(world, counts).await?, redis })
    }

    /// A player at the first orchestrator and the first playserver.
    pub fn player(&self, id: &str, rating: f64) -> Result<Actor> {
        let first = |role| self.system.addresses(role).into_iter().next().unwrap_or_default();
        Actor::new(id, rating, &first(Role::Orchestrator), &first(Role::Playserver))
    }
}

/// Tells a story once for each store.
macro_rules! on_both_stores {
    ($($(#[$doc:meta])* async fn $story:ident($on:ident: On) -> Result<()> $body:block)+) => {
        $(
            $(#[$doc])*
            async fn $story($on: On) -> Result<()> $body
        )+
        mod on_memory {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $story() -> anyhow::Result<()> {
                    super::$story(crate::house::On::Memory).await
                }
            )+
        }
        mod on_redis {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $story() -> anyhow::Result<()> {
                    super::$story(crate::house::On::Redis).await
                }
            )+
        }
    };
}
pub(crate) use on_both_stores;

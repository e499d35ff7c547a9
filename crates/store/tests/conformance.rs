//! Both stores keep every promise.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what it is sure of")]

use std::sync::Arc;
use store::conformance::BOUNDS;
use store::testing::{Fsync, Listen, RedisServer};
use store::{MemoryStore, RedisStore, Store};

mod memory {
    use super::*;

    macro_rules! test {
        ($promise:ident) => {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                store::conformance::$promise(Arc::new(MemoryStore::with_bounds(BOUNDS))).await;
            }
        };
    }

    store::for_each_promise!(test);
}

mod redis {
    use super::*;

    macro_rules! test {
        ($promise:ident) => {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                let server = RedisServer::start_with(Listen::UnixSocket, Fsync::Never).unwrap();
                let store = RedisStore::connect_within(server.url(), "realm".parse().unwrap(), BOUNDS).unwrap();
                let store: Arc<dyn Store> = Arc::new(store);
                store::conformance::$promise(store).await;
            }
        };
    }

    store::for_each_promise!(test);
}

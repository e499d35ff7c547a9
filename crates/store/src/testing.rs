//! What tests of this and other crates stand on: a real redis-server of their own, and waiting for a condition.

mod condition;
mod ports;
mod server;

pub use self::condition::{eventually, eventually_within};
pub use self::ports::free_port;
pub use self::server::{Fsync, Listen, Locks, RedisServer, Written};

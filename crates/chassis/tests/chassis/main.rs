//! The chassis as services use it: real sockets, real streams.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what it is sure of")]

mod calls;
mod discovery;
mod http;
mod inspect;
mod scrape;
mod server;
mod support;
mod trace;

//! The chassis as services use it: real sockets, real streams.

mod calls;
mod discovery;
mod server;
mod support;
mod trace;

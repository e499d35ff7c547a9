//! Stories about the whole system, told once for each store: real services over real sockets, in this process or each in its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what it is sure of")]

#[path = "../authority.rs"]
mod authority;
mod browser;
mod dev;
mod doors;
mod fixture;
mod page;
mod processes;
#[path = "../repeatable.rs"]
mod repeatable;
#[path = "../users.rs"]
mod users;

mod bad_input;
mod bench;
mod cancel;
mod chaos;
mod check;
mod examples;
mod explain;
mod first_match;
mod fuzz;
mod health_and_reflection;
mod hung;
mod inspect;
mod lost;
mod malformed;
mod manifests;
mod metrics;
mod misuse;
mod monitor;
mod nginx;
mod no_show;
mod overhead;
mod overload;
mod raw;
mod readme;
mod realm_server;
mod reconnect;
mod redis_acl;
mod reload;
mod rematch;
mod retry;
mod shutdown;
mod simulate;
mod standby;
mod store_outage;
mod sweeper;
mod trace;
mod unwatched;
mod widening;

//! What only Redis can do to a store: go away, forget scripts, hold foreign keys.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what it is sure of")]

#[path = "../../../tests/authority.rs"]
mod authority;
#[path = "../../../tests/repeatable.rs"]
mod repeatable;
#[path = "../../../tests/users.rs"]
mod users;

mod redis {
    mod acl;
    mod away;
    mod back;
    mod calls;
    mod checks;
    mod cluster;
    mod fuzz;
    mod keys;
    mod mutants;
    mod planted;
    mod raw;
    mod refused;
    mod restart;
    mod scene;
    mod sentinel;
    mod sites;
    mod tls;
    mod together;
}

//! The engine as its users see it: rules files, who may queue, what is looked at, which matches come out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what it is sure of")]

mod admission;
mod costs;
mod declared;
mod doubts;
mod explain;
mod golden;
mod looks;
mod mistakes;
mod properties;
mod replay;
mod ripening;
mod rules_files;
#[path = "../shipped/mod.rs"]
mod shipped;
mod squads;
mod support;

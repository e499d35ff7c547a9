//! Muster's services put together: one of them for a process of its own ([`serve`]), or all of them in this process ([`System`]),
//! over real gRPC either way. Dev mode and the system tests run the same system.

mod actor;
mod line;
mod residue;
mod rules;
mod spec;
mod system;
mod wait;
mod watcher;
mod world;

pub use actor::{Actor, Queued};
pub use line::{Following, Line, Session};
pub use residue::{Residue, settled};
pub use rules::{
    Polled, RULES_POLL, RulesFileError, RulesFollower, built_in_rules, load_rules, rules_text, rules_texts,
};
pub use spec::{Counts, Spec};
pub use system::{Running, System};
pub use wait::{WAIT_MAX, wait_until};
pub use watcher::Watcher;
pub use world::{World, serve};

//! Runs services: one of them, all of them in this process, or all of them in processes of their own.

mod args;
mod cluster;
mod dev;
mod ports;
mod role;
mod signals;

pub use args::{ClusterArgs, DevArgs, RoleArgs};
pub use cluster::run as cluster;
pub use dev::run as dev;
pub use role::run as role;

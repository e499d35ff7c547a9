//! Runs services: one of them, all of them in this process, or all of them in processes of their own.

mod args;
mod cluster;
mod dev;
mod doors;
mod monitor;
mod next_step;
mod ports;
mod redacted;
mod role;
mod round_trips;
mod signals;

pub use args::{
    ClusterArgs, DEFAULT_REALM, DevArgs, FsyncArg, MonitorArgs, PlayserverArgs, RealmArgs, RoleArgs, with_own_port,
};
pub use cluster::{Export, Member, Seat, process, ready, run as cluster, seats_at, start_redis};
pub use dev::run as dev;
pub use monitor::run as monitor;
pub use role::{playserver, run as role};
pub use signals::{Interrupts, interrupts};

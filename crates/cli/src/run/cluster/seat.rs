use crate::run::ports::{default_port, listen};
use anyhow::Result;
use domain::{InstanceId, Role};
use sandbox::Counts;
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};

const IN_USE: &str = "is a muster already running? Stop it first";

/// Where a member is to run, and under which name.
#[derive(Debug, Clone)]
pub struct Seat {
    pub name: String,
    pub role: Role,
    pub address: SocketAddr,
    /// Where others reach it: there, unless something lies between.
    pub reached_at: SocketAddr,
    /// Unlike any of an earlier cluster on the same Redis, whose leases may still run.
    pub instance: InstanceId,
}

/// A seat for each member; those of one role on ports that follow one another.
pub fn seats(counts: Counts) -> Result<Vec<Seat>> {
    seats_at(counts, |role, number| Ok(default_port(role) + number))
}

/// A seat for each member, on the port that its role and its number within it are given.
pub fn seats_at(counts: Counts, port: impl Fn(Role, u16) -> Result<u16>) -> Result<Vec<Seat>> {
    let run_id = &uuid::Uuid::new_v4().simple().to_string()[..8];
    let mut numbers: HashMap<Role, u16> = HashMap::new();
    let seat = |role: Role| {
        let next = numbers.entry(role).or_default();
        let number = *next;
        *next += 1;
        let name = format!("{}-{number}", role.as_str());
        let instance = InstanceId::parse("instance", &format!("{name}-{run_id}"))?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port(role, number)?));
        Ok(Seat { name, role, address, reached_at: address, instance })
    };
    counts.roles().map(seat).collect()
}

/// Looks at every port before anything starts: a port in use leaves nothing half up.
pub async fn check_free(seats: &[Seat]) -> Result<()> {
    for seat in seats {
        drop(listen(seat.role.as_str(), seat.address, IN_USE).await?);
    }
    Ok(())
}

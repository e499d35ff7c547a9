use crate::keys::KeysDir;
use crate::run::ports::{default_port, listen};
use anyhow::Result;
use domain::{InstanceId, Role};
use sandbox::Counts;
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};

/// How far above a member's own port its metrics' is. A role has ten ports, and all roles have fewer than a hundred.
const METRICS_ABOVE: u16 = 100;

const IN_USE: &str = "is a muster already running? Stop it first";

/// Where a member is to run, and under which name.
#[derive(Debug, Clone)]
pub struct Seat {
    pub name: String,
    pub role: Role,
    pub address: SocketAddr,
    /// Where others reach it: there, unless something lies between.
    pub reached_at: SocketAddr,
    /// Where its metrics are; none: nowhere.
    pub metrics: Option<SocketAddr>,
    /// What locks its doors; none: they stand open.
    pub keys: Option<KeysDir>,
    /// Unlike any of an earlier cluster on the same Redis, whose leases may still run.
    pub instance: InstanceId,
}

/// A seat for each member; those of one role on ports that follow one another, and their metrics on ports of their own.
pub fn seats(counts: Counts) -> Result<Vec<Seat>> {
    let mut seats = seats_at(counts, |role, number| Ok(default_port(role) + number))?;
    for seat in &mut seats {
        seat.metrics = Some(SocketAddr::new(seat.address.ip(), seat.address.port() + METRICS_ABOVE));
    }
    Ok(seats)
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
        Ok(Seat { name, role, address, reached_at: address, metrics: None, keys: None, instance })
    };
    counts.roles().map(seat).collect()
}

/// Looks at every port before anything starts: a port in use leaves nothing half up.
pub async fn check_free(seats: &[Seat]) -> Result<()> {
    for seat in seats {
        drop(listen(seat.role.as_str(), seat.address, IN_USE).await?);
        if let Some(metrics) = seat.metrics {
            drop(listen("metrics", metrics, IN_USE).await?);
        }
    }
    Ok(())
}

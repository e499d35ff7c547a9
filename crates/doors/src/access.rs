//! Who may call what: the whole of it, in one table.

use crate::Member;
use domain::Role;

/// Who may call a method at all. What he may do with it is the service's to say, by [`crate::Principal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Anyone,
    /// With any token or certificate.
    Known,
    /// Players, for themselves; realm servers, for all of theirs.
    Clients,
    /// As clients; and the monitor, which may see everyone's.
    ClientsAndMonitor,
    RealmServers,
    Members(&'static [Member]),
}

/// None: there is no such method.
pub fn access(path: &str) -> Option<Access> {
    use Access::{Anyone, Clients, ClientsAndMonitor, Known, Members, RealmServers};
    let (service, method) = path.strip_prefix('/')?.split_once('/')?;
    Some(match (service, method) {
        ("muster.v1.Queue", "Enqueue" | "Cancel") => Clients,
        ("muster.v1.Queue", "GetTicket" | "Explain") => ClientsAndMonitor,
        ("muster.v1.Queue", "Session") => RealmServers,
        ("muster.v1.Play", "Watch" | "Acknowledge") => Clients,
        ("muster.v1.Play", "Follow" | "EndMatch") => RealmServers,
        ("muster.v1.Matchmaker", "Search") => {
            Members(&[Member::Instance(Role::Orchestrator), Member::Instance(Role::Sweeper)])
        }
        ("muster.v1.Mover", "Propose") => Members(&[Member::Instance(Role::Matchmaker)]),
        ("muster.v1.Playserver", "Deliver") => Members(&[Member::Instance(Role::Mover)]),
        ("muster.v1.Inspect", "Inspect" | "Drain") => Members(&[Member::Monitor]),
        // It says no more than whether it serves, and whoever balances has no credential of ours.
        ("grpc.health.v1.Health", "Check") => Anyone,
        // A stream, which stays and costs memory.
        ("grpc.health.v1.Health", "Watch") => Members(&Member::ALL),
        // Where it is served at all.
        ("grpc.reflection.v1.ServerReflection" | "grpc.reflection.v1alpha.ServerReflection", _) => Known,
        _ => return None,
    })
}

/// Methods whose answer lasts as long as the client likes: a token that was good at the beginning may run out meanwhile.
pub(crate) const LASTING: [&str; 3] = ["/muster.v1.Queue/Session", "/muster.v1.Play/Watch", "/muster.v1.Play/Follow"];

#[cfg(test)]
mod tests {
    use super::*;
    use prost_reflect::DescriptorPool;

    #[test]
    fn every_method_has_its_place_in_the_table_and_streams_to_clients_last() {
        let described = DescriptorPool::decode(api::DESCRIPTORS).unwrap();
        for method in described.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
            let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
            let access = access(&path).expect(&path);
            let to_clients = matches!(access, Access::Clients | Access::ClientsAndMonitor | Access::RealmServers);
            let lasts = to_clients && method.is_server_streaming();
            assert_eq!(LASTING.contains(&&*path), lasts, "{path}");
        }
    }
}

use chassis::Peers;
use domain::{Instance, InstanceId};

/// Chooses who hosts a match.
#[derive(Clone)]
pub struct Hosts {
    playservers: Peers,
}

impl Hosts {
    pub fn new(playservers: Peers) -> Self {
        Self { playservers }
    }

    /// A playserver with room: one that stands in `region` if there is any, and of those the one with the smallest share of its
    /// capacity in use. `match_hash` spreads what is equal, for loads are known only as of the last heartbeat.
    pub fn choose(&self, region: &str, match_hash: u128) -> Option<InstanceId> {
        let alive = self.playservers.alive();
        let with_room: Vec<&Instance> = alive.iter().filter(|instance| instance.load < instance.capacity).collect();
        let near: Vec<&Instance> = with_room.iter().copied().filter(|instance| instance.region == region).collect();
        let choice = if near.is_empty() { with_room } else { near };
        let least = choice.iter().map(|instance| use_percent(instance)).min()?;
        let equal: Vec<&Instance> = choice.into_iter().filter(|instance| use_percent(instance) == least).collect();
        let index = match_hash % equal.len() as u128;
        Some(equal[index as usize].id.clone())
    }

    pub fn is_alive(&self, host: &InstanceId) -> bool {
        self.playservers.alive().iter().any(|instance| instance.id == *host)
    }
}

fn use_percent(instance: &Instance) -> u64 {
    u64::from(instance.load) * 100 / u64::from(instance.capacity.max(1))
}

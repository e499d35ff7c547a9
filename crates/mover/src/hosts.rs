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

    /// A playserver with room: one that stands in `region` if there is any, and of those each for as many of all `match_hash`es as it has
    /// room for matches. Loads are known only as of the last heartbeat: until the next one all would go to the one with the most room.
    pub fn choose(&self, region: &str, match_hash: u128) -> Option<InstanceId> {
        choose(&self.playservers.alive(), region, match_hash).map(|instance| instance.id.clone())
    }

    /// As [`Hosts::choose`], any but this one; while this one lives, none of another region than the match's.
    pub fn choose_another(&self, than: &InstanceId, region: &str, match_hash: u128) -> Option<InstanceId> {
        let (alive, lives) = (self.playservers.alive(), self.is_alive(than));
        let is_near = |instance: &Instance| !lives || region.is_empty() || instance.region == region;
        let is_another = |instance: &&Instance| instance.id != *than && is_near(instance);
        let others: Vec<Instance> = alive.iter().filter(is_another).cloned().collect();
        choose(&others, region, match_hash).map(|instance| instance.id.clone())
    }

    pub fn is_alive(&self, host: &InstanceId) -> bool {
        self.playservers.alive().iter().any(|instance| instance.id == *host)
    }
}

fn choose<'a>(alive: &'a [Instance], region: &str, match_hash: u128) -> Option<&'a Instance> {
    let with_room: Vec<&Instance> = alive.iter().filter(|instance| instance.room() > 0).collect();
    let near: Vec<&Instance> = with_room.iter().copied().filter(|instance| instance.region == region).collect();
    let choice = if near.is_empty() { with_room } else { near };
    let mut place = match_hash.checked_rem(choice.iter().map(|instance| u128::from(instance.room())).sum())?;
    choice.into_iter().find(|instance| {
        let room = u128::from(instance.room());
        let is_here = place < room;
        place = place.saturating_sub(room);
        is_here
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Role;

    fn playserver(name: &str, region: &str, load: u32, capacity: u32) -> Instance {
        let (id, address) = (name.parse().unwrap(), "http://127.0.0.1:7610".to_owned());
        Instance { id, role: Role::Playserver, address, region: region.to_owned(), capacity, load }
    }

    /// How many of `matches` in a row each hosts.
    fn shares(alive: &[Instance], region: &str, matches: u128) -> Vec<usize> {
        let hosts: Vec<_> = (0..matches).filter_map(|hash| choose(alive, region, hash)).collect();
        alive.iter().map(|instance| hosts.iter().filter(|host| host.id == instance.id).count()).collect()
    }

    #[test]
    fn matches_go_to_each_playserver_by_its_room_and_not_all_to_the_emptiest() {
        let alive =
            [playserver("half", "eu", 50, 100), playserver("new", "eu", 0, 100), playserver("full", "eu", 9, 9)];
        assert_eq!(shares(&alive, "eu", 150), [50, 100, 0]);
    }

    #[test]
    fn a_playserver_of_the_region_comes_before_others_while_it_has_room() {
        let near = |load| [playserver("near", "eu", load, 4), playserver("far", "us", 0, 4)];
        assert_eq!(shares(&near(3), "eu", 8), [8, 0]);
        assert_eq!(shares(&near(4), "eu", 8), [0, 8]);
        assert_eq!(shares(&[playserver("draining", "eu", 3, 0)], "eu", 8), [0]);
    }
}

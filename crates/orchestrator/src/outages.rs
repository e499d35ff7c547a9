//! Why nobody at all is matched: what a match takes, and is not there.

use api::v1::Outage;
use domain::Role;
use futures::try_join;
use store::{Store, StoreError};

/// In the order in which a match takes them.
pub async fn outages(store: &dyn Store) -> Result<Vec<Outage>, StoreError> {
    let (matchmakers, leader, playservers) =
        try_join!(store.instances(Role::Matchmaker), store.leader(), store.instances(Role::Playserver))?;
    let lacks = [
        (Outage::NoMatchmaker, matchmakers.is_empty()),
        (Outage::NoLeadingMover, leader.is_none()),
        (Outage::NoPlayserverWithRoom, playservers.iter().all(|playserver| playserver.room() == 0)),
    ];
    Ok(lacks.into_iter().filter_map(|(outage, is_lacking)| is_lacking.then_some(outage)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Instance;
    use std::time::Duration;
    use store::{Leases, MemoryStore};

    const LEASE: Duration = Duration::from_secs(60);

    fn playserver(name: &str, load: u32) -> Instance {
        let (id, address, region) = (name.parse().unwrap(), "http://127.0.0.1:7610".to_owned(), String::new());
        Instance { id, role: Role::Playserver, address, region, capacity: 2, load }
    }

    #[tokio::test]
    async fn a_playserver_without_room_is_as_none() {
        let store = MemoryStore::new();
        store.register(&playserver("full", 2), LEASE).await.unwrap();
        assert!(outages(&store).await.unwrap().contains(&Outage::NoPlayserverWithRoom));
        store.register(&playserver("other", 1), LEASE).await.unwrap();
        assert_eq!(outages(&store).await.unwrap(), [Outage::NoMatchmaker, Outage::NoLeadingMover]);
    }
}

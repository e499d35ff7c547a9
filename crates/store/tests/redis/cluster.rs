//! Two realms in a cluster of two masters, each of which keeps one of them.

use super::raw::Raw;
use ::redis::cmd;
use std::sync::Arc;
use store::RedisStore;
use store::conformance::people::*;
use store::testing::{Fsync, Locks, RedisServer, eventually};

const SLOTS: u16 = 16_384;
/// Of the first half of the slots, and of the second.
const REALMS: [&str; 2] = ["north", "south"];

struct Cluster {
    /// Each with the half of the slots by its turn.
    nodes: Vec<(RedisServer, Raw)>,
    url: String,
}

async fn two_masters() -> Cluster {
    let (one, _) = RedisServer::node(&Locks::default(), Fsync::Never).unwrap();
    let (two, bus) = RedisServer::node(&Locks::default(), Fsync::Never).unwrap();
    let url = format!("redis+cluster://127.0.0.1:{},127.0.0.1:{}?replicas=0", one.port(), two.port());
    let port = two.port();
    let (to_one, to_two) = (Raw::on(&one).await, Raw::on(&two).await);
    let mut nodes = vec![(one, to_one), (two, to_two)];
    let () = nodes[0].1.ask(cmd("CLUSTER").arg("MEET").arg("127.0.0.1").arg(port).arg(bus)).await;
    for (turn, (_, raw)) in nodes.iter_mut().enumerate() {
        let first = SLOTS / 2 * turn as u16;
        let () = raw.ask(cmd("CLUSTER").arg("ADDSLOTSRANGE").arg(first).arg(first + SLOTS / 2 - 1)).await;
    }
    for (_, raw) in &nodes {
        eventually("the cluster to keep every slot", || {
            let mut raw = raw.clone();
            async move {
                let info: String = raw.ask(cmd("CLUSTER").arg("INFO")).await;
                if info.contains("cluster_state:ok") { Ok(()) } else { Err(info) }
            }
        })
        .await;
    }
    Cluster { nodes, url }
}

impl Cluster {
    fn store(&self, realm: &str) -> RedisStore {
        RedisStore::connect(&self.url, realm.parse().unwrap()).unwrap()
    }
}

#[tokio::test]
async fn two_realms_work_on_a_master_each() {
    let mut cluster = two_masters().await;
    for realm in REALMS {
        let store: Arc<dyn store::Store> = Arc::new(cluster.store(realm));
        store::conformance::a_commit_takes_its_tickets_out_of_every_queue(store).await;
    }
    for (turn, realm) in REALMS.into_iter().enumerate() {
        let keys = cluster.nodes[turn].1.keys().await;
        assert!(!keys.is_empty() && keys.iter().all(|key| key.starts_with(&format!("{{{realm}}}:"))), "{keys:?}");
    }
}

/// As when the cluster grows: the slot goes to another master, empty here, and the store goes after it.
#[tokio::test]
async fn a_realm_whose_slot_is_given_to_another_master_goes_on_there() {
    let mut cluster = two_masters().await;
    let store = cluster.store(REALMS[0]);
    queued(&store, solo("ann")).await;
    let slot: u16 = cluster.nodes[0].1.ask(cmd("CLUSTER").arg("KEYSLOT").arg("{north}")).await;
    let id: String = cluster.nodes[1].1.ask(cmd("CLUSTER").arg("MYID")).await;
    cluster.nodes[0].1.empty().await;
    for (_, raw) in cluster.nodes.iter_mut().rev() {
        let () = raw.ask(cmd("CLUSTER").arg("SETSLOT").arg(slot).arg("NODE").arg(&id)).await;
    }
    queued(&store, solo("ann")).await;
    assert!(!cluster.nodes[1].1.keys().await.is_empty());
}

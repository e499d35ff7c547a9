use super::people::*;
use crate::testing::eventually;
use crate::{Fence, Leadership, Store};
use domain::{Cursor, Role};
use std::sync::Arc;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(20);

fn lead_of(leadership: Leadership) -> (Fence, u64) {
    match leadership {
        Leadership::Leading { fence, epoch } => (fence, epoch),
        held => panic!("not leading: {held:?}"),
    }
}

pub async fn registered_instances_are_listed_as_they_last_stood(store: Arc<dyn Store>) {
    let odd = domain::Instance { address: "http://[::1]:50051/a|b c".into(), ..playserver("b", 1) };
    for instance in [playserver("c", 1), odd.clone(), playserver("a", 1), playserver("a", 7)] {
        store.register(&instance, LEASE).await.unwrap();
    }
    let listed = store.instances(Role::Playserver).await.unwrap();
    assert_eq!(listed, [playserver("a", 7), odd, playserver("c", 1)]);
    assert_eq!(store.instances(Role::Mover).await.unwrap(), []);
}

pub async fn an_instance_is_forgotten_when_its_lease_runs_out(store: Arc<dyn Store>) {
    store.register(&playserver("stays", 0), LEASE).await.unwrap();
    store.register(&playserver("goes", 0), SHORT).await.unwrap();
    let left = eventually("the lease runs out", async || {
        let instances = store.instances(Role::Playserver).await.unwrap();
        if instances.len() == 1 { Ok(instances) } else { Err(format!("{instances:?}")) }
    });
    assert_eq!(left.await, [playserver("stays", 0)]);
    store.register(&playserver("goes", 3), LEASE).await.unwrap();
    assert_eq!(store.instances(Role::Playserver).await.unwrap().len(), 2);
}

pub async fn a_deregistered_instance_is_forgotten_at_once(store: Arc<dyn Store>) {
    store.register(&playserver("a", 0), LEASE).await.unwrap();
    for _ in 0..2 {
        store.deregister(Role::Playserver, &instance_id("a")).await.unwrap();
        assert_eq!(store.instances(Role::Playserver).await.unwrap(), []);
    }
}

pub async fn only_one_leads_and_renewing_keeps_fence_and_epoch(store: Arc<dyn Store>) {
    let (one, two) = (instance_id("mover-1"), instance_id("mover-2"));
    assert_eq!(store.leader().await.unwrap(), None);
    let lead = store.lead(&one, LEASE, 1_000, Cursor::default()).await.unwrap();
    assert_eq!(store.lead(&two, LEASE, 2_000, Cursor::default()).await.unwrap(), Leadership::Held { by: one.clone() });
    assert_eq!(store.lead(&one, LEASE, 3_000, Cursor::default()).await.unwrap(), lead);
    assert_eq!(store.leader().await.unwrap(), Some(one));
}

pub async fn a_new_lead_has_a_new_fence_and_a_later_epoch(store: Arc<dyn Store>) {
    let mut leads = Vec::new();
    for (name, now_ms) in [("mover-1", 5_000), ("mover-2", 4_000), ("mover-1", 9_000), ("mover-1", 9_000)] {
        let (fence, epoch) = lead_of(store.lead(&instance_id(name), LEASE, now_ms, Cursor::default()).await.unwrap());
        store.resign(&fence).await.unwrap();
        leads.push((fence.0, epoch));
    }
    let epochs: Vec<u64> = leads.iter().map(|(_, epoch)| *epoch).collect();
    assert_eq!(epochs, [5_000, 5_001, 9_000, 9_001]);
    leads.sort();
    leads.dedup_by(|a, b| a.0 == b.0);
    assert_eq!(leads.len(), 4, "{leads:?}");
}

pub async fn a_store_behind_what_its_leader_saw_is_led_anew(store: Arc<dyn Store>) {
    let one = instance_id("mover-1");
    let (old, epoch) = lead_of(store.lead(&one, LEASE, 1_000, Cursor::default()).await.unwrap());
    queued(&*store, solo("ann")).await;
    let seen = last_event(&*store).await.cursor;
    let renewed = store.lead(&one, LEASE, 2_000, seen).await.unwrap();
    assert_eq!(lead_of(renewed), (old.clone(), epoch), "the store is as far as it was seen");

    let ahead = Cursor { seq: seen.seq + 1, ..seen };
    let (fence, second) = lead_of(store.lead(&one, LEASE, 1_000, ahead).await.unwrap());
    assert!(fence != old && second > epoch, "{fence:?} in {second} after {old:?} in {epoch}");
    assert_eq!(store.commit(&old, deal(&[])).await.unwrap(), crate::CommitOutcome::Fenced);
    queued(&*store, solo("bob")).await;
    assert_eq!(last_event(&*store).await.cursor, Cursor { epoch: second, seq: 1 });

    let ahead = Cursor { epoch: second + 70, seq: 0 };
    let (third, epoch) = lead_of(store.lead(&one, LEASE, 1_000, ahead).await.unwrap());
    assert_eq!((third == fence, epoch), (false, second + 71));
    store.resign(&third).await.unwrap();
    let ahead = Cursor { epoch: epoch + 70, seq: 9 };
    let (_, epoch_taken) = lead_of(store.lead(&one, LEASE, 1_000, ahead).await.unwrap());
    assert_eq!(epoch_taken, epoch + 71, "also where nobody leads");
    let held = store.lead(&instance_id("mover-2"), LEASE, 1, Cursor { epoch: epoch + 1_000, seq: 0 }).await.unwrap();
    assert_eq!(held, Leadership::Held { by: one }, "what was seen takes no lead from another");
}

pub async fn of_racing_leaders_exactly_one_leads(store: Arc<dyn Store>) {
    let racers = (0..16).map(|racer| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            store.lead(&instance_id(&format!("mover-{racer}")), LEASE, 1, Cursor::default()).await.unwrap()
        })
    });
    let mut leading = 0;
    for racer in racers.collect::<Vec<_>>() {
        leading += usize::from(matches!(racer.await.unwrap(), Leadership::Leading { .. }));
    }
    assert_eq!(leading, 1);
}

pub async fn a_lease_that_ran_out_is_free_to_take(store: Arc<dyn Store>) {
    let (old, _) = lead_of(store.lead(&instance_id("mover-1"), SHORT, 1, Cursor::default()).await.unwrap());
    let two = instance_id("mover-2");
    let (new, _) =
        eventually("the lease runs out", async || match store.lead(&two, LEASE, 1, Cursor::default()).await.unwrap() {
            Leadership::Leading { fence, epoch } => Ok((fence, epoch)),
            held => Err(format!("{held:?}")),
        })
        .await;
    assert_ne!(old, new);
    let again = store.lead(&instance_id("mover-1"), LEASE, 1, Cursor::default()).await.unwrap();
    assert_eq!(again, Leadership::Held { by: two });
}

pub async fn resigning_needs_the_fence_that_leads(store: Arc<dyn Store>) {
    let one = instance_id("mover-1");
    let (fence, _) = lead_of(store.lead(&one, LEASE, 1, Cursor::default()).await.unwrap());
    store.resign(&Fence("1|mover-2".into())).await.unwrap();
    assert_eq!(store.leader().await.unwrap(), Some(one));
    for _ in 0..2 {
        store.resign(&fence).await.unwrap();
        assert_eq!(store.leader().await.unwrap(), None);
    }
}

pub async fn a_new_epochs_events_come_after_all_earlier_ones(store: Arc<dyn Store>) {
    queued(&*store, solo("ann")).await;
    let mut last = last_event(&*store).await.cursor;
    for turn in 0..3 {
        let (fence, epoch) =
            lead_of(store.lead(&instance_id("mover-1"), LEASE, 1_000, Cursor::default()).await.unwrap());
        queued(&*store, solo(&format!("player-{turn}"))).await;
        let cursor = last_event(&*store).await.cursor;
        assert!(cursor > last && cursor.epoch == epoch, "{cursor:?} after {last:?} in epoch {epoch}");
        last = cursor;
        store.resign(&fence).await.unwrap();
    }
}

use super::raw::{Raw, server, store_on};
use ::redis::cmd;
use domain::Cursor;
use store::conformance::people::*;
use store::{Fence, Leadership, Leases, Outbox};

async fn led(store: &dyn Leases, seen: Cursor) -> (Fence, u64) {
    match store.lead(&instance_id("mover-1"), LEASE, 1_000, seen).await.unwrap() {
        Leadership::Leading { fence, epoch } => (fence, epoch),
        held => panic!("not leading: {held:?}"),
    }
}

#[tokio::test]
async fn a_redis_that_went_back_uses_no_cursor_again_that_its_leader_saw() {
    let server = server();
    let (store, mut raw) = (store_on(&server), Raw::on(&server).await);
    let (old, _) = led(&store, Cursor::default()).await;
    queued(&store, solo("ann")).await;
    let then = raw.keep().await;
    queued(&store, solo("bob")).await;
    let seen = last_event(&store).await.cursor;

    raw.put_back(&then).await;
    assert!(store.trim(&old, seen).await.unwrap());
    assert_eq!(all_events(&store).await.len(), 1, "the event that was not lost is kept for who did not hear of it");
    let (fence, epoch) = led(&store, seen).await;
    assert!(fence != old && epoch > seen.epoch, "{fence:?} in {epoch}");
    queued(&store, solo("bob")).await;
    assert!(last_event(&store).await.cursor > seen);
    assert_eq!(led(&store, last_event(&store).await.cursor).await, (fence, epoch), "and is renewed from then on");
}

#[tokio::test]
async fn a_redis_that_went_back_to_before_a_lead_does_not_give_its_fence_again() {
    let server = server();
    let (store, mut raw) = (store_on(&server), Raw::on(&server).await);
    queued(&store, solo("ann")).await;
    let then = raw.keep().await;
    let (old, epoch) = led(&store, Cursor::default()).await;

    raw.put_back(&then).await;
    let (fence, second) = led(&store, Cursor { epoch, seq: 0 }).await;
    assert!(fence != old && second > epoch, "{fence:?} in {second} after {old:?} in {epoch}");
}

#[tokio::test]
async fn two_processes_of_one_name_do_not_lead_as_one() {
    let server = server();
    let (store, twin) = (store_on(&server), store_on(&server));
    let (fence, epoch) = led(&store, Cursor::default()).await;
    let held = twin.lead(&instance_id("mover-1"), LEASE, 1_000, Cursor::default()).await.unwrap();
    assert_eq!(held, Leadership::Held { by: instance_id("mover-1") });
    assert_eq!(led(&store, Cursor::default()).await, (fence, epoch), "and whoever led goes on");
}

#[tokio::test]
async fn what_a_redis_is_set_to_lose_is_said() {
    let server = server();
    let (store, mut raw) = (store_on(&server), Raw::on(&server).await);
    assert_eq!(store.doubts().await.unwrap(), [""; 0]);
    for (name, value) in [("maxmemory-policy", "allkeys-lru"), ("appendonly", "no")] {
        let () = raw.ask(cmd("CONFIG").arg("SET").arg(name).arg(value)).await;
    }
    let doubts = store.doubts().await.unwrap();
    assert!(doubts.len() == 2 && doubts[0].contains("noeviction") && doubts[1].contains("appendonly"), "{doubts:?}");
}

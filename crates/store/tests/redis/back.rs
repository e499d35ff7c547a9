use super::raw::{Raw, server, store_on};
use ::redis::cmd;
use domain::Cursor;
use std::collections::BTreeMap;
use store::conformance::people::*;
use store::{Fence, Leadership, Leases, Outbox};

/// Puts Redis back to what [`Raw::everything`] found, as a restore of an older file does.
async fn go_back(raw: &mut Raw, then: &BTreeMap<String, Vec<u8>>) {
    let () = raw.ask(&mut cmd("FLUSHALL")).await;
    for (key, content) in then {
        let () = raw.ask(cmd("RESTORE").arg(key).arg(0).arg(content.as_slice())).await;
    }
}

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
    let then = raw.everything().await;
    queued(&store, solo("bob")).await;
    let seen = last_event(&store).await.cursor;

    go_back(&mut raw, &then).await;
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
    let then = raw.everything().await;
    let (old, epoch) = led(&store, Cursor::default()).await;

    go_back(&mut raw, &then).await;
    let (fence, second) = led(&store, Cursor { epoch, seq: 0 }).await;
    assert!(fence != old && second > epoch, "{fence:?} in {second} after {old:?} in {epoch}");
}

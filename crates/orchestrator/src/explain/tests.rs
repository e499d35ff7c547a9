use super::*;
use crate::waiting::testing::{solos, stored};
use domain::RuleSet;
use store::{MemoryStore, Tickets};
use tonic::Code;

/// Tickets of these ratings, numbered from 0, in a store that is to be explained.
async fn explainer(ratings: &[f64]) -> Explainer {
    let store = Arc::new(MemoryStore::new());
    let solos = solos(ratings);
    let rules = RuleSet::try_new(vec![(*solos[0].rules).clone()]).unwrap();
    for solo in &solos {
        store.enqueue(stored(solo)).await.unwrap();
    }
    Explainer::new(store.clone(), LiveRules::new(rules), Outlooks::new(store), Clock::system())
}

async fn seen(explainer: &Explainer, id: u128) -> u32 {
    explainer.explain(TicketId(id)).await.unwrap().unwrap().explanations[0].seen
}

#[tokio::test]
async fn those_beyond_the_look_are_seen_too_and_never_more_than_one_range_holds() {
    assert_eq!(seen(&explainer(&[1500.0, 1510.0, 90_000.0]).await, 0).await, 2);
    let crowd = explainer(&[1500.0; 2 * ARRIVAL_TICKETS_MAX]).await;
    for id in 0..2 * ARRIVAL_TICKETS_MAX as u128 {
        let seen = seen(&crowd, id).await as usize;
        assert!(seen == ARRIVAL_TICKETS_MAX - 1 || seen == ARRIVAL_TICKETS_MAX, "{seen} others: itself may be cut off");
    }
}

#[tokio::test]
async fn beyond_its_bound_it_says_that_it_is_busy() {
    let explainer = explainer(&[1500.0]).await;
    let all = u32::try_from(EXPLAINED_IN_WORK_MAX).unwrap();
    let held = explainer.in_work.clone().acquire_many_owned(all).await.unwrap();
    assert_eq!(explainer.explain(TicketId(0)).await.unwrap_err().code(), Code::ResourceExhausted);
    drop(held);
    assert_eq!(seen(&explainer, 0).await, 0);
}

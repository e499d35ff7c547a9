//! Looks after matches whose time has come: committed ones that their host did not start, assigned ones that not everybody
//! acknowledged, running ones that nobody ended.

use crate::config::{REMIND_MS_MIN, START_WAIT_MS, START_WAIT_MS_MAX, TEND_EVERY, TEND_MAX, TENDED_IN_WORK_MAX};
use crate::hosts::Hosts;
use crate::lead::Lead;
use chassis::{Clock, Shutdown};
use domain::{InstanceId, Match, MatchState};
use futures::StreamExt;
use std::sync::Arc;
use store::{Fence, MatchOutcome, Store, StoreError};

/// Tends while this mover leads, until `shutdown`.
pub async fn run(store: Arc<dyn Store>, lead: Lead, hosts: Hosts, clock: Clock, shutdown: Shutdown) {
    let tending = async {
        let mut streak = telemetry::Streak::new("look after matches");
        loop {
            tokio::time::sleep(TEND_EVERY).await;
            let Some(fence) = lead.fence() else { continue };
            streak.saw(&tend_due(&*store, &fence, &hosts, clock.now_ms()).await);
        }
    };
    shutdown.run_until_cancelled(tending).await;
}

async fn tend_due(store: &dyn Store, fence: &Fence, hosts: &Hosts, now_ms: u64) -> Result<(), String> {
    let due = store.due(now_ms, TEND_MAX).await.map_err(|error| error.to_string())?;
    let tending = due.into_iter().map(|matched| async move {
        tend(store, fence, hosts, &matched, now_ms).await.map_err(|error| format!("match {}: {error}", matched.id))
    });
    // One match that fails must not stop the others, again at each turn.
    let tended: Vec<_> = futures::stream::iter(tending).buffer_unordered(TENDED_IN_WORK_MAX).collect().await;
    tended.into_iter().collect()
}

async fn tend(store: &dyn Store, fence: &Fence, hosts: &Hosts, matched: &Match, now_ms: u64) -> Result<(), StoreError> {
    let id = matched.id;
    let outcome = match matched.state {
        MatchState::Matched => match next_host(hosts, matched, now_ms) {
            Some(host) => store.rehost(fence, id, &host, now_ms, now_ms + START_WAIT_MS).await?,
            None => {
                tracing::warn!(match_id = %id, host = %matched.host, "no host started the match: its tickets go back");
                store.requeue(fence, id, "no host started the match", now_ms).await?
            }
        },
        MatchState::Assigned => tend_assigned(store, fence, matched, now_ms).await?,
        MatchState::Ended | MatchState::Failed => return Ok(()),
    };
    if outcome == MatchOutcome::Fenced {
        tracing::info!(match_id = %id, "no longer leading: left to the successor");
    }
    Ok(())
}

/// Ends it when its time is up. Before, its players are told again where they play for as long as not all of them acknowledged it,
/// and it fails when they had time enough.
async fn tend_assigned(
    store: &dyn Store,
    fence: &Fence,
    matched: &Match,
    now_ms: u64,
) -> Result<MatchOutcome, StoreError> {
    let sheet = api::decode_sheet(&matched.sheet);
    let end_ms = matched.assigned_ms + sheet.longest_match_ms;
    let deadline_ms = matched.assigned_ms + sheet.acknowledge_within_ms;
    let players: usize = sheet.teams.iter().map(|team| team.seats.len()).sum();
    let is_acknowledged = sheet.acknowledge_within_ms == 0 || matched.acknowledged.len() >= players;
    if now_ms >= end_ms {
        store.end(matched.id, "longest match time reached", now_ms).await
    } else if is_acknowledged {
        store.remind(fence, matched.id, now_ms, end_ms).await
    } else if now_ms < deadline_ms {
        let told_for_ms = now_ms.saturating_sub(matched.assigned_ms);
        store.remind(fence, matched.id, now_ms, (now_ms + told_for_ms.max(REMIND_MS_MIN)).min(deadline_ms)).await
    } else {
        tracing::info!(match_id = %matched.id, "not everybody acknowledged it in time");
        store.no_show(fence, matched.id, "not everybody acknowledged the match in time", now_ms).await
    }
}

/// Who should start a match that was not started; nobody once it took too long. Its host once more while it lives, and after two waits
/// another, if there is one: it may be alive and out of this mover's reach.
fn next_host(hosts: &Hosts, matched: &Match, now_ms: u64) -> Option<InstanceId> {
    let waited_ms = now_ms.saturating_sub(matched.matched_ms);
    if waited_ms >= START_WAIT_MS_MAX {
        return None;
    }
    let alive = hosts.is_alive(&matched.host).then(|| matched.host.clone());
    let waits = waited_ms / START_WAIT_MS;
    let had_two = waits > 0 && waits.is_multiple_of(2);
    if alive.is_some() && !had_two {
        return alive;
    }
    let region = api::decode_sheet(&matched.sheet).region;
    hosts.choose_another(&matched.host, &region, matched.id.0).or(alive)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it is sure of")]
mod tests {
    use super::*;
    use chassis::Peers;
    use domain::{Encoded, MatchId, Role};
    use store::conformance::people::{LEASE, NOW_MS, instance_id, playserver};
    use store::{Leases, MemoryStore};

    /// All of them are alive and have room.
    async fn hosts(names: &[&str]) -> Hosts {
        let store = Arc::new(MemoryStore::new());
        for name in names {
            store.register(&playserver(name, 0), LEASE).await.unwrap();
        }
        let mut peers = Peers::watch(store, Role::Playserver, Shutdown::new());
        peers.changed().await;
        Hosts::new(peers)
    }

    /// Who is to start a match of this host so long after it was committed.
    fn next(hosts: &Hosts, host: &str, waited_ms: u64) -> Option<String> {
        let matched = Match {
            id: MatchId(7),
            state: MatchState::Matched,
            tickets: Vec::new(),
            host: instance_id(host),
            address: String::new(),
            sheet: Encoded::default(),
            acknowledged: Vec::new(),
            matched_ms: NOW_MS,
            assigned_ms: 0,
        };
        next_host(hosts, &matched, NOW_MS + waited_ms).map(|host| host.to_string())
    }

    #[tokio::test(start_paused = true)]
    async fn a_match_that_its_living_host_does_not_start_goes_to_another_after_two_waits() {
        let hosts = hosts(&["ps-1", "ps-2"]).await;
        let hosted_by = [("ps-1", "ps-1"), ("ps-1", "ps-2"), ("ps-2", "ps-2"), ("ps-2", "ps-1")];
        for (waits, (host, to)) in (1..).zip(hosted_by) {
            // Matches are looked after a little late.
            let told = next(&hosts, host, waits * (START_WAIT_MS + 250));
            assert_eq!(told.as_deref(), Some(to), "after {waits} waits");
        }
        assert_eq!(next(&hosts, "ps-1", START_WAIT_MS_MAX), None);
    }

    #[tokio::test(start_paused = true)]
    async fn where_there_is_no_other_host_the_one_that_lives_goes_on_being_told() {
        let hosts = hosts(&["ps-1"]).await;
        assert_eq!(next(&hosts, "ps-1", 2 * START_WAIT_MS).as_deref(), Some("ps-1"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_match_whose_host_is_gone_goes_to_another_at_once() {
        let hosts = hosts(&["ps-2"]).await;
        assert_eq!(next(&hosts, "ps-1", START_WAIT_MS).as_deref(), Some("ps-2"));
    }
}

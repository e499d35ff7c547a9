//! Looks after matches whose time has come: committed ones that their host did not start, assigned ones that not everybody
//! acknowledged, running ones that nobody ended.

use crate::config::{REMIND_MS_MIN, START_WAIT_MS, START_WAIT_MS_MAX, TEND_EVERY, TEND_MAX, TENDED_IN_WORK_MAX};
use crate::hosts::Hosts;
use crate::lead::Lead;
use chassis::{Clock, Shutdown};
use domain::{Match, MatchState};
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

/// Who should start a match that was not started: its host once more while it lives, then another; none once it took too long.
fn next_host(hosts: &Hosts, matched: &Match, now_ms: u64) -> Option<domain::InstanceId> {
    if now_ms >= matched.matched_ms + START_WAIT_MS_MAX {
        return None;
    }
    if hosts.is_alive(&matched.host) {
        return Some(matched.host.clone());
    }
    let sheet = api::decode_sheet(&matched.sheet);
    hosts.choose(&sheet.region, matched.id.0)
}

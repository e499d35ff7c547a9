//! Looks after matches whose time has come: committed ones that their host did not start, running ones that nobody ended.

use crate::config::{START_WAIT_MS, START_WAIT_MS_MAX, TEND_EVERY, TEND_MAX};
use crate::hosts::Hosts;
use crate::lead::Lead;
use chassis::{Clock, Shutdown};
use domain::{Match, MatchState};
use std::sync::Arc;
use store::{Fence, MatchOutcome, Store, StoreError};

/// Tends while this mover leads, until `shutdown`.
pub async fn run(store: Arc<dyn Store>, lead: Lead, hosts: Hosts, clock: Clock, shutdown: Shutdown) {
    let tending = async {
        loop {
            tokio::time::sleep(TEND_EVERY).await;
            let Some(fence) = lead.fence() else { continue };
            if let Err(error) = tend_due(&*store, &fence, &hosts, clock.now_ms()).await {
                tracing::warn!(%error, "could not look after matches");
            }
        }
    };
    shutdown.run_until_cancelled(tending).await;
}

async fn tend_due(store: &dyn Store, fence: &Fence, hosts: &Hosts, now_ms: u64) -> Result<(), StoreError> {
    for matched in store.due(now_ms, TEND_MAX).await? {
        // One match that fails must not stop the others, again at each turn.
        if let Err(error) = tend(store, fence, hosts, &matched, now_ms).await {
            tracing::warn!(%error, match_id = %matched.id, "could not look after a match");
        }
    }
    Ok(())
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
        MatchState::Assigned => store.end(id, "longest match time reached", now_ms).await?,
        MatchState::Ended | MatchState::Failed => return Ok(()),
    };
    if outcome == MatchOutcome::Fenced {
        tracing::info!(match_id = %id, "no longer leading: left to the successor");
    }
    Ok(())
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

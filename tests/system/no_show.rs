//! Players who must say that they know of their match.

use crate::fixture::{Fixture, On, on_both_stores};
use anyhow::{Context, Result};
use api::v1::{self, Change, TicketState};
use sandbox::{Counts, Queued, wait_until};
use store::Store;
use tonic::Code;

/// Time enough for one reminder, which comes after a second.
const STRICT: &str = r#"
queue = "duel"
teams = [1, 1]
longest_wait_s = 600
longest_match_s = 60
acknowledge_within_s = 2
[price]
rating_gap = 0.01
[patience]
start_s = 5
"#;

fn acknowledgement(matched: &v1::Match, player: &str) -> v1::AcknowledgeRequest {
    v1::AcknowledgeRequest { match_id: matched.id.clone(), player_id: player.to_owned(), ..Default::default() }
}

/// Both are told where to play; only the first of them says that he knows.
async fn assigned_to_one_who_is_silent(fixture: &Fixture) -> Result<(Queued, Queued, v1::Match)> {
    let mut ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
    let mut ben = fixture.player("ben", 1500.0)?.enqueues("duel").await?;
    let matched = ann.is_assigned().await?;
    ben.reaches(TicketState::Assigned).await?;
    Ok((ann, ben, matched))
}

/// Waits until the match is left alone up to `due_ms`.
async fn is_looked_at_next(store: &dyn Store, matched: &v1::Match, due_ms: u64) -> Result<()> {
    let is_due_by = async |now_ms: u64| {
        let due = store.due(now_ms, 10).await.map_err(|error| error.to_string())?;
        Ok::<bool, String>(due.iter().any(|due| due.id.to_string() == matched.id))
    };
    wait_until("a match to be looked at next when its time is over", || async {
        match (is_due_by(due_ms - 1).await?, is_due_by(due_ms).await?) {
            (false, true) => Ok(()),
            other => Err(format!("due before that time, and at it: {other:?}")),
        }
    })
    .await
}

on_both_stores! {
    async fn one_who_is_silent_is_told_again_and_then_leaves_while_the_other_plays_someone_else(on: On) -> Result<()> {
        let fixture = Fixture::open_by(on, Counts::ONE_EACH, STRICT).await?;
        let (mut ann, mut ben, matched) = assigned_to_one_who_is_silent(&fixture).await?;
        assert_eq!(matched.sheet.as_ref().context("sheet")?.acknowledge_within_ms, 2_000);
        assert!(matched.assigned_ms >= matched.matched_ms);

        assert_eq!(ben.watcher.hears_until(Change::NoShow).await?, [Change::Assigned, Change::NoShow]);
        let left = ben.watcher.last.clone();
        assert_eq!((left.state(), left.reason.as_str()), (TicketState::Cancelled, "not everybody acknowledged the match in time"));
        assert_eq!(left.r#match.context("match")?.ticket_ids, matched.ticket_ids);
        let late = ben.actor.play.acknowledge(acknowledgement(&matched, "ben")).await.unwrap_err();
        assert_eq!(late.code(), Code::FailedPrecondition, "{late}");

        assert_eq!(ann.hears().await?.change(), Change::Requeued, "and was reminded of nothing");
        let waiting = ann.actor.ticket(&ann.ticket.id).await?.ticket.context("ticket")?;
        assert_eq!(waiting.queued_ms, ann.ticket.queued_ms);
        let mut cat = fixture.player("cat", 1500.0)?.enqueues("duel").await?;
        cat.is_matched_with(&mut ann).await?;
        Ok(())
    }

    async fn a_match_that_everybody_acknowledged_goes_on(on: On) -> Result<()> {
        let fixture = Fixture::open_by(on, Counts::ONE_EACH, STRICT).await?;
        let (mut ann, mut ben, matched) = assigned_to_one_who_is_silent(&fixture).await?;
        assert_eq!(ben.hears().await?.change(), Change::Assigned, "once more");
        ben.actor.play.acknowledge(acknowledgement(&matched, "ben")).await?;
        // Looked at once more, it is left alone until its longest time is over.
        is_looked_at_next(fixture.store(), &matched, matched.assigned_ms + 60_000).await?;
        ann.ends(&matched).await?;
        assert_eq!((ann.hears().await?.change(), ben.hears().await?.change()), (Change::Ended, Change::Ended));
        Ok(())
    }

    async fn where_the_rules_do_not_ask_nobody_need_acknowledge(on: On) -> Result<()> {
        let fixture = Fixture::open_by(on, Counts::ONE_EACH, &STRICT.replace("acknowledge_within_s = 2", "")).await?;
        let (mut ann, mut ben, matched) = assigned_to_one_who_is_silent(&fixture).await?;
        is_looked_at_next(fixture.store(), &matched, matched.assigned_ms + 60_000).await?;
        ann.ends(&matched).await?;
        assert_eq!(ben.hears().await?.change(), Change::Ended);
        Ok(())
    }
}

use crate::fixture::{Fixture, On, on_both_stores};
use anyhow::{Context, Result};
use api::v1::{Change, TicketState};
use sandbox::Counts;

/// A fresh pair is made within 10 points, and within 100 more for each second that both have waited.
const IMPATIENT: &str = r#"
queue = "duel"
teams = [1, 1]
longest_wait_s = 60
longest_match_s = 60
[price]
rating_gap = 0.05
[patience]
start_s = 0.5
per_s = 5
[look]
rating = { start = 10, factor = 2 }
again_ms = { start = 50, max = 50 }
"#;

/// Nobody farther than 10 points is ever taken, and nobody waits for long.
const PICKY: &str = r#"
queue = "duel"
teams = [1, 1]
longest_wait_s = 2
longest_match_s = 60
[price]
rating_gap = 0.05
[limit]
rating_gap = { start = 10 }
[patience]
start_s = 0.5
per_s = 5
[look]
again_ms = { start = 50, max = 50 }
"#;

on_both_stores! {
    async fn two_players_too_far_apart_are_told_of_wider_looks_and_meet_once_they_have_waited(on: On) -> Result<()> {
        let fixture = Fixture::open_by(on, Counts::ONE_EACH, IMPATIENT).await?;
        // 300 points cost 15 s, which both accept after 2.9 s: two widths later.
        let mut ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
        let mut ben = fixture.player("ben", 1800.0)?.enqueues("duel").await?;

        for player in [&mut ann, &mut ben] {
            let heard = player.watcher.hears_until(Change::Assigned).await?;
            assert_eq!(heard.first(), Some(&Change::Queued), "{heard:?}");
            assert!(heard.contains(&Change::Widened), "{heard:?}");
        }
        let matched = ann.is_matched_with(&mut ben).await?;
        let sheet = matched.sheet.clone().context("a match has a sheet")?;
        let waits: Vec<u64> = sheet.teams.iter().flat_map(|team| &team.seats).map(|seat| seat.wait_ms).collect();
        assert!(waits.iter().sum::<u64>() / 2 >= 2_900, "they waited {waits:?} ms");
        assert!(ann.actor.ticket(&ann.ticket.id).await?.ticket.context("ticket")?.width > 0);
        Ok(())
    }

    async fn a_ticket_that_nobody_fits_expires_at_the_longest_wait_and_its_player_may_queue_again(on: On) -> Result<()> {
        let fixture = Fixture::open_by(on, Counts::ONE_EACH, PICKY).await?;
        let mut ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
        let mut ben = fixture.player("ben", 1600.0)?.enqueues("duel").await?;
        assert_eq!(ann.ticket.expires_ms - ann.ticket.queued_ms, 2_000);

        for player in [&mut ann, &mut ben] {
            let expired = player.reaches(TicketState::Expired).await?;
            assert_eq!(expired.change(), Change::Expired);
            assert!(expired.at_ms >= player.ticket.expires_ms, "{expired:?}");
            assert!(expired.r#match.is_none());
        }
        assert_eq!(ann.actor.ticket(&ann.ticket.id).await?.ticket.context("ticket")?.state(), TicketState::Expired);

        let mut ann = ann.actor.enqueues("duel").await?;
        let mut cat = fixture.player("cat", 1505.0)?.enqueues("duel").await?;
        ann.is_matched_with(&mut cat).await?;
        Ok(())
    }

    async fn a_player_who_leaves_and_comes_back_keeps_his_tries_until_a_match_starts(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let ann = fixture.player("ann", 1500.0)?;
        for tries in 0..3 {
            let mut queued = ann.enqueues("duel").await?;
            assert_eq!(queued.ticket.tries, tries);
            queued.cancels().await?;
        }

        let mut queued = ann.enqueues("duel").await?;
        assert_eq!(queued.ticket.tries, 3, "cancelling forgets nothing");
        let mut ben = fixture.player("ben", 1500.0)?.enqueues("duel").await?;
        assert_eq!(ben.ticket.tries, 0, "tries are each player's own");
        let matched = queued.is_matched_with(&mut ben).await?;
        queued.ends(&matched).await?;

        assert_eq!(ann.queues("duel").await?.tries, 0, "a match that started takes them all");
        Ok(())
    }

    async fn a_party_has_the_tries_of_whoever_tried_most(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let ann = fixture.player("ann", 1500.0)?;
        ann.enqueues("duel").await?.cancels().await?;
        let party = fixture.player("ben", 1500.0)?.with("ann", 1500.0);
        assert_eq!(party.queues("teams-5v5").await?.tries, 1);
        Ok(())
    }
}

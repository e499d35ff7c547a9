//! Players who meet again.

use crate::fixture::{Fixture, On, on_both_stores};
use anyhow::{Context, Result};
use api::v1::{self, Change, EnqueueRequest, TicketState};
use sandbox::{Counts, Queued};

/// 100 points cost 1 s, which anyone pays at once; the same face again costs a minute, which nobody pays.
pub const DEAR: &str = r#"
queue = "duel"
teams = [1, 1]
longest_wait_s = 600
longest_match_s = 60
[price]
rating_gap = 0.01
rematch = 60
[patience]
start_s = 5
[look]
again_ms = { start = 50, max = 50 }
"#;

async fn play(ann: &mut Queued, ben: &mut Queued) -> Result<()> {
    let matched = ann.is_matched_with(ben).await?;
    ann.ends(&matched).await?;
    ben.reaches(TicketState::Ended).await?;
    Ok(())
}

/// Whom the first player of a ticket has met, as it is stored.
async fn recent(queued: &Queued) -> Result<Vec<String>> {
    let ticket = queued.actor.ticket(&queued.ticket.id).await?.ticket.context("ticket")?;
    let party = ticket.party.context("a ticket has a party")?;
    Ok(party.players.into_iter().next().context("a player")?.recent)
}

on_both_stores! {
    async fn two_who_have_just_met_wait_for_someone_else_where_a_rematch_is_dear(on: On) -> Result<()> {
        let fixture = Fixture::open_by(on, Counts::ONE_EACH, DEAR).await?;
        let (ann, ben) = (fixture.player("ann", 1500.0)?, fixture.player("ben", 1400.0)?);
        play(&mut ann.enqueues("duel").await?, &mut ben.enqueues("duel").await?).await?;

        let (mut ann, mut ben) = (ann.enqueues("duel").await?, ben.enqueues("duel").await?);
        assert_eq!((recent(&ann).await?, recent(&ben).await?), (vec!["ben".to_owned()], vec!["ann".to_owned()]));
        // Both were looked for in vain, more than once.
        ann.sees(Change::Widened).await?;
        ben.sees(Change::Widened).await?;
        let mut cat = fixture.player("cat", 1510.0)?.enqueues("duel").await?;
        cat.is_matched_with(&mut ann).await?;
        assert_eq!(ben.actor.ticket(&ben.ticket.id).await?.ticket.context("ticket")?.state(), TicketState::Queued);
        Ok(())
    }

    async fn two_who_have_just_met_meet_again_where_a_rematch_costs_nothing(on: On) -> Result<()> {
        let fixture = Fixture::open_by(on, Counts::ONE_EACH, &DEAR.replace("rematch = 60", "")).await?;
        let (ann, ben) = (fixture.player("ann", 1500.0)?, fixture.player("ben", 1400.0)?);
        for _ in 0..2 {
            let (mut ann, mut ben) = (ann.enqueues("duel").await?, ben.enqueues("duel").await?);
            play(&mut ann, &mut ben).await?;
            assert!(recent(&ann).await?.is_empty(), "nobody asks whom they met");
        }
        Ok(())
    }

    async fn an_enqueue_asked_again_is_a_repeat_though_its_player_has_met_someone_since(on: On) -> Result<()> {
        let fixture = Fixture::open_by(on, Counts::ONE_EACH, DEAR).await?;
        let ann = fixture.player("ann", 1500.0)?;
        let request = EnqueueRequest { client_key: "once".to_owned(), ..ann.request("duel") };
        let first = ann.queue.clone().enqueue(request.clone()).await?.into_inner();
        let mut queued = ann.clone().watches(first.ticket.context("ticket")?).await?;
        play(&mut queued, &mut fixture.player("ben", 1400.0)?.enqueues("duel").await?).await?;

        let again: v1::EnqueueResponse = ann.queue.clone().enqueue(request).await?.into_inner();
        let ticket = again.ticket.context("ticket")?;
        assert!(again.repeated);
        assert_eq!((&ticket.id, ticket.state()), (&queued.ticket.id, TicketState::Ended));
        Ok(())
    }
}

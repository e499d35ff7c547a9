use crate::fixture::{Fixture, On, on_both_stores};
use anyhow::{Context, Result};
use api::v1::{Change, TicketState};
use sandbox::Counts;
use tonic::Code;

on_both_stores! {
    async fn a_cancelled_ticket_is_never_matched(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let mut ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
        assert_eq!(ann.cancels().await?.state(), TicketState::Cancelled);
        assert_eq!(ann.reaches(TicketState::Cancelled).await?.change(), Change::Cancelled);
        assert_eq!(ann.cancels().await?.state(), TicketState::Cancelled, "cancelling again answers the same");

        let mut ben = fixture.player("ben", 1500.0)?.enqueues("duel").await?;
        let mut cat = fixture.player("cat", 1500.0)?.enqueues("duel").await?;
        ben.is_matched_with(&mut cat).await?;
        let ticket = ann.actor.ticket(&ann.ticket.id).await?.ticket.context("ticket")?;
        assert_eq!(ticket.state(), TicketState::Cancelled);
        Ok(())
    }

    async fn a_matched_ticket_cannot_be_cancelled_and_says_what_it_is(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let mut ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
        let mut ben = fixture.player("ben", 1500.0)?.enqueues("duel").await?;
        ann.is_matched_with(&mut ben).await?;
        let status = ann.cancels().await.expect_err("a matched ticket stays matched");
        assert_eq!(status.code(), Code::FailedPrecondition);
        let state = status.metadata().get(api::TICKET_STATE_METADATA).context("metadata names the state")?;
        assert_eq!(state.to_str()?, "ASSIGNED");
        Ok(())
    }

    async fn a_foreign_ticket_is_not_found(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let mut ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
        ann.ticket.id = "0".repeat(32);
        assert_eq!(ann.cancels().await.expect_err("unknown").code(), Code::NotFound);
        Ok(())
    }
}

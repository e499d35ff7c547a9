use crate::fixture::{Fixture, On, on_both_stores};
use anyhow::{Context, Result};
use api::v1::{ExplainRequest, Explanation, GetTicketRequest, Outage, Remedy};
use domain::Role;
use sandbox::{Counts, Queued, wait_until};
use tonic::Code;

/// A rating point costs a second: nobody who is not equal is matched before he has waited long.
const PICKY: &str = r#"
queue = "duel"
teams = [1, 1]
longest_wait_s = 600
longest_match_s = 60
[price]
rating_gap = 1
[limit]
rating_gap = { start = 150 }
[patience]
start_s = 1
per_s = 0.5
"#;

fn remedy<'a>(explanation: &'a Explanation, key: &str) -> Option<&'a Remedy> {
    explanation.remedies.iter().find(|remedy| remedy.key == key)
}

/// Until an explanation tells just these.
async fn is_told_of(queued: &Queued, outages: &[Outage]) -> Result<()> {
    wait_until(&format!("{outages:?}"), || async {
        let told: Vec<Outage> = queued.is_explained().await.map_err(|status| status.to_string())?.outages().collect();
        if told == outages { Ok(()) } else { Err(format!("told of {told:?}")) }
    })
    .await
}

on_both_stores! {
    async fn one_whom_nobody_can_match_is_told_what_a_match_lacks(on: On) -> Result<()> {
        let mut fixture = Fixture::open(on, Counts { matchmakers: 0, movers: 0, ..Counts::ONE_EACH }).await?;
        let mut ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
        let mut ben = fixture.player("ben", 1500.0)?.enqueues("duel").await?;
        is_told_of(&ann, &[Outage::NoMatchmaker, Outage::NoLeadingMover]).await?;
        fixture.system.join(Role::Matchmaker).await?;
        is_told_of(&ann, &[Outage::NoLeadingMover]).await?;
        fixture.system.join(Role::Mover).await?;
        ann.is_matched_with(&mut ben).await?;
        let cat = fixture.player("cat", 1500.0)?.enqueues("duel").await?;
        is_told_of(&cat, &[]).await
    }

    async fn one_who_waits_is_told_who_was_nearest_and_what_would_match_them(on: On) -> Result<()> {
        let fixture = Fixture::open_by(on, Counts::ONE_EACH, PICKY).await?;
        let ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
        let alone = ann.asks_why().await?.remove(0);
        assert_eq!((alone.queue.as_str(), alone.seen, alone.nearest_miss), ("duel", 0, None));
        assert_eq!(alone.rejections.iter().map(|r| (r.rule.as_str(), r.count)).collect::<Vec<_>>(), [("team_fill", 1)]);

        let ben = fixture.player("ben", 1600.0)?.enqueues("duel").await?;
        fixture.player("cat", 1700.0)?.enqueues("duel").await?;
        let explanation = ann.asks_why().await?.remove(0);
        assert_eq!(explanation.seen, 2, "{explanation:?}");
        let rules = explanation.rejections.iter().map(|r| (r.rule.as_str(), r.count)).collect::<Vec<_>>();
        assert_eq!(rules, [("patience", 1), ("rating_gap_limit", 1)]);
        let miss = explanation.nearest_miss.as_ref().context("ben is near")?;
        assert_eq!((miss.cost_s, miss.teams[1].ticket_ids[0].as_str()), (100.0, ben.ticket.id.as_str()));
        assert_eq!(miss.parts.iter().map(|part| (part.key.as_str(), part.cost_s)).collect::<Vec<_>>(), [("price.rating_gap", 100.0)]);
        assert!(remedy(&explanation, "price.rating_gap").context("a price")?.needed < 0.2, "{explanation:?}");
        assert_eq!(remedy(&explanation, "patience").context("patience")?.needed, 100.0);
        assert!(remedy(&explanation, "limit.rating_gap").is_none(), "cat within the limit would still be too dear");
        let matches_at_ms = explanation.matches_at_age_ms.context("patience grows")?;
        assert!((190_000..200_000).contains(&matches_at_ms), "{explanation:?}");
        Ok(())
    }

    async fn one_who_takes_any_match_shows_an_infinite_patience(on: On) -> Result<()> {
        let fixture = Fixture::open_by(on, Counts::ONE_EACH, &PICKY.replace("per_s = 0.5", "per_s = 1\nunlimited_s = 0")).await?;
        let ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
        fixture.player("cat", 1700.0)?.enqueues("duel").await?;
        let explanation = ann.asks_why().await?.remove(0);
        assert_eq!(explanation.patience_s, f64::INFINITY);
        let limit = remedy(&explanation, "limit.rating_gap").context("a limit")?;
        assert_eq!((limit.is, limit.needed), (150.0, 200.0));
        assert_eq!(explanation.matches_at_age_ms, None, "the limit never moves");
        Ok(())
    }

    async fn each_queue_of_a_ticket_is_explained(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let ann = fixture.player("ann", 1500.0)?;
        let mut request = ann.request("duel");
        request.queues.push("teams-5v5".into());
        let ticket = ann.queue.clone().enqueue(request).await?.into_inner().ticket.context("ticket")?;
        let explanations = ann.watches(ticket).await?.asks_why().await?;
        let queues = explanations.iter().map(|explanation| explanation.queue.as_str()).collect::<Vec<_>>();
        assert_eq!(queues, ["duel", "teams-5v5"]);
        assert!(explanations.iter().all(|explanation| explanation.rules_version.len() == 16), "{explanations:?}");
        Ok(())
    }

    async fn only_a_waiting_ticket_is_explained(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let mut ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
        let mut ben = fixture.player("ben", 1500.0)?.enqueues("duel").await?;
        ann.is_matched_with(&mut ben).await?;
        let status = ann.asks_why().await.expect_err("it waits no longer");
        assert_eq!(status.code(), Code::FailedPrecondition);
        let state = status.metadata().get(api::TICKET_STATE_METADATA).context("metadata names the state")?;
        assert_eq!(state.to_str()?, "ASSIGNED");

        ann.ticket.id = "0".repeat(32);
        assert_eq!(ann.asks_why().await.expect_err("unknown").code(), Code::NotFound);
        ann.ticket.id = "ann".into();
        let status = ann.asks_why().await.expect_err("no id");
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().starts_with("ticket_id: "), "{status}");
        let request = ExplainRequest { realm: "other".into(), ticket_id: ben.ticket.id.clone() };
        let status = ben.actor.queue.explain(request).await.expect_err("another realm");
        assert!(status.code() == Code::InvalidArgument && status.message().starts_with("realm: "), "{status}");
        Ok(())
    }

    async fn an_explanation_changes_nothing(on: On) -> Result<()> {
        let fixture = Fixture::open_by(on, Counts::ONE_EACH, PICKY).await?;
        let mut ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
        let request = GetTicketRequest { ticket_id: ann.ticket.id.clone(), ..Default::default() };
        let before = ann.actor.queue.get_ticket(request.clone()).await?.into_inner();
        ann.asks_why().await?;
        let after = ann.actor.queue.get_ticket(request).await?.into_inner();
        assert_eq!((before.ticket.context("ticket")?.version, before.r#match), (after.ticket.context("ticket")?.version, after.r#match));
        Ok(())
    }
}

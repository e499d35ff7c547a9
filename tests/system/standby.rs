use crate::fixture::{Fixture, On, on_both_stores, stored};
use crate::processes::Processes;
use anyhow::{Context, Result, bail};
use api::{Message, v1};
use domain::{Cursor, Encoded, InstanceId, MatchId, Role, Ticket};
use sandbox::{Counts, Queued, wait_until};
use std::time::Duration;
use store::{CommitOutcome, CommitRequest, Leadership, Store};

const TWO_MOVERS: Counts = Counts { movers: 2, ..Counts::ONE_EACH };
/// Longer than a commit takes, and over before a story waits for it.
const SHORT_LEAD: Duration = Duration::from_millis(1_000);

/// Waits until someone leads who is not `gone`.
async fn is_succeeded(store: &dyn Store, gone: &InstanceId) -> Result<()> {
    wait_until(&format!("another to lead than {gone}"), || async {
        match store.leader().await {
            Ok(Some(leader)) if leader != *gone => Ok(()),
            other => Err(format!("{other:?} leads")),
        }
    })
    .await
}

/// The match of two tickets, as a mover commits it.
fn commit_of(tickets: &[Ticket], fixture: &Fixture) -> Result<CommitRequest> {
    let rules = fixture.system.world.rules.current();
    let rules = rules.get(&"duel".parse()?).context("rules")?;
    let now_ms = fixture.system.world.clock.now_ms();
    let seat = |ticket: &Ticket| v1::Seat { ticket_id: ticket.id.to_string(), ..Default::default() };
    let teams = tickets.iter().map(|ticket| v1::Team { seats: vec![seat(ticket)] }).collect();
    let longest_match_ms = rules.longest_match_ms();
    let sheet = v1::Sheet { queue: "duel".into(), teams, longest_match_ms, ..Default::default() };
    Ok(CommitRequest {
        match_id: MatchId::derive(rules.version(), tickets.iter().map(|ticket| (ticket.id, ticket.version))),
        queue: "duel".parse()?,
        tickets: tickets.iter().map(Into::into).collect(),
        sheet: Encoded(sheet.encode_to_vec().into()),
        host: fixture.first(Role::Playserver)?,
        now_ms,
        // Far ahead: the match must come by delivery, not because somebody looks after it.
        due_ms: now_ms + 3_600_000,
    })
}

/// A mover takes the lead, commits a match of the two, and dies before it delivers it.
async fn is_committed_by_a_mover_that_dies(fixture: &Fixture, queued: [&Queued; 2]) -> Result<MatchId> {
    let store = fixture.store();
    let now_ms = fixture.system.world.clock.now_ms();
    let Leadership::Leading { fence, .. } =
        store.lead(&"mover-dies".parse()?, SHORT_LEAD, now_ms, Cursor::default()).await?
    else {
        bail!("another leads");
    };
    let tickets = [stored(store, &queued[0].ticket.id).await?, stored(store, &queued[1].ticket.id).await?];
    let request = commit_of(&tickets, fixture)?;
    let match_id = request.match_id;
    assert!(matches!(store.commit(&fence, request).await?, CommitOutcome::Committed { .. }));
    Ok(match_id)
}

on_both_stores! {
    async fn when_the_leader_leaves_the_standby_leads_and_matches_go_on(on: On) -> Result<()> {
        let mut fixture = Fixture::open(on, TWO_MOVERS).await?;
        let mut ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
        let mut ben = fixture.player("ben", 1505.0)?.enqueues("duel").await?;
        ann.is_matched_with(&mut ben).await?;

        let leader = fixture.system.take_leader().await?;
        let gone = leader.instance.id.clone();
        leader.stop().await?;
        is_succeeded(fixture.store(), &gone).await?;
        let mut cat = fixture.player("cat", 1500.0)?.enqueues("duel").await?;
        let mut dan = fixture.player("dan", 1505.0)?.enqueues("duel").await?;
        cat.is_matched_with(&mut dan).await?;
        Ok(())
    }

    async fn a_match_that_was_committed_and_not_delivered_is_delivered_by_the_next_leader(on: On) -> Result<()> {
        // Nobody searches, so that the match is made by the mover of this story alone.
        let mut fixture = Fixture::open(on, Counts { movers: 0, matchmakers: 0, ..Counts::ONE_EACH }).await?;
        let mut ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
        let mut ben = fixture.player("ben", 1505.0)?.enqueues("duel").await?;
        let committed = is_committed_by_a_mover_that_dies(&fixture, [&ann, &ben]).await?;

        fixture.system.join(Role::Mover).await?;
        let matched = ann.is_matched_with(&mut ben).await?;
        assert_eq!(matched.id, committed.to_string());
        assert!(!matched.address.is_empty(), "its host was told to start it");
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_leader_is_killed_the_standby_takes_over_and_matches_go_on() -> Result<()> {
    let mut processes = Processes::start(TWO_MOVERS).await?;
    let mut ann = processes.player("ann", 1500.0)?.enqueues("duel").await?;
    let mut ben = processes.player("ben", 1505.0)?.enqueues("duel").await?;
    ann.is_matched_with(&mut ben).await?;

    let leader = processes.take_leader().await?;
    let gone = leader.id.clone();
    leader.dies().await?;
    // They queue while nobody leads that lives.
    let mut cat = processes.player("cat", 1500.0)?.enqueues("duel").await?;
    let mut dan = processes.player("dan", 1505.0)?.enqueues("duel").await?;
    cat.is_matched_with(&mut dan).await?;
    is_succeeded(processes.store(), &gone).await
}

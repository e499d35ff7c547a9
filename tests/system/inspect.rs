use crate::fixture::{Fixture, On, on_both_stores};
use crate::processes::Processes;
use anyhow::{Context, Result, bail};
use api::v1::inspect_client::InspectClient;
use api::v1::{DrainRequest, Hold, InspectRequest, Inspection, Instance, Stage};
use chassis::{Channel, channel};
use domain::Role;
use sandbox::{Counts, WAIT_MAX, wait_until};
use std::collections::BTreeMap;
use tokio::time::timeout;
use tonic::{Code, Status, Streaming};

/// Somebody who inspects one instance, and what he knows of it.
struct Inspector {
    client: InspectClient<Channel>,
    told: Streaming<Inspection>,
    last: Inspection,
    instance: Instance,
    holds: BTreeMap<u64, Hold>,
    /// Everything that was ever told to be held.
    ever: Vec<Hold>,
    snapshots: usize,
}

impl Inspector {
    async fn at(address: &str) -> Result<Self> {
        let mut client = InspectClient::new(channel(address)?);
        let told = client.inspect(InspectRequest::default()).await?.into_inner();
        let (last, instance, holds, ever) = Default::default();
        Ok(Self { client, told, last, instance, holds, ever, snapshots: 0 })
    }

    async fn hears(&mut self) -> Result<(), Status> {
        let late = |_| Status::deadline_exceeded(format!("nothing was told for {} s", WAIT_MAX.as_secs()));
        let message = timeout(WAIT_MAX, self.told.message()).await.map_err(late)??;
        let message = message.ok_or_else(|| Status::internal("the stream ended without a status"))?;
        if message.snapshot {
            self.holds.clear();
            self.snapshots += 1;
        }
        self.instance = message.instance.clone().unwrap_or(self.instance.clone());
        self.ever.extend(message.held.iter().cloned());
        self.holds.extend(message.held.iter().map(|hold| (hold.number, hold.clone())));
        message.released.iter().for_each(|number| drop(self.holds.remove(number)));
        self.last = message;
        Ok(())
    }

    /// Listens until it is so.
    async fn sees(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) -> Result<()> {
        while !is_so(self) {
            self.hears().await.with_context(|| format!("waits for {what}; knows {:?}", self.holds))?;
        }
        Ok(())
    }

    fn holds(&self, stage: Stage, player: &str) -> bool {
        self.holds.values().any(|hold| is_of(hold, stage, player))
    }

    fn held(&self, stage: Stage, player: &str) -> bool {
        self.ever.iter().any(|hold| is_of(hold, stage, player))
    }

    /// Comes back after his connection broke.
    async fn resumes(&mut self) -> Result<()> {
        let request = InspectRequest { run: self.last.run.clone(), seq: self.last.seq };
        self.told = self.client.inspect(request).await?.into_inner();
        Ok(())
    }

    async fn is_cut_off(&mut self) -> Status {
        loop {
            if let Err(status) = self.hears().await {
                return status;
            }
        }
    }
}

fn is_of(hold: &Hold, stage: Stage, player: &str) -> bool {
    hold.stage() == stage && hold.tickets.iter().any(|ticket| ticket.player_ids.iter().any(|id| id == player))
}

on_both_stores! {
    async fn each_role_tells_whom_it_holds_on_the_way_to_a_match(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let mut ann = fixture.player("ann", 1500.0)?.with("amy", 1520.0).enqueues("teams-5v5").await?;
        let mut ben = fixture.player("ben", 1505.0)?.enqueues("duel").await?;
        let mut orchestrator = Inspector::at(&fixture.address(Role::Orchestrator, 0)?).await?;
        orchestrator.sees("those who waited before", |o| o.holds(Stage::Waiting, "amy") && o.holds(Stage::Waiting, "ben")).await?;
        let hold = orchestrator.holds.values().find(|hold| is_of(hold, Stage::Waiting, "amy")).context("amy")?;
        assert_eq!((hold.queue.as_str(), hold.tickets[0].rating), ("teams-5v5", 1510.0));
        assert_eq!(hold.tickets[0].ticket_id, ann.ticket.id);

        let mut matchmaker = Inspector::at(&fixture.address(Role::Matchmaker, 0)?).await?;
        let mut mover = Inspector::at(&fixture.address(Role::Mover, 0)?).await?;
        let mut playserver = Inspector::at(&fixture.address(Role::Playserver, 0)?).await?;
        mover.sees("that it leads", |mover| mover.instance.leads).await?;
        let mut cat = fixture.player("cat", 1500.0)?.enqueues("duel").await?;
        let matched = ben.is_matched_with(&mut cat).await?;
        // A round that looks for ben may find cat before she is looked for herself.
        let is_sought = |m: &Inspector| ["ben", "cat"].iter().any(|player| m.held(Stage::Searched, player));
        matchmaker.sees("a search", is_sought).await?;
        mover.sees("a proposal", |mover| mover.held(Stage::Proposed, "ben") && mover.held(Stage::Proposed, "cat")).await?;
        playserver.sees("the match", |p| p.holds(Stage::Hosted, "ben") && p.holds(Stage::Hosted, "cat")).await?;
        let hosted = playserver.holds.values().find(|hold| is_of(hold, Stage::Hosted, "cat")).context("cat")?;
        assert_eq!(hosted.match_id, matched.id);
        orchestrator.sees("ben go", |o| !o.holds(Stage::Waiting, "ben")).await?;
        assert!(orchestrator.holds(Stage::Waiting, "amy"));

        ben.ends(&matched).await?;
        playserver.sees("the match go", |p| !p.holds(Stage::Hosted, "ben")).await?;
        ann.cancels().await?;
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_back_hears_what_he_missed_and_after_a_long_time_a_snapshot() -> Result<()> {
    let fixture = Fixture::open(On::Memory, Counts { matchmakers: 0, ..Counts::ONE_EACH }).await?;
    let mut inspector = Inspector::at(&fixture.address(Role::Orchestrator, 0)?).await?;
    inspector.sees("all of the snapshot", |inspector| inspector.last.seq > 0).await?;
    let ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
    inspector.resumes().await?;
    inspector.sees("ann", |inspector| inspector.holds(Stage::Waiting, "ann")).await?;
    assert_eq!(inspector.snapshots, 1, "what was missed is enough");
    let first = ann.ticket.id.clone();

    inspector.last.seq += 1_000_000;
    inspector.resumes().await?;
    inspector.sees("a snapshot", |inspector| inspector.snapshots == 2 && inspector.last.seq > 0).await?;
    assert!(inspector.holds.values().any(|hold| hold.tickets[0].ticket_id == first));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_leaves_says_so_and_lets_its_inspectors_go() -> Result<()> {
    let mut fixture = Fixture::open(On::Memory, Counts::ONE_EACH).await?;
    let mut inspector = Inspector::at(&fixture.address(Role::Sweeper, 0)?).await?;
    inspector.hears().await?;
    fixture.system.take(Role::Sweeper, 0)?.stop().await?;
    let status = inspector.is_cut_off().await;
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    assert!(inspector.instance.drains);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_inspect_than_may_and_a_place_is_given_back() -> Result<()> {
    let fixture = Fixture::open(On::Memory, Counts::ONE_EACH).await?;
    let address = fixture.address(Role::Mover, 0)?;
    let mut inspectors = Vec::new();
    let refused = loop {
        match Inspector::at(&address).await {
            Ok(inspector) => inspectors.push(inspector),
            Err(error) => break error,
        }
    };
    let status = refused.downcast_ref::<Status>().context("a status")?;
    assert_eq!((inspectors.len(), status.code()), (16, Code::ResourceExhausted));
    inspectors.clear();
    wait_until("a place", || async { Inspector::at(&address).await.map(drop).map_err(|error| error.to_string()) }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_is_drained_only_where_that_is_allowed() -> Result<()> {
    let mut processes = Processes::start_drainable(Counts { sweepers: 2, ..Counts::ONE_EACH }).await?;
    let gone = processes.take(Role::Sweeper, 0)?;
    let mut inspector = Inspector::at(&gone.address).await?;
    inspector.hears().await?;
    assert!(inspector.instance.drainable);
    inspector.client.drain(DrainRequest {}).await?;
    gone.has_left().await?;

    let fixture = Fixture::open(On::Memory, Counts::ONE_EACH).await?;
    let mut inspector = Inspector::at(&fixture.address(Role::Sweeper, 0)?).await?;
    match inspector.client.drain(DrainRequest {}).await {
        Err(status) if status.code() == Code::PermissionDenied => Ok(()),
        other => bail!("{other:?}"),
    }
}

//! What processes measure, as Prometheus reads it and as an OTLP receiver gets it.

use crate::processes::Processes;
use crate::trace::receiver::{Receiver, hex, text};
use crate::trace::{ALL, play_until_ended};
use anyhow::{Context, Result, ensure};
use domain::Role;
use opentelemetry_proto::tonic::metrics::v1::HistogramDataPoint;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use sandbox::{Counts, wait_until};
use tonic::Code;

/// What each process tells of one match of two players who watch, to the line.
const OF_ONE_MATCH: [(Role, &[&str]); 3] = [
    (Role::Orchestrator, &["muster_enqueues_total{queue=\"duel\",outcome=\"queued\"} 2"]),
    (
        Role::Mover,
        &[
            "muster_proposals_total{queue=\"duel\",verdict=\"committed\"} 1",
            "muster_ticket_changes_total{change=\"QUEUED\"} 2",
            "muster_ticket_changes_total{change=\"MATCHED\"} 2",
            "muster_ticket_changes_total{change=\"ASSIGNED\"} 2",
            "muster_ticket_changes_total{change=\"ENDED\"} 2",
            "muster_wait_seconds_count{queue=\"duel\",region=\"\"} 2",
            "muster_match_cost_seconds_count{queue=\"duel\",region=\"\"} 1",
            "muster_commit_seconds_count{outcome=\"committed\"} 1",
            "muster_events_in_flight 0",
            "muster_leading 1",
        ],
    ),
    (
        Role::Playserver,
        &[
            "muster_delivery_lag_seconds_count{change=\"MATCHED\"} 1",
            "muster_delivery_lag_seconds_count{change=\"ENDED\"} 1",
            "muster_watchers 2",
            "muster_matches_running 0",
        ],
    ),
];

/// What is told too, of which this test cannot know how often it happens.
const TOLD_TOO: [(Role, &[&str]); 5] = [
    (
        Role::Orchestrator,
        &["muster_attempts_total{queue=\"duel\"", "muster_range_tickets_count{queue=\"duel\",kind=\"anchored\"}"],
    ),
    (Role::Sweeper, &["muster_lease_age_seconds{role=\"sweeper\"}"]),
    (Role::Matchmaker, &["muster_search_seconds_count{queue=\"duel\"}"]),
    (Role::Mover, &["muster_lead_age_seconds ", "muster_store_call_seconds_count{verb=\"commit\",outcome=\"ok\"}"]),
    (Role::Playserver, &["muster_store_call_seconds_count{verb=\"assign\",outcome=\"ok\"}"]),
];

/// Waits until the process of `role` tells a line that begins with each of these.
async fn tells(processes: &Processes, role: Role, lines: &[&str]) -> Result<()> {
    wait_until(&format!("what the {} measured", role.as_str()), || async {
        let told = processes.metrics(role).await.map_err(|error| error.to_string())?;
        let is_missing = |line: &&&str| !told.lines().any(|told| told.starts_with(**line));
        lines.iter().find(is_missing).map_or(Ok(()), |line| Err(format!("no {line} in\n{told}")))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn after_one_match_each_process_tells_its_part_of_it_and_leads_to_its_traces() -> Result<()> {
    let receiver = Receiver::start().await?;
    let processes = Processes::start_observed(Counts::ONE_EACH, Some(&receiver.endpoint), ALL).await?;
    let mut ann = processes.player("ann", 1500.0)?.enqueues("duel").await?;
    let mut ben = processes.player("ben", 1510.0)?.enqueues("duel").await?;
    play_until_ended(&mut ann, &mut ben).await?;
    for (role, lines) in OF_ONE_MATCH.into_iter().chain(TOLD_TOO) {
        tells(&processes, role, lines).await?;
    }

    let told = processes.metrics(Role::Mover).await?;
    ensure!(told.starts_with("HTTP/1.1 200 OK") && told.contains("application/openmetrics-text"), "{told}");
    ensure!(told.ends_with("# EOF\n"), "{told}");
    let traces: Vec<&str> = told
        .lines()
        .filter(|line| line.starts_with("muster_wait_seconds_bucket"))
        .filter_map(|line| line.split_once("trace_id=\"")?.1.split('"').next())
        .collect();
    let theirs = [ann.ticket.trace_id.as_str(), ben.ticket.trace_id.as_str()];
    ensure!(!traces.is_empty() && traces.iter().all(|trace| theirs.contains(trace)), "{traces:?} are not {theirs:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_is_not_there_is_counted_without_its_name() -> Result<()> {
    let processes = Processes::start_observed(Counts::ONE_EACH, None, ALL).await?;
    let ann = processes.player("ann", 1500.0)?;
    let refused = ann.is_refused(ann.request("no-such-queue")).await?;
    ensure!(refused.code() == Code::InvalidArgument, "{refused:?}");
    tells(&processes, Role::Orchestrator, &["muster_enqueues_total{queue=\"other\",outcome=\"invalid\"} 1"]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_otlp_receiver_gets_the_same_from_whom_it_comes_and_of_which_trace() -> Result<()> {
    let receiver = Receiver::start().await?;
    let processes = Processes::start_observed(Counts::ONE_EACH, Some(&receiver.endpoint), ALL).await?;
    let mut ann = processes.player("ann", 1500.0)?.enqueues("duel").await?;
    let mut ben = processes.player("ben", 1510.0)?.enqueues("duel").await?;
    play_until_ended(&mut ann, &mut ben).await?;

    let waits = || async {
        let (resource, metric) = receiver.metric("muster-mover", "muster_wait_seconds").ok_or("no waits")?;
        let Some(Data::Histogram(waits)) = metric.data else { return Err(format!("no histogram: {metric:?}")) };
        let all: Vec<HistogramDataPoint> = waits.data_points.into_iter().filter(|point| point.count == 2).collect();
        all.into_iter().next().map(|point| (resource, metric.unit, point)).ok_or_else(|| "not both waits".to_owned())
    };
    let (resource, unit, point) = wait_until("both waits to be told", waits).await?;
    ensure!(unit == "s", "waits are told in {unit}");
    let instance = resource.attributes.iter().find(|attribute| attribute.key == "service.instance.id");
    ensure!(text(instance.context("it says who it is")?).starts_with("mover-"), "{resource:?}");
    let traces: Vec<String> = point.exemplars.iter().map(|exemplar| hex(&exemplar.trace_id)).collect();
    let theirs = [&ann.ticket.trace_id, &ben.ticket.trace_id];
    ensure!(!traces.is_empty() && traces.iter().all(|trace| theirs.contains(&trace)), "{traces:?} are not {theirs:?}");
    Ok(())
}

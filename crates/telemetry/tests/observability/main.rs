//! Whatever is written about the metrics outside of the code names only what the list has: the table, the dashboard and the alerts.
//! `MUSTER_BLESS=1 cargo test -p telemetry --test observability` writes the table anew.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what it is sure of")]

mod query;
mod traces;

use query::{Term, terms};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use telemetry::{Described, Kind, metrics};

const BLESS: &str = "MUSTER_BLESS";
/// Labels that whoever scrapes adds.
const OF_THE_SCRAPE: [&str; 2] = ["instance", "job"];
/// The label of a histogram's buckets.
const OF_BUCKETS: &str = "le";

fn home() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn dashboard() -> serde_json::Value {
    let text = fs::read_to_string(home().join("../../k8s/observability/grafana-dashboard.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[derive(Deserialize)]
struct Target {
    expr: String,
    exemplar: bool,
}

/// The queries of every panel.
fn targets() -> Vec<Target> {
    let dashboard = dashboard();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten();
    targets.map(|target| Target::deserialize(target).unwrap()).collect()
}

#[derive(Deserialize)]
struct Alerts {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<Alert>,
}

#[derive(Deserialize)]
struct Alert {
    alert: String,
    expr: String,
    annotations: Annotations,
}

#[derive(Deserialize)]
struct Annotations {
    summary: String,
    runbook: String,
}

fn alerts() -> Vec<Alert> {
    let text = fs::read_to_string(home().join("../../k8s/observability/alerts.yaml")).unwrap();
    let alerts: Alerts = serde_saphyr::from_str(&text).unwrap();
    alerts.groups.into_iter().flat_map(|group| group.rules).collect()
}

/// The metric of the list whose sample this is.
fn listed(sample: &str) -> Option<&'static Described> {
    let endings: fn(Kind) -> &'static [&'static str] = |kind| match kind {
        Kind::Counter => &["_total"],
        Kind::Gauge => &[""],
        Kind::Histogram => &["_bucket", "_count", "_sum"],
    };
    let is_of = |metric: &&Described| {
        let ending = sample.strip_prefix(metric.name.as_str());
        ending.is_some_and(|ending| endings(metric.kind).contains(&ending))
    };
    metrics().list().iter().find(is_of)
}

/// What a query names that the list has not.
fn unknown(expr: &str) -> Vec<String> {
    let terms = terms(expr);
    let mut labels: BTreeSet<&str> = OF_THE_SCRAPE.into();
    let mut unknown = Vec::new();
    for term in &terms {
        match term {
            Term::Metric { name, labels: asked } => match listed(name) {
                Some(metric) => {
                    labels.extend(metric.labels);
                    labels.extend((metric.kind == Kind::Histogram).then_some(OF_BUCKETS));
                    let has = |label: &&String| !metric.labels.contains(&label.as_str());
                    unknown.extend(asked.iter().filter(has).map(|label| format!("{name}{{{label}}}")));
                }
                None => unknown.push(name.clone()),
            },
            Term::Grouping(_) => {}
        }
    }
    let grouped = terms.iter().filter_map(|term| if let Term::Grouping(labels) = term { Some(labels) } else { None });
    unknown.extend(grouped.flatten().filter(|label| !labels.contains(label.as_str())).cloned());
    unknown
}

#[test]
fn the_dashboard_and_the_alerts_name_only_what_is_measured() {
    let queries = targets().into_iter().map(|target| target.expr).chain(alerts().into_iter().map(|alert| alert.expr));
    for expr in queries {
        assert_eq!(unknown(&expr), [""; 0], "{expr}");
        assert!(terms(&expr).iter().any(|term| matches!(term, Term::Metric { .. })), "{expr} asks for nothing");
    }
    let variables = dashboard()["templating"]["list"].clone();
    let queries = variables.as_array().unwrap().iter().filter(|variable| variable["type"] == "query");
    for query in queries.map(|variable| variable["query"].as_str().unwrap()) {
        assert_eq!(unknown(query), [""; 0], "{query}");
    }
}

#[test]
fn everything_that_is_measured_is_drawn() {
    let drawn: Vec<Term> = targets().iter().flat_map(|target| terms(&target.expr)).collect();
    let is_drawn = |metric: &&Described| {
        let is_it = |term: &Term| matches!(term, Term::Metric { name, .. } if listed(name).is_some_and(|it| it.name == metric.name));
        !drawn.iter().any(is_it)
    };
    let forgotten: Vec<&str> = metrics().list().iter().filter(is_drawn).map(|metric| metric.name.as_str()).collect();
    assert_eq!(forgotten, [""; 0]);
}

#[test]
fn where_tickets_leave_exemplars_the_dashboard_shows_them() {
    let traced = ["wait", "match_cost", "commit", "delivery_lag", "range_tickets", "attempts_per_match"];
    for name in traced {
        let drawing: Vec<Target> =
            targets().into_iter().filter(|target| target.expr.contains(&format!("muster_{name}"))).collect();
        assert!(!drawing.is_empty() && drawing.iter().all(|target| target.exemplar), "{name}");
    }
}

#[test]
fn every_alert_says_what_it_means_and_what_to_do() {
    for Alert { alert, annotations, .. } in alerts() {
        assert!(annotations.summary.ends_with('.') && annotations.runbook.ends_with('.'), "{alert}");
    }
}

#[test]
fn the_table_tells_the_whole_list() {
    let path = home().join("METRICS.md");
    if std::env::var_os(BLESS).is_some() {
        fs::write(&path, table()).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == table(), "METRICS.md is not what the list says: {BLESS}=1 writes it anew");
}

fn table() -> String {
    let mut table = String::from(
        "# What Muster measures\n\nWritten from the list in `src/metrics.rs` by `MUSTER_BLESS=1 cargo test -p telemetry --test \
         observability`.\nSamples of counters end in `_total`, those of histograms in `_bucket`, `_count` and `_sum`.\n\n\
         | metric | kind | unit | labels | what it tells |\n| --- | --- | --- | --- | --- |\n",
    );
    for metric in metrics().list() {
        let Described { name, unit, help, .. } = metric;
        let kind = format!("{:?}", metric.kind).to_lowercase();
        writeln!(table, "| `{name}` | {kind} | {unit} | {} | {help}. |", metric.labels.join(", ")).unwrap();
    }
    table
}

//! The list as an OTLP message: the same names, units and labels, and exemplars that lead to a trace.

use super::exemplar::TRACE_ID;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1 as otlp;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::resource::v1::Resource;
use prometheus_client::encoding::prometheus_protobuf::prometheus_data_model as client;
use std::time::{SystemTime, UNIX_EPOCH};

/// What a counter's name ends with in the client's messages, and does not in OTLP.
const COUNTER_SUFFIX: &str = "_total";
/// All of it counts since the process began.
const CUMULATIVE: i32 = otlp::AggregationTemporality::Cumulative as i32;

/// Since when, and as of when, in ns since the Unix epoch.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    began: u64,
    now: u64,
}

impl Span {
    pub fn new(began: SystemTime, now: SystemTime) -> Self {
        Self { began: nanos(began), now: nanos(now) }
    }
}

pub fn request(resource: Resource, families: Vec<client::MetricFamily>, span: Span) -> ExportMetricsServiceRequest {
    let metrics = families.into_iter().filter_map(|family| metric(family, span)).collect();
    let scope = Some(InstrumentationScope { name: "muster".to_owned(), ..Default::default() });
    let scope_metrics = vec![otlp::ScopeMetrics { scope, metrics, schema_url: String::new() }];
    let resource = Some(resource);
    ExportMetricsServiceRequest {
        resource_metrics: vec![otlp::ResourceMetrics { resource, scope_metrics, schema_url: String::new() }],
    }
}

/// A text attribute.
pub fn attribute(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) });
    KeyValue { key: key.to_owned(), value, ..Default::default() }
}

/// None for a kind that the list has not.
fn metric(family: client::MetricFamily, span: Span) -> Option<otlp::Metric> {
    let data = match family.r#type() {
        client::MetricType::Counter => Data::Sum(otlp::Sum {
            data_points: numbers(family.metric, span, |metric| metric.counter.as_ref().map(|counter| counter.value)),
            aggregation_temporality: CUMULATIVE,
            is_monotonic: true,
        }),
        client::MetricType::Gauge => Data::Gauge(otlp::Gauge {
            data_points: numbers(family.metric, span, |metric| metric.gauge.as_ref().map(|gauge| gauge.value)),
        }),
        client::MetricType::Histogram => Data::Histogram(otlp::Histogram {
            data_points: family.metric.into_iter().filter_map(|metric| histogram(metric, span)).collect(),
            aggregation_temporality: CUMULATIVE,
        }),
        _ => return None,
    };
    Some(otlp::Metric {
        name: family.name.trim_end_matches(COUNTER_SUFFIX).to_owned(),
        description: family.help,
        unit: unit(&family.unit).to_owned(),
        data: Some(data),
        ..Default::default()
    })
}

/// As UCUM writes it.
fn unit(unit: &str) -> &str {
    if unit == "seconds" { "s" } else { unit }
}

fn numbers(
    metrics: Vec<client::Metric>,
    span: Span,
    value: impl Fn(&client::Metric) -> Option<f64>,
) -> Vec<otlp::NumberDataPoint> {
    let point = |metric: client::Metric| {
        Some(otlp::NumberDataPoint {
            value: Some(Number::AsDouble(value(&metric)?)),
            attributes: attributes(metric.label),
            start_time_unix_nano: span.began,
            time_unix_nano: span.now,
            ..Default::default()
        })
    };
    metrics.into_iter().filter_map(point).collect()
}

/// Counts come summed up to each bound; OTLP wants each bucket's own, and no bound at infinity.
fn histogram(metric: client::Metric, span: Span) -> Option<otlp::HistogramDataPoint> {
    let histogram = metric.histogram?;
    let summed = histogram.bucket.iter().map(|bucket| bucket.cumulative_count);
    let before = std::iter::once(0).chain(summed.clone());
    let is_finite = |bucket: &&client::Bucket| bucket.upper_bound.is_finite();
    Some(otlp::HistogramDataPoint {
        attributes: attributes(metric.label),
        start_time_unix_nano: span.began,
        time_unix_nano: span.now,
        count: histogram.sample_count,
        sum: Some(histogram.sample_sum),
        bucket_counts: summed.zip(before).map(|(upto, before)| upto.saturating_sub(before)).collect(),
        explicit_bounds: histogram.bucket.iter().filter(is_finite).map(|bucket| bucket.upper_bound).collect(),
        exemplars: histogram.bucket.into_iter().filter_map(|bucket| bucket.exemplar).filter_map(exemplar).collect(),
        ..Default::default()
    })
}

fn exemplar(exemplar: client::Exemplar) -> Option<otlp::Exemplar> {
    let trace = exemplar.label.iter().find(|label| label.name == TRACE_ID)?;
    let trace = opentelemetry::TraceId::from_hex(&trace.value).ok()?;
    let at = exemplar.timestamp.map_or(0, |at| at.seconds as u64 * 1_000_000_000 + at.nanos as u64);
    Some(otlp::Exemplar {
        trace_id: trace.to_bytes().to_vec(),
        time_unix_nano: at,
        value: Some(otlp::exemplar::Value::AsDouble(exemplar.value)),
        ..Default::default()
    })
}

fn attributes(labels: Vec<client::LabelPair>) -> Vec<KeyValue> {
    labels.into_iter().map(|label| attribute(&label.name, &label.value)).collect()
}

fn nanos(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
}

#[cfg(test)]
#[allow(clippy::panic, reason = "a test says what it is sure of")]
mod tests {
    use super::*;
    use crate::metrics::Metrics;
    use std::time::Duration;

    const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    /// The one metric of this name that was observed.
    fn told(metrics: &Metrics, name: &str) -> otlp::Metric {
        let span = Span { began: 1, now: 2 };
        let request = request(Resource::default(), metrics.families(), span);
        let metrics =
            request.resource_metrics.into_iter().flat_map(|all| all.scope_metrics).flat_map(|all| all.metrics);
        metrics.into_iter().find(|metric| metric.name == name).unwrap()
    }

    #[test]
    fn a_wait_is_told_in_seconds_in_its_own_bucket_and_leads_to_its_trace() {
        let metrics = Metrics::new(UNIX_EPOCH);
        metrics.wait("duel", "eu", 700, "");
        metrics.wait("duel", "eu", 3_000, TRACEPARENT);
        let told = told(&metrics, "muster_wait_seconds");
        assert_eq!(told.unit, "s");
        let Some(Data::Histogram(histogram)) = told.data else { panic!("{told:?}") };
        let point = &histogram.data_points[0];
        assert_eq!(point.bucket_counts[..6], [0, 0, 1, 0, 1, 0]);
        assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1, "the last goes to infinity");
        assert_eq!((point.count, point.sum), (2, Some(3.7)));
        assert_eq!(point.exemplars.len(), 1, "what was not traced shows nothing");
        assert_eq!(point.exemplars[0].trace_id[..2], [0x0a, 0xf7]);
        assert!(point.exemplars[0].time_unix_nano > 0);
        let labels: Vec<&str> = point.attributes.iter().map(|label| label.key.as_str()).collect();
        assert_eq!(labels, ["queue", "region"]);
    }

    #[test]
    fn counters_grow_under_the_name_of_the_list_and_ages_are_as_of_now() {
        let metrics = Metrics::new(UNIX_EPOCH);
        metrics.enqueue(Some("duel"), "queued");
        metrics.lease_renewed("mover");
        let Some(Data::Sum(sum)) = told(&metrics, "muster_enqueues").data else { panic!("no sum") };
        assert!(sum.is_monotonic && sum.aggregation_temporality == CUMULATIVE);
        assert_eq!(sum.data_points[0].value, Some(Number::AsDouble(1.0)));
        let Some(Data::Gauge(age)) = told(&metrics, "muster_lease_age_seconds").data else { panic!("no gauge") };
        let Some(Number::AsDouble(age_s)) = age.data_points[0].value else { panic!("{age:?}") };
        assert!((0.0..60.0).contains(&age_s));
        metrics.search("duel", Duration::from_millis(1));
        metrics.lease_ended("mover");
        assert!(!metrics.text().contains("muster_lease_age_seconds{"), "{}", metrics.text());
    }
}

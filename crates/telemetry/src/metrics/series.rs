//! A metric with its labels, as it is observed. How many series it may have is bounded by the values of its labels.

use super::age::Age;
use super::exemplar::Trace;
use super::labels::Labels;
use super::share::Share;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::exemplar::HistogramWithExemplars;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use std::time::SystemTime;

#[derive(Debug)]
pub struct Counters<L>(pub(super) Family<L, Counter>);

impl<L: Labels> Counters<L> {
    pub fn add(&self, labels: L, by: u64) {
        self.0.get_or_create(&labels).inc_by(by);
    }
}

#[derive(Debug)]
pub struct Gauges<L>(pub(super) Family<L, Gauge>);

impl<L: Labels> Gauges<L> {
    /// A part of it, which is 0 at first.
    pub fn share(&self, labels: L) -> Share {
        Share::of(self.0.get_or_create_owned(&labels))
    }
}

#[derive(Debug)]
pub struct Ages<L>(pub(super) Family<L, Age>);

impl<L: Labels> Ages<L> {
    pub fn renewed(&self, labels: L) {
        self.0.get_or_create(&labels).renewed();
    }

    /// There is nothing to renew any more.
    pub fn ended(&self, labels: L) {
        self.0.remove(&labels);
    }
}

#[derive(Debug)]
pub struct Histograms<L>(pub(super) Family<L, HistogramWithExemplars<Trace>, Buckets>);

impl<L: Labels> Histograms<L> {
    /// With `trace` as what came last into its bucket, where there is one to look up.
    #[allow(
        clippy::disallowed_methods,
        reason = "whoever looks an exemplar up wants to know when; nothing is decided by it"
    )]
    pub fn observe(&self, labels: L, value: f64, trace: Option<Trace>) {
        let at = trace.is_some().then(SystemTime::now);
        self.0.get_or_create(&labels).observe(value, trace, at);
    }
}

/// The upper bounds of a histogram's buckets.
#[derive(Debug, Clone, Copy)]
pub struct Buckets(pub &'static [f64]);

impl MetricConstructor<HistogramWithExemplars<Trace>> for Buckets {
    fn new_metric(&self) -> HistogramWithExemplars<Trace> {
        HistogramWithExemplars::new(self.0.iter().copied())
    }
}

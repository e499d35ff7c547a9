use super::labels::Labels;
use super::series::{Ages, Buckets, Counters, Gauges, Histograms};
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::{Metric, Registry, Unit};

/// What begins the name of each metric.
const PREFIX: &str = "muster";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// One metric of the list.
#[derive(Debug, Clone)]
pub struct Described {
    /// Without the `_total` that a counter's samples add to it.
    pub name: String,
    pub kind: Kind,
    /// `seconds`; empty where things are counted.
    pub unit: &'static str,
    pub labels: &'static [&'static str],
    /// A sentence without its full stop, which the text adds.
    pub help: &'static str,
}

/// Whoever takes a metric from it has it told and described.
#[derive(Debug)]
pub struct List {
    registry: Registry,
    described: Vec<Described>,
}

impl Default for List {
    fn default() -> Self {
        Self { registry: Registry::with_prefix(PREFIX), described: Vec::new() }
    }
}

impl List {
    pub fn described(&self) -> &[Described] {
        &self.described
    }

    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    pub fn counter<L: Labels>(&mut self, name: &str, help: &'static str) -> Counters<L> {
        let family = Family::default();
        self.add::<L>(name, help, Kind::Counter, None, family.clone());
        Counters(family)
    }

    pub fn gauge<L: Labels>(&mut self, name: &str, help: &'static str) -> Gauges<L> {
        let family = Family::default();
        self.add::<L>(name, help, Kind::Gauge, None, family.clone());
        Gauges(family)
    }

    /// In seconds.
    pub fn age<L: Labels>(&mut self, name: &str, help: &'static str) -> Ages<L> {
        let family = Family::default();
        self.add::<L>(name, help, Kind::Gauge, Some(Unit::Seconds), family.clone());
        Ages(family)
    }

    /// `bounds` are ascending, in `unit`.
    pub fn histogram<L: Labels>(
        &mut self,
        name: &str,
        help: &'static str,
        unit: Option<Unit>,
        bounds: &'static [f64],
    ) -> Histograms<L> {
        let family = Family::new_with_constructor(Buckets(bounds));
        self.add::<L>(name, help, Kind::Histogram, unit, family.clone());
        Histograms(family)
    }

    fn add<L: Labels>(&mut self, name: &str, help: &'static str, kind: Kind, unit: Option<Unit>, metric: impl Metric) {
        let in_seconds = unit.is_some();
        let (suffix, unit_name) = if in_seconds { ("_seconds", "seconds") } else { ("", "") };
        let name_told = format!("{PREFIX}_{name}{suffix}");
        self.described.push(Described { name: name_told, kind, unit: unit_name, labels: L::NAMES, help });
        match unit {
            Some(unit) => self.registry.register_with_unit(name, help, unit, metric),
            None => self.registry.register(name, help, metric),
        }
    }
}

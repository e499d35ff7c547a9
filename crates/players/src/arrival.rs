use std::collections::BTreeMap;
use std::sync::Arc;

/// One party's arrival.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    /// After the trace's start, in milliseconds of the trace.
    pub queue_ms: u64,
    pub players: Vec<Person>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    pub id: Arc<str>,
    pub rating: f64,
    /// To each region, in milliseconds.
    pub rtt_ms: Option<Arc<BTreeMap<String, u32>>>,
}

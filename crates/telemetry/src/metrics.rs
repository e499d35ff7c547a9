//! What Muster measures: one list, told to whoever scrapes a process and pushed by OTLP where a receiver is named.
//!
//! Every process has the whole list and tells of it what it has observed. An observation is a few lookups and an addition, whether or
//! not anybody reads; text is made when somebody does.

mod age;
mod exemplar;
mod labels;
mod list;
mod names;
mod observe;
mod otlp;
mod push;
mod series;
mod share;

pub use list::{Described, Kind};
pub use share::Share;

pub(crate) use push::{INTERVAL_MS_MAX, INTERVAL_MS_MIN, INTERVAL_VARIABLE, Push};

use labels::{
    ByChange, ByOutcome, ByQueue, ByQueueAndKind, ByQueueAndOutcome, ByQueueAndRegion, ByQueueAndRule,
    ByQueueAndVerdict, ByRole, ByVerbAndOutcome, Whole,
};
use list::List;
use names::Names;
use prometheus_client::encoding::{prometheus_protobuf, text};
use prometheus_client::registry::Unit::Seconds;
use series::{Ages, Counters, Gauges, Histograms};
use std::sync::LazyLock;
use std::time::SystemTime;

/// Queues that are told apart; of further ones all is told as `other`.
pub const QUEUES_MAX: usize = 64;
/// Regions that are told apart.
pub const REGIONS_MAX: usize = 16;

/// The media type of [`Metrics::text`].
pub const TEXT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds, in seconds: of what players wait, and of what is priced in waiting.
const WAITING_S: &[f64] = &[0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0];
/// Of what services do on a player's way.
const WORK_S: &[f64] = &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];
/// Upper bounds of counts.
const ATTEMPTS: &[f64] = &[1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0, 34.0, 55.0, 89.0];
const TICKETS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 4096.0];

/// This process's metrics.
#[allow(
    clippy::disallowed_methods,
    reason = "what counts up is told with since when it does; nothing is decided by it"
)]
pub fn metrics() -> &'static Metrics {
    static METRICS: LazyLock<Metrics> = LazyLock::new(|| Metrics::new(SystemTime::now()));
    &METRICS
}

/// The list: each metric's name, labels, kind and bounds, and what it tells.
macro_rules! list {
    ($($(#[doc = $help:literal])+ $name:ident: $metric:ty = $kind:ident($($bounds:expr),*);)+) => {
        /// All that is counted and timed, by the methods that services tell it with.
        #[derive(Debug)]
        pub struct Metrics {
            $($name: $metric,)+
            queues: Names,
            regions: Names,
            list: List,
            started: SystemTime,
        }

        impl Metrics {
            fn new(started: SystemTime) -> Self {
                let mut list = List::default();
                Self {
                    $($name: list.$kind(stringify!($name), concat!($($help),+).trim(), $($bounds),*),)+
                    queues: Names::new(QUEUES_MAX),
                    regions: Names::new(REGIONS_MAX),
                    list,
                    started,
                }
            }
        }
    };
}

list! {
    /// Requests to be matched, once for each queue that they name: queued, repeated, invalid, busy, overloaded, unavailable or failed
    enqueues: Counters<ByQueueAndOutcome> = counter();
    /// Tickets that this process looks for, once for each of their queues
    tickets_waiting: Gauges<ByQueueAndRegion> = gauge();
    /// Looks for a ticket: matched, gone, unmatched, unsettled (what was found for it was taken meanwhile) or failed
    attempts: Counters<ByQueueAndOutcome> = counter();
    /// Looks for a ticket in this process, up to the one that matched it
    attempts_per_match: Histograms<ByQueue> = histogram(None, ATTEMPTS);
    /// Tickets in a range, which is anchored (on one ticket) or a window
    range_tickets: Histograms<ByQueueAndKind> = histogram(None, TICKETS);
    /// Time that a matchmaker searched one range, without its proposals
    search: Histograms<ByQueue> = histogram(Some(Seconds), WORK_S);
    /// Candidates that a search kept from matching, by the rule that did
    rejections: Counters<ByQueueAndRule> = counter();
    /// Proposals that a mover answered: committed, duplicate, conflict, fenced, not_leading, refused, no_rules, no_host or unknown
    proposals: Counters<ByQueueAndVerdict> = counter();
    /// Time from a proposal that may be made to the outcome of its commit: committed, duplicate, conflict, fenced, not_leading, refused
    /// or unknown
    commit: Histograms<ByOutcome> = histogram(Some(Seconds), WORK_S);
    /// Time that a ticket had waited when its match was committed
    wait: Histograms<ByQueueAndRegion> = histogram(Some(Seconds), WAITING_S);
    /// What a committed match cost its players, in seconds of waiting
    match_cost: Histograms<ByQueueAndRegion> = histogram(Some(Seconds), WAITING_S);
    /// Changes of tickets, as the leading mover read them; what its predecessor read and did not get to trim counts again
    ticket_changes: Counters<ByChange> = counter();
    /// Events that a mover read and that not everyone who should hear of them took
    events_in_flight: Gauges<Whole> = gauge();
    /// Time from a change to when a playserver took its event, by the clocks of both; 0 where they disagree
    delivery_lag: Histograms<ByChange> = histogram(Some(Seconds), WORK_S);
    /// Watches open at a playserver, each subject of a Follow counted
    watchers: Gauges<Whole> = gauge();
    /// Matches that a playserver hosts
    matches_running: Gauges<Whole> = gauge();
    /// Movers of this process that lead
    leading: Gauges<Whole> = gauge();
    /// Time since a mover that leads renewed its lead; a lead stops by itself after 2 s
    lead_age: Ages<Whole> = age();
    /// Time since an instance renewed its lease, which runs out after 3 s
    lease_age: Ages<ByRole> = age();
    /// Connections and calls that did not come past the doors: connection (no TLS, no good certificate, no room), or a call's
    /// unauthenticated, permission_denied, resource_exhausted or unimplemented
    turned_away: Counters<ByOutcome> = counter();
    /// Time of one round trip to Redis: ok, failed or unanswered. The verb events_wait may block until an event comes
    store_call: Histograms<ByVerbAndOutcome> = histogram(Some(Seconds), WORK_S);
}

impl Metrics {
    /// Everything of the list, also what this process has not observed.
    pub fn list(&self) -> &[Described] {
        self.list.described()
    }

    /// All that was observed, in the text of OpenMetrics.
    pub fn text(&self) -> String {
        let mut told = String::new();
        // Writing to a string cannot fail, and what was written before an error is of no use.
        if text::encode(&mut told, self.list.registry()).is_err() {
            told.clear();
        }
        told
    }

    /// All that was observed, as messages of OpenMetrics.
    fn families(&self) -> Vec<prometheus_protobuf::prometheus_data_model::MetricFamily> {
        prometheus_protobuf::encode(self.list.registry()).unwrap_or_default()
    }
}

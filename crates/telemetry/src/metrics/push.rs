//! The list on its way to an OTLP receiver, again and again, for as long as the process runs.

use super::otlp::{Span, attribute, request};
use super::{Metrics, metrics};
use crate::rate_limit::RateLimit;
use crate::{Options, TelemetryError};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::resource::v1::Resource;
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval_at};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};

/// Where metrics go; then where everything goes. Unset or empty: nowhere.
const ENDPOINT_VARIABLES: [&str; 2] = ["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", crate::init::ENDPOINT_VARIABLE];
/// `none`: nowhere.
const EXPORTER_VARIABLE: &str = "OTEL_METRICS_EXPORTER";
/// How often, in ms.
pub const INTERVAL_VARIABLE: &str = "OTEL_METRIC_EXPORT_INTERVAL";
const INTERVAL_MS: u64 = 60_000;
/// What may be asked for.
pub const INTERVAL_MS_MIN: u64 = 10;
pub const INTERVAL_MS_MAX: u64 = 3_600_000;

/// Longest time one push may take, in ms. Below the shutdown's bound, so that the last one fits into it.
const PUSH_MS_MAX: u64 = 1_500;

/// A task that pushes.
pub struct Push {
    last: oneshot::Sender<()>,
    ended: mpsc::Receiver<()>,
}

impl Push {
    /// Begins, where the environment names a receiver.
    pub fn start(options: &Options) -> Result<Option<Self>, TelemetryError> {
        let Some(endpoint) = endpoint() else { return Ok(None) };
        let every = interval(&variable(INTERVAL_VARIABLE).unwrap_or_default())?;
        let runtime = Handle::try_current().map_err(|_| TelemetryError::NoRuntime)?;
        let client = MetricsServiceClient::new(channel(endpoint)?);
        let pusher = Pusher { client, resource: resource(options), complaints: RateLimit::of_complaints() };
        let (last, asked_for_last) = oneshot::channel();
        let (end, ended) = mpsc::sync_channel(1);
        runtime.spawn(async move {
            pusher.run(every, asked_for_last).await;
            // An error means that nobody waits for it any more.
            let _ = end.send(());
        });
        Ok(Some(Self { last, ended }))
    }

    /// Has it push for the last time, while the caller sees to other things before he waits.
    pub fn ask_for_last(self) -> LastPush {
        // An error means that it has ended by itself.
        let _ = self.last.send(());
        LastPush(self.ended)
    }
}

pub struct LastPush(mpsc::Receiver<()>);

impl LastPush {
    /// Blocks the calling thread until it is done, and at most until `deadline`.
    pub fn wait(self, deadline: Instant) {
        let ended = self.0.recv_timeout(deadline.saturating_duration_since(Instant::now()));
        if ended == Err(mpsc::RecvTimeoutError::Timeout) {
            tracing::warn!("the last metrics were not exported");
        }
    }
}

struct Pusher {
    client: MetricsServiceClient<Channel>,
    resource: Resource,
    complaints: RateLimit,
}

impl Pusher {
    async fn run(mut self, every: Duration, mut last: oneshot::Receiver<()>) {
        let mut turns = interval_at(tokio::time::Instant::now() + every, every);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let is_last = tokio::select! {
                _ = turns.tick() => false,
                _ = &mut last => true,
            };
            let pushed = self.push(metrics()).await;
            if !self.goes_on_after(pushed) || is_last {
                return;
            }
        }
    }

    #[allow(clippy::disallowed_methods, reason = "what is pushed says as of when it is; nothing is decided by it")]
    async fn push(&mut self, metrics: &Metrics) -> Result<(), Status> {
        let families = metrics.families();
        if families.is_empty() {
            return Ok(());
        }
        let span = Span::new(metrics.started, SystemTime::now());
        self.client.export(request(self.resource.clone(), families, span)).await.map(drop)
    }

    /// False where it is in vain: Jaeger, for one, takes traces and no metrics.
    fn goes_on_after(&mut self, pushed: Result<(), Status>) -> bool {
        let Err(status) = pushed else { return true };
        if status.code() == Code::Unimplemented {
            tracing::info!("the OTLP receiver takes no metrics, so none are sent to it any more");
            return false;
        }
        if let Some(pushes_lost) = self.complaints.spend(1, Instant::now()) {
            tracing::warn!(pushes_lost, error = status.message(), "metrics cannot be exported");
        }
        true
    }
}

fn endpoint() -> Option<String> {
    if variable(EXPORTER_VARIABLE).is_some_and(|exporter| exporter == "none") {
        return None;
    }
    ENDPOINT_VARIABLES.into_iter().find_map(variable)
}

/// None where it is unset or empty.
fn variable(name: &str) -> Option<String> {
    let value = std::env::var(name).ok()?;
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

fn interval(asked: &str) -> Result<Duration, TelemetryError> {
    let asked_ms = if asked.is_empty() { Ok(INTERVAL_MS) } else { asked.parse::<u64>() };
    let within = asked_ms.ok().filter(|ms| (INTERVAL_MS_MIN..=INTERVAL_MS_MAX).contains(ms));
    within.map(Duration::from_millis).ok_or(TelemetryError::Interval)
}

/// Does not wait for the receiver.
fn channel(endpoint: String) -> Result<Channel, TelemetryError> {
    let limit = Duration::from_millis(PUSH_MS_MAX);
    let endpoint =
        Endpoint::from_shared(endpoint).map_err(|error| TelemetryError::MetricsEndpoint(error.to_string()))?;
    Ok(endpoint.connect_timeout(limit).timeout(limit).connect_lazy())
}

fn resource(options: &Options) -> Resource {
    let of_process = [("service.name", &options.service), ("service.instance.id", &options.instance)];
    Resource { attributes: of_process.map(|(key, value)| attribute(key, value)).to_vec(), ..Default::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_a_number_of_milliseconds_within_its_bounds() {
        assert_eq!(interval("").unwrap(), Duration::from_millis(INTERVAL_MS));
        assert_eq!(interval("500").unwrap(), Duration::from_millis(500));
        for wrong in ["0", "9", "3600001", "a minute", "-5", "1.5"] {
            assert!(interval(wrong).unwrap_err().to_string().starts_with(INTERVAL_VARIABLE), "{wrong}");
        }
    }
}

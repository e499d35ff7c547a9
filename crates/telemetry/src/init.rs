use crate::metrics::Push;
use crate::sampling::KeepingSampler;
use crate::{TelemetryError, export, filters, log};
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::time::{Duration, Instant};
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

/// Longest time the last spans and metrics may take to leave at shutdown, in ms.
pub const SHUTDOWN_MS_MAX: u64 = 2_000;

/// Where traces go, and metrics; unset or empty: nowhere.
pub(crate) const ENDPOINT_VARIABLE: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// Where traces go, if not there.
const TRACES_ENDPOINT_VARIABLE: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Human,
    Json,
}

#[derive(Debug, Clone)]
pub struct Options {
    /// Exported as `service.name`.
    pub service: String,
    /// Exported as `service.instance.id`; must differ between any two processes.
    pub instance: String,
    pub log: LogFormat,
    /// The log filter where `RUST_LOG` is unset, for example `info`.
    pub log_default: String,
    /// Share of the traces that is kept where `OTEL_TRACES_SAMPLER` is unset: 0 to 1, as [`crate::TRACED_SHARE`].
    pub traced_share: f64,
}

/// What must live as long as the process and be shut down at its end.
#[must_use = "the last spans and metrics are lost unless it is shut down"]
pub struct Telemetry {
    provider: Option<SdkTracerProvider>,
    push: Option<Push>,
}

/// Makes the process log, and trace and push its metrics where `OTEL_EXPORTER_OTLP_ENDPOINT` is set, or one for traces or metrics alone. Once per process, inside its runtime.
pub fn init(options: Options) -> Result<Telemetry, TelemetryError> {
    propagate();
    let log = log::layer(options.log, options.instance.clone()).with_filter(filters::log(&options.log_default)?);
    let sampler = KeepingSampler::from_env(options.traced_share)?;
    let provider = if exports() { Some(export::provider(resource(&options), sampler)?) } else { None };
    let traces = provider.as_ref().map(export_layer);
    tracing_subscriber::registry().with(traces).with(log).try_init().map_err(|_| TelemetryError::Started)?;
    Ok(Telemetry { provider, push: Push::start(&options)? })
}

/// Makes the tower layers speak W3C trace context. [`init`] does it too.
pub fn propagate() {
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
}

/// The layer that turns our spans into the provider's, whatever `RUST_LOG` says.
pub fn export_layer<S>(provider: &SdkTracerProvider) -> impl Layer<S> + Send + Sync + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    let tracer = provider.tracer("muster");
    tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_target(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_filter(filters::export())
}

impl Telemetry {
    /// Sends the last spans and metrics, within [`SHUTDOWN_MS_MAX`]. Blocks the calling thread so long, and needs another one of the
    /// runtime to be running.
    pub fn shutdown(self) {
        let limit = Duration::from_millis(SHUTDOWN_MS_MAX);
        let deadline = Instant::now() + limit;
        let last = self.push.map(Push::ask_for_last);
        if let Some(Err(error)) = self.provider.map(|provider| provider.shutdown_with_timeout(limit)) {
            tracing::warn!(%error, "the last spans were not exported");
        }
        if let Some(last) = last {
            last.wait(deadline);
        }
    }
}

/// By the standard variables; the exporter itself reads where to.
fn exports() -> bool {
    let variable = |name: &str| std::env::var(name).unwrap_or_default().trim().to_lowercase();
    let is_named = [TRACES_ENDPOINT_VARIABLE, ENDPOINT_VARIABLE].into_iter().any(|name| !variable(name).is_empty());
    is_named && variable("OTEL_TRACES_EXPORTER") != "none" && variable("OTEL_SDK_DISABLED") != "true"
}

/// Where this process's traces go, and how many of them where `share` is kept of those that begin, in words.
pub fn destination(share: f64) -> String {
    if !exports() {
        return format!("nowhere: {ENDPOINT_VARIABLE} is not set");
    }
    let to = [TRACES_ENDPOINT_VARIABLE, ENDPOINT_VARIABLE].into_iter().find_map(|name| {
        let endpoint = std::env::var(name).unwrap_or_default();
        // What stands before the host may be a password.
        (!endpoint.trim().is_empty()).then(|| endpoint.rsplit('@').next().unwrap_or_default().to_owned())
    });
    let kept =
        if share >= 1.0 { "all of them".to_owned() } else { format!("a share of {share}, and those that ask for it") };
    format!("to {}: {kept}, unless OTEL_TRACES_SAMPLER says otherwise", to.unwrap_or_default())
}

fn resource(options: &Options) -> Resource {
    Resource::builder()
        .with_service_name(options.service.clone())
        .with_attribute(KeyValue::new("service.instance.id", options.instance.clone()))
        .build()
}

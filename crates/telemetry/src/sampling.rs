//! Which traces are kept. Whether one is kept whole is decided where it begins, and every process after that goes by it; of
//! the others are kept what went wrong and what asked for it.

use crate::TelemetryError;
use crate::rate_limit::RateLimit;
use opentelemetry::trace::{Link, SpanKind, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler, SamplingResult, ShouldSample};
use parking_lot::Mutex;
use std::time::{Duration, Instant};

/// Share of the traces that is kept whole where `OTEL_TRACES_SAMPLER` is unset.
pub const TRACED_SHARE: f64 = 0.01;

/// Attribute of a span that is kept though the rest of its trace is not; it tells why.
const KEPT: &str = "muster.kept";

/// Traces that are kept whole in a second, in one process, because they were asked for; further ones are kept as all others.
const TRACES_ASKED_MAX: usize = 100;

static ASKED: Mutex<RateLimit> = Mutex::new(RateLimit::new(TRACES_ASKED_MAX, Duration::from_secs(1)));

/// Why to keep a trace that is asked for, as the `muster.kept` of its first span; none where too many are asked for.
pub fn kept_as_asked() -> Option<&'static str> {
    let mut asked = ASKED.lock();
    asked.spend(1, Instant::now()).map(|_| "asked")
}

const SAMPLER_VARIABLE: &str = "OTEL_TRACES_SAMPLER";
const SHARE_VARIABLE: &str = "OTEL_TRACES_SAMPLER_ARG";

#[derive(Debug, Clone)]
pub(crate) struct KeepingSampler(Sampler);

impl KeepingSampler {
    /// As the standard variables say; where they are unset, this share of the traces that begin here.
    pub fn from_env(share: f64) -> Result<Self, TelemetryError> {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        Self::read(variable(SAMPLER_VARIABLE).as_deref(), variable(SHARE_VARIABLE).as_deref(), share)
    }

    fn read(name: Option<&str>, asked: Option<&str>, share: f64) -> Result<Self, TelemetryError> {
        let asked = || match asked.map(str::parse) {
            None => Ok(share),
            Some(Ok(asked)) if (0.0..=1.0).contains(&asked) => Ok(asked),
            Some(_) => Err(TelemetryError::Share),
        };
        // Every process goes by what the first decided, so a bare name means the same as after `parentbased_`.
        let root = match name.map(|name| name.trim_start_matches("parentbased_")) {
            None | Some("traceidratio") => Sampler::TraceIdRatioBased(asked()?),
            Some("always_on") => Sampler::AlwaysOn,
            Some("always_off") => Sampler::AlwaysOff,
            Some(_) => return Err(TelemetryError::Sampler(name.unwrap_or_default().to_owned())),
        };
        Ok(Self(Sampler::ParentBased(Box::new(root))))
    }
}

impl ShouldSample for KeepingSampler {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let is_kept = attributes.iter().any(|attribute| attribute.key.as_str() == KEPT);
        let sampler = if is_kept { &Sampler::AlwaysOn } else { &self.0 };
        sampler.should_sample(parent, trace, name, kind, attributes, links)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_sdk::trace::SamplingDecision;

    fn keeps(keeping: &KeepingSampler, attributes: &[KeyValue]) -> bool {
        let of_trace = |trace| keeping.should_sample(None, trace, "", &SpanKind::Internal, attributes, &[]);
        of_trace(TraceId::from(u128::MAX)).decision == SamplingDecision::RecordAndSample
    }

    #[test]
    fn the_share_is_for_whoever_names_none() {
        for (name, asked, share, kept) in [
            (None, None, 1.0, true),
            (None, None, 0.0, false),
            (None, Some("1"), 0.0, true),
            (Some("traceidratio"), Some("0"), 1.0, false),
            (Some("parentbased_always_on"), None, 0.0, true),
            (Some("always_off"), None, 1.0, false),
            (Some("always_on"), None, 0.0, true),
        ] {
            let keeping = KeepingSampler::read(name, asked, share).unwrap();
            assert_eq!(keeps(&keeping, &[]), kept, "{name:?} {asked:?} {share}");
        }
    }

    #[test]
    fn what_is_to_be_kept_is_kept_where_nothing_else_is() {
        let keeping = KeepingSampler::read(Some("parentbased_always_off"), None, 0.0).unwrap();
        assert!(!keeps(&keeping, &[KeyValue::new("muster.queue", "duel")]));
        assert!(keeps(&keeping, &[KeyValue::new(KEPT, "failure")]));
    }

    #[test]
    fn a_sampler_that_is_none_is_refused_with_the_variable_to_change() {
        let told = |name, asked| KeepingSampler::read(name, asked, 1.0).unwrap_err().to_string();
        assert!(told(Some("sometimes"), None).starts_with(SAMPLER_VARIABLE));
        for wrong in ["2", "-0.1", "nan", "half"] {
            assert!(told(None, Some(wrong)).starts_with(SHARE_VARIABLE), "{wrong}");
        }
    }
}

//! How long ago something was renewed, as of when it is asked: no clock of another machine comes into it.

use parking_lot::Mutex;
use prometheus_client::encoding::{EncodeMetric, MetricEncoder};
use prometheus_client::metrics::{MetricType, TypedMetric};
use std::sync::Arc;
use std::time::Instant;

#[derive(Debug, Clone)]
pub struct Age(Arc<Mutex<Instant>>);

impl Default for Age {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }
}

impl Age {
    pub fn renewed(&self) {
        *self.0.lock() = Instant::now();
    }

    fn seconds(&self) -> f64 {
        self.0.lock().elapsed().as_secs_f64()
    }
}

impl TypedMetric for Age {
    const TYPE: MetricType = MetricType::Gauge;
}

impl EncodeMetric for Age {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> std::fmt::Result {
        encoder.encode_gauge(&self.seconds())
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

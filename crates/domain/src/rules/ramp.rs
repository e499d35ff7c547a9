use serde::{Deserialize, Serialize};

/// A value that moves with waiting: `start`, then `per_s` more for each second, never above `max`.
///
/// `per_s` left out stands still; `max` left out never ends the growth.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "RampFile")]
pub(crate) struct Ramp {
    start: f64,
    per_s: f64,
    #[serde(skip_serializing_if = "is_endless")]
    max: f64,
}

impl Ramp {
    pub(crate) const fn new(start: f64, per_s: f64, max: f64) -> Self {
        Self { start, per_s, max }
    }

    pub(crate) fn at_ms(&self, age_ms: u64) -> f64 {
        (self.start + self.per_s * age_ms as f64 / 1000.0).min(self.max)
    }
}

// TOML can write infinity but a rules file may not: a key left out says the same and reads better.
fn is_endless(max: &f64) -> bool {
    max.is_infinite()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table, such as { start = 400, per_s = 20, max = 800 }")]
struct RampFile {
    start: f64,
    #[serde(default)]
    per_s: f64,
    max: Option<f64>,
}

impl TryFrom<RampFile> for Ramp {
    type Error = String;

    fn try_from(file: RampFile) -> Result<Self, String> {
        let max = file.max.unwrap_or(f64::MAX);
        for (key, value) in [("start", file.start), ("per_s", file.per_s), ("max", max)] {
            if !(0.0..=f64::MAX).contains(&value) {
                return Err(format!("`{key}` must be a number of at least 0, is {value}"));
            }
        }
        if max < file.start {
            return Err(format!("`max` must be at least `start` ({}), is {max}", file.start));
        }
        Ok(Self { start: file.start, per_s: file.per_s, max: file.max.unwrap_or(f64::INFINITY) })
    }
}

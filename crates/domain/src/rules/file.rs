//! The shape of a rules file. Each key is explained once, in `rules/README.md`; what one value alone can get wrong is
//! refused here, what several can get wrong together in `contradictions`.

use super::ramp::{Falling, Ramp, Rising, rising, rising_if_any};
use crate::{QueueName, RegionName, RoleName};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// Longest declared wait or match, in seconds: a day.
const DURATION_S_MAX: u64 = 86_400;
/// Highest width that a file may declare: 2^15 steps of a second are nine hours.
const WIDTH_MAX: u32 = 16;
/// Highest width of a file that declares none.
pub(super) const WIDTH_MAX_DEFAULT: u32 = 6;
/// Highest price, patience or number of points: so high that no sum of costs overflows.
const AMOUNT_MAX: f64 = 1e9;

/// The keys of a queue that have no default.
pub(super) const REQUIRED: [&str; 4] = ["queue", "teams", "longest_wait_s", "longest_match_s"];

/// What declares one queue.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub queue: QueueName,
    pub teams: Vec<usize>,
    #[serde(deserialize_with = "duration_s")]
    pub longest_wait_s: u64,
    #[serde(deserialize_with = "duration_s")]
    pub longest_match_s: u64,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "duration_s_if_any")]
    pub acknowledge_within_s: Option<u64>,
    #[serde(default)]
    pub regions: Vec<RegionName>,
    #[serde(default)]
    pub roles: Option<RoleSeats>,
    #[serde(default)]
    pub equal: Vec<String>,
    #[serde(default)]
    pub sets: BTreeMap<String, Vec<String>>,
    #[serde(default = "rating_scale", deserialize_with = "scale")]
    pub rating_scale: f64,
    #[serde(default)]
    pub price: Price,
    #[serde(default)]
    pub limit: Limit,
    #[serde(default)]
    pub patience: Patience,
    #[serde(default)]
    pub look: Look,
}

/// How many of each role a team seats: the same for every team, or one table for each.
#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged, expecting = "expected a table, such as { tank = 1, healer = 2 }, or a list of one for each team")]
pub(super) enum RoleSeats {
    Alike(BTreeMap<RoleName, usize>),
    PerTeam(Vec<BTreeMap<RoleName, usize>>),
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(super) struct Price {
    #[serde(deserialize_with = "amount")]
    pub rating_gap: f64,
    #[serde(deserialize_with = "amount")]
    pub win_probability: f64,
    #[serde(deserialize_with = "amount")]
    pub rating_spread: f64,
    #[serde(deserialize_with = "amount")]
    pub rtt: f64,
    #[serde(deserialize_with = "amount")]
    pub rtt_free_ms: f64,
    #[serde(deserialize_with = "amount")]
    pub rtt_free_over_best_ms: f64,
    #[serde(deserialize_with = "amount")]
    pub rtt_difference: f64,
    #[serde(deserialize_with = "amount")]
    pub off_role: f64,
    #[serde(deserialize_with = "amount")]
    pub party_size: f64,
    #[serde(deserialize_with = "amount")]
    pub rematch: f64,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(super) struct Limit {
    #[serde(deserialize_with = "rising_if_any")]
    pub rating_gap: Option<Ramp>,
    #[serde(deserialize_with = "rising_if_any")]
    pub rating_range: Option<Ramp>,
    #[serde(deserialize_with = "rising_if_any")]
    pub rtt_ms: Option<Ramp>,
    #[serde(deserialize_with = "rising_if_any")]
    pub rtt_over_best_ms: Option<Ramp>,
    #[serde(deserialize_with = "rising_if_any")]
    pub off_roles: Option<Ramp>,
    #[serde(deserialize_with = "rising_if_any")]
    pub party_size: Option<Ramp>,
    pub number: BTreeMap<String, Rising>,
    pub overlap: BTreeMap<String, Falling>,
    /// Seconds until which the named string attribute must be the same.
    pub same_until_s: BTreeMap<String, u64>,
    /// Seconds until which nobody plays beside whom he avoids; left out: always.
    pub avoided_until_s: Option<u64>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(super) struct Patience {
    #[serde(deserialize_with = "amount_if_any")]
    pub start_s: Option<f64>,
    #[serde(deserialize_with = "amount")]
    pub least_s: f64,
    #[serde(deserialize_with = "amount_if_any")]
    pub most_s: Option<f64>,
    #[serde(deserialize_with = "amount")]
    pub per_s: f64,
    #[serde(deserialize_with = "amount")]
    pub after_s: f64,
    #[serde(deserialize_with = "amount")]
    pub seconds_per_try: f64,
    /// Four fifths of the longest wait when left out.
    pub unlimited_s: Option<u64>,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(super) struct Look {
    #[serde(deserialize_with = "width")]
    pub width_max: u32,
    pub rating: Growth,
    #[serde(deserialize_with = "rising")]
    pub again_ms: Ramp,
}

impl Default for Look {
    fn default() -> Self {
        let rating = Growth { start: 100.0, factor: 2.0 };
        Self { width_max: WIDTH_MAX_DEFAULT, rating, again_ms: Ramp::line(250.0, 50.0, 2000.0) }
    }
}

/// A half-range of ratings: `start` points at width 0, `factor` times as many at each further width.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a table, such as { start = 100, factor = 2 }")]
pub(super) struct Growth {
    #[serde(deserialize_with = "amount")]
    pub start: f64,
    #[serde(deserialize_with = "factor")]
    pub factor: f64,
}

/// Elo's: the better of two who stand so many points apart wins ten games of eleven.
fn rating_scale() -> f64 {
    400.0
}

fn amount<'de, D: Deserializer<'de>>(input: D) -> Result<f64, D::Error> {
    number(input, 0.0, AMOUNT_MAX, "must be a number from 0 to 1000000000")
}

fn amount_if_any<'de, D: Deserializer<'de>>(input: D) -> Result<Option<f64>, D::Error> {
    amount(input).map(Some)
}

fn factor<'de, D: Deserializer<'de>>(input: D) -> Result<f64, D::Error> {
    number(input, 1.0, 1000.0, "must be a number from 1 to 1000")
}

fn scale<'de, D: Deserializer<'de>>(input: D) -> Result<f64, D::Error> {
    number(input, 0.001, 100_000.0, "must be a number from 0.001 to 100000")
}

fn number<'de, D: Deserializer<'de>>(input: D, low: f64, high: f64, must: &str) -> Result<f64, D::Error> {
    let value = f64::deserialize(input)?;
    // NaN fails every comparison, so the range is tested for membership.
    if (low..=high).contains(&value) { Ok(value) } else { Err(serde::de::Error::custom(format!("{must}, is {value}"))) }
}

fn duration_s<'de, D: Deserializer<'de>>(input: D) -> Result<u64, D::Error> {
    whole(input, 1, DURATION_S_MAX, "seconds")
}

fn duration_s_if_any<'de, D: Deserializer<'de>>(input: D) -> Result<Option<u64>, D::Error> {
    duration_s(input).map(Some)
}

fn width<'de, D: Deserializer<'de>>(input: D) -> Result<u32, D::Error> {
    whole(input, 0, u64::from(WIDTH_MAX), "widths").map(|width| width as u32)
}

fn whole<'de, D: Deserializer<'de>>(input: D, low: u64, high: u64, unit: &str) -> Result<u64, D::Error> {
    let value = i64::deserialize(input)?;
    let fits = u64::try_from(value).ok().filter(|value| (low..=high).contains(value));
    fits.ok_or_else(|| serde::de::Error::custom(format!("must be {low} to {high} {unit}, is {value}")))
}

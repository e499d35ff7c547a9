use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// A value that moves with waiting, in one direction only.
///
/// Written as a number (stands still), as a line `{ start, per_s, max }` (or `min`, where it falls), or as steps
/// `{ steps = [[0, 80], [30, 150]] }`: from each age in s on, that value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Ramp {
    shape: Shape,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
enum Shape {
    Line {
        start: f64,
        per_s: f64,
        end: Option<f64>,
    },
    /// Ages in ms, ascending from 0, and the value from each on.
    Steps(Vec<(u64, f64)>),
}

/// A part of a ramp that begins too late.
pub(super) enum Unreached {
    /// It comes to this value and not to its end.
    End { is: f64, end: f64 },
    /// The step that begins at this age.
    Step { from_ms: u64 },
}

/// Most steps of one ramp.
const STEPS_MAX: usize = 64;
/// Ages up to which a ramp can be asked when it reaches a value: a day, the longest wait there is.
const AGE_MS_MAX: u64 = 86_400_000;

impl Ramp {
    pub(crate) const fn line(start: f64, per_s: f64, end: f64) -> Self {
        Self { shape: Shape::Line { start, per_s, end: Some(end) } }
    }

    pub(crate) const fn constant(value: f64) -> Self {
        Self { shape: Shape::Line { start: value, per_s: 0.0, end: None } }
    }

    pub(crate) fn at_ms(&self, age_ms: u64) -> f64 {
        match &self.shape {
            Shape::Line { start, per_s, end } => {
                let value = start + per_s * age_ms as f64 / 1000.0;
                match end {
                    Some(end) if *per_s >= 0.0 => value.min(*end),
                    Some(end) => value.max(*end),
                    None => value,
                }
            }
            Shape::Steps(steps) => {
                let step = steps.iter().rev().find(|(from_ms, _)| *from_ms <= age_ms);
                step.or(steps.first()).map_or(0.0, |(_, value)| *value)
            }
        }
    }

    /// The first age in ms at which a rising ramp is at least `value`; none if it never is.
    pub(crate) fn reaches_ms(&self, value: f64) -> Option<u64> {
        let (start, per_s) = match &self.shape {
            Shape::Steps(steps) => return steps.iter().find(|(_, step)| *step >= value).map(|(from_ms, _)| *from_ms),
            Shape::Line { start, .. } if *start >= value => return Some(0),
            Shape::Line { per_s, end, .. } if *per_s == 0.0 || end.is_some_and(|end| end < value) => return None,
            Shape::Line { start, per_s, .. } => (start, per_s),
        };
        let age_ms = ((value - start) / per_s * 1000.0).ceil().min(AGE_MS_MAX as f64) as u64;
        // Rounding can put a line's age one off; `at_ms` has the last word.
        [age_ms.saturating_sub(1), age_ms, age_ms + 1]
            .into_iter()
            .find(|age_ms| *age_ms <= AGE_MS_MAX && self.at_ms(*age_ms) >= value)
    }

    /// The first part that is not reached before this age, if there is one.
    pub(super) fn unreached_by_ms(&self, age_ms: u64) -> Option<Unreached> {
        match &self.shape {
            // A fall that names no end goes on to 0.
            Shape::Line { end, .. } => end.filter(|end| *end > 0.0).and_then(|end| {
                let is = self.at_ms(age_ms);
                (is != end).then_some(Unreached::End { is, end })
            }),
            Shape::Steps(steps) => {
                let late = steps.iter().find(|(from_ms, _)| *from_ms >= age_ms);
                late.map(|(from_ms, _)| Unreached::Step { from_ms: *from_ms })
            }
        }
    }

    /// Whether it never falls: what a maximum must be, so that waiting only relaxes it.
    fn is_rising(&self) -> bool {
        match &self.shape {
            Shape::Line { per_s, .. } => *per_s >= 0.0,
            Shape::Steps(steps) => steps.is_sorted_by(|a, b| a.1 <= b.1),
        }
    }

    /// Whether it never rises: what a minimum must be.
    fn is_falling(&self) -> bool {
        match &self.shape {
            Shape::Line { per_s, .. } => *per_s <= 0.0,
            Shape::Steps(steps) => steps.is_sorted_by(|a, b| a.1 >= b.1),
        }
    }
}

/// The first number up to the last from which on something holds that holds at the last.
pub(crate) fn first_that(last: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut first, mut found) = (0, last);
    while first < found {
        let middle = first.midpoint(found);
        if holds(middle) { found = middle } else { first = middle + 1 }
    }
    found
}

/// Reads a ramp that may only rise.
pub(super) fn rising<'de, D: Deserializer<'de>>(input: D) -> Result<Ramp, D::Error> {
    let ramp = Ramp::deserialize(input)?;
    if ramp.is_rising() { Ok(ramp) } else { Err(de::Error::custom("must never fall: limits relax with waiting")) }
}

/// Reads a ramp that may only rise, or nothing.
pub(super) fn rising_if_any<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Ramp>, D::Error> {
    rising(input).map(Some)
}

/// A ramp that may only rise, where it stands as the value of a name.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub(super) struct Rising(#[serde(deserialize_with = "rising")] pub Ramp);

/// A ramp that may only fall, where it stands as the value of a name.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub(super) struct Falling(#[serde(deserialize_with = "falling")] pub Ramp);

fn falling<'de, D: Deserializer<'de>>(input: D) -> Result<Ramp, D::Error> {
    let ramp = Ramp::deserialize(input)?;
    if ramp.is_falling() { Ok(ramp) } else { Err(de::Error::custom("must never rise: limits relax with waiting")) }
}

/// What a ramp's table may hold.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    start: Option<f64>,
    per_s: Option<f64>,
    max: Option<f64>,
    min: Option<f64>,
    steps: Option<Vec<(f64, f64)>>,
}

impl<'de> Deserialize<'de> for Ramp {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(RampVisitor)
    }
}

struct RampVisitor;

impl<'de> Visitor<'de> for RampVisitor {
    type Value = Ramp;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a number, { start = 400, per_s = 20, max = 800 } or { steps = [[0, 400], [30, 800]] }")
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Ramp, E> {
        at_least_0("the value", value).map(Ramp::constant).map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Ramp, E> {
        self.visit_f64(value as f64)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Ramp, A::Error> {
        let table = Table::deserialize(MapAccessDeserializer::new(map))?;
        table.shape().map(|shape| Ramp { shape }).map_err(de::Error::custom)
    }
}

impl Table {
    fn shape(&self) -> Result<Shape, String> {
        match &self.steps {
            None => self.line(),
            Some(_) if self.start.or(self.per_s).or(self.max).or(self.min).is_some() => {
                Err("is either `steps` or a line from `start`, not both".into())
            }
            Some(pairs) => steps(pairs).map(Shape::Steps),
        }
    }

    fn line(&self) -> Result<Shape, String> {
        let start = at_least_0("`start`", self.start.ok_or("lacks `start` (or `steps`)")?)?;
        let per_s = self.per_s.unwrap_or(0.0);
        if !per_s.is_finite() {
            return Err(format!("`per_s` must be a number, is {per_s}"));
        }
        let end = match (self.max, self.min) {
            (Some(_), Some(_)) => return Err("has `max` and `min`: `max` ends a rise, `min` a fall".into()),
            (Some(_), None) if per_s < 0.0 => return Err("falls, so it ends at `min`, not at `max`".into()),
            (None, Some(_)) if per_s >= 0.0 => return Err("does not fall, so it ends at `max`, not at `min`".into()),
            (Some(max), None) if !(start..=f64::MAX).contains(&max) => {
                return Err(format!("`max` must be at least `start` ({start}), is {max}"));
            }
            (None, Some(min)) if !(0.0..=start).contains(&min) => {
                return Err(format!("`min` must be from 0 to `start` ({start}), is {min}"));
            }
            (None, None) if per_s < 0.0 => Some(0.0),
            (max, min) => max.or(min),
        };
        Ok(Shape::Line { start, per_s, end })
    }
}

fn steps(steps: &[(f64, f64)]) -> Result<Vec<(u64, f64)>, String> {
    if !(1..=STEPS_MAX).contains(&steps.len()) {
        return Err(format!(
            "`steps` must hold 1 to {STEPS_MAX} pairs of an age in s and a value, holds {}",
            steps.len()
        ));
    }
    if steps[0].0 != 0.0 {
        return Err(format!("`steps` must begin at an age of 0 s, begin at {}", steps[0].0));
    }
    let is_age = |age_s: f64| (0.0..=AGE_MS_MAX as f64 / 1000.0).contains(&age_s);
    if !steps.iter().all(|(age_s, _)| is_age(*age_s)) || !steps.is_sorted_by(|a, b| a.0 < b.0) {
        return Err("`steps` must go from one age in s to a later one, within a day".into());
    }
    let step = |(age_s, value): &(f64, f64)| Ok(((age_s * 1000.0) as u64, at_least_0("each value", *value)?));
    steps.iter().map(step).collect()
}

fn at_least_0(what: &str, value: f64) -> Result<f64, String> {
    // NaN fails every comparison, so the range is tested for membership.
    if (0.0..=f64::MAX).contains(&value) {
        Ok(value)
    } else {
        Err(format!("{what} must be a number of at least 0, is {value}"))
    }
}

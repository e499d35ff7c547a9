//! What holds of tickets together, whatever their teams: the limits that can be asked before a match is complete.

use super::{Breach, Rules, rule};
use crate::unit::Unit;

/// Several tickets in one match, as far as limits without teams go.
#[derive(Debug, Clone)]
pub(crate) struct Common {
    low: f64,
    high: f64,
    /// When the oldest was queued, in ms since the Unix epoch.
    queued_ms: u64,
    /// Lowest and highest of each limited number.
    numbers: Vec<(f64, f64)>,
    /// Members of each set that all share, as bits.
    sets: Vec<u64>,
}

impl Common {
    pub fn of(unit: &Unit<'_>) -> Self {
        Self {
            low: unit.low,
            high: unit.high,
            queued_ms: unit.queued_ms,
            numbers: unit.numbers.clone(),
            sets: unit.sets.clone(),
        }
    }

    pub fn add(&mut self, unit: &Unit<'_>) {
        self.low = self.low.min(unit.low);
        self.high = self.high.max(unit.high);
        self.queued_ms = self.queued_ms.min(unit.queued_ms);
        for (range, (low, high)) in self.numbers.iter_mut().zip(&unit.numbers) {
            *range = (range.0.min(*low), range.1.max(*high));
        }
        self.sets.iter_mut().zip(&unit.sets).for_each(|(shared, set)| *shared &= set);
    }

    pub fn of_all<'a, 'b: 'a>(mut units: impl Iterator<Item = &'a Unit<'b>>) -> Option<Self> {
        let mut common = units.next().map(Self::of)?;
        units.for_each(|unit| common.add(unit));
        Some(common)
    }

    pub fn age_ms(&self, now_ms: u64) -> u64 {
        now_ms.saturating_sub(self.queued_ms)
    }
}

impl Rules {
    /// Whether these may stand in one match when the oldest has waited `age_ms`, whatever their teams.
    pub(crate) fn hold_common(&self, common: &Common, age_ms: u64) -> Result<(), Breach> {
        let limits = &self.limits;
        Breach::unless_at_most(rule::RATING_RANGE_LIMIT, common.high - common.low, limits.rating_range.at_ms(age_ms))?;
        for ((low, high), (_, ramp)) in common.numbers.iter().zip(&limits.numbers) {
            Breach::unless_at_most(rule::NUMBER_LIMIT, (high - low).max(0.0), ramp.at_ms(age_ms))?;
        }
        for (set, ramp) in &limits.overlaps {
            let (is, least) = (f64::from(common.sets[*set].count_ones()), ramp.at_ms(age_ms));
            if is < least {
                return Err(Breach { rule: rule::OVERLAP_LIMIT, is, bound: least, is_least: true });
            }
        }
        Ok(())
    }

    /// Whether two tickets may stand in one match when the older has waited `age_ms`, as far as it is between the two of them.
    pub(crate) fn hold_between(&self, a: &Unit<'_>, b: &Unit<'_>, age_ms: u64) -> Result<(), Breach> {
        if self.limits.keeps_blocks && (a.people.blocks(&b.people) || b.people.blocks(&a.people)) {
            return Err(Breach::of(rule::BLOCKED));
        }
        let differs = |(name, until_ms): &(String, u64)| {
            let players = || a.party.players().iter().chain(b.party.players());
            let mut values = players().map(|player| player.strings.get(name));
            let first = values.next();
            age_ms < *until_ms && values.any(|value| Some(value) != first)
        };
        if self.limits.same_until_ms.iter().any(differs) { Err(Breach::of(rule::SAME)) } else { Ok(()) }
    }

    /// Whether two tickets may stand in one team when the oldest of the match has waited `age_ms`.
    pub(crate) fn hold_beside(&self, a: &Unit<'_>, b: &Unit<'_>, age_ms: u64) -> bool {
        age_ms >= self.limits.avoided_until_ms || !(a.people.avoids(&b.people) || b.people.avoids(&a.people))
    }
}

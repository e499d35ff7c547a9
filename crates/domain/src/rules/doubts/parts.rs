//! Parts of limits that no ticket grows old enough to see.

use super::{Doubt, DoubtKind, seconds};
use crate::rules::Rules;
use crate::rules::ramp::{Ramp, Unreached};
use crate::rules::tree::Key;

impl Rules {
    pub(super) fn unreached_parts(&self) -> Vec<Doubt> {
        let ramps = self.declared_ramps().into_iter().filter_map(|(key, ramp)| {
            let told = self.unreached(ramp.unreached_by_ms(self.longest_wait_ms)?);
            Some(Doubt::new(DoubtKind::NoEffect, key, told))
        });
        let same = self.limits.same_until_ms.iter();
        let same = same.map(|(name, until_ms)| (Key::of(["limit", "same_until_s", name]), *until_ms));
        let avoided = Some(self.limits.avoided_until_ms).filter(|until_ms| *until_ms < u64::MAX);
        let avoided = avoided.map(|until_ms| (Key::of(["limit", "avoided_until_s"]), until_ms));
        let endless = same.chain(avoided).filter(|(_, until_ms)| *until_ms >= self.longest_wait_ms);
        let endless = endless.map(|(key, until_ms)| {
            let told = format!(
                "ends at {} s, a ticket expires at {} s: it never relaxes",
                seconds(until_ms),
                self.longest_wait_s()
            );
            Doubt::new(DoubtKind::NoEffect, key, told)
        });
        ramps.chain(endless).collect()
    }

    fn unreached(&self, unreached: Unreached) -> String {
        let expires_s = self.longest_wait_s();
        match unreached {
            Unreached::End { is, end } => {
                format!("comes to {is} when a ticket expires, at {expires_s} s, and never to {end}")
            }
            Unreached::Step { from_ms } => {
                format!("has a step at {} s that nobody sees: a ticket expires at {expires_s} s", seconds(from_ms))
            }
        }
    }

    /// Every limit that moves, with those that nothing declares: they stand still.
    fn declared_ramps(&self) -> Vec<(Key, &Ramp)> {
        let limits = &self.limits;
        let plain = [
            ("rating_gap", &limits.rating_gap),
            ("rating_range", &limits.rating_range),
            ("rtt_ms", &limits.rtt_ms),
            ("off_roles", &limits.off_roles),
            ("party_size", &limits.party_size),
        ];
        let plain = plain.into_iter().map(|(name, ramp)| (Key::of(["limit", name]), ramp));
        let over_best = limits.rtt_over_best_ms.iter().map(|ramp| (Key::of(["limit", "rtt_over_best_ms"]), ramp));
        let numbers = limits.numbers.iter().map(|(name, ramp)| (Key::of(["limit", "number", name]), ramp));
        let overlaps = limits.overlaps.iter().map(|(set, ramp)| {
            let name = &self.sets[*set].0;
            (Key::of(["limit", "overlap", name]), ramp)
        });
        plain.chain(over_best).chain(numbers).chain(overlaps).collect()
    }
}

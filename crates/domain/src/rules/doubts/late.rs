//! What keeps matches waiting that could be made, or makes the last look come too late.

use super::{Doubt, DoubtKind, seconds};
use crate::rules::Rules;
use crate::rules::file::WIDTH_MAX_DEFAULT;
use crate::rules::prices::PRICE_KEYS;
use crate::rules::tree::Key;

impl Rules {
    pub(super) fn late_matching(&self) -> Vec<Doubt> {
        let all = [self.last_look(), self.no_patience(), self.dear_parties(), self.late_width(), self.narrow_looks()];
        all.into_iter().flatten().collect()
    }

    /// Looks at a ticket are so far apart when it takes any match that it may expire between two of them.
    fn last_look(&self) -> Option<Doubt> {
        let left_ms = self.longest_wait_ms - self.patience.unlimited_ms;
        let apart_ms = self.look_again_ms(self.patience.unlimited_ms);
        let told = format!(
            "takes any match from {} s on, {} s before a ticket expires, when looks are {} s apart: it may expire between two",
            self.unlimited_s(),
            seconds(left_ms),
            seconds(apart_ms)
        );
        (apart_ms > left_ms).then(|| late(Key::of(["patience", "unlimited_s"]), told))
    }

    fn no_patience(&self) -> Option<Doubt> {
        let costs_something = self.levers().iter().any(|lever| PRICE_KEYS.contains(&lever.key.as_str()));
        if self.highest_patience_s() > 0.0 || !costs_something {
            return None;
        }
        let key = if self.follows_arrivals() { "most_s" } else { "start_s" };
        let told = "lets a ticket without tries accept no cost at all before it takes any match, at";
        Some(late(Key::of(["patience", key]), format!("{told} {} s", self.unlimited_s())))
    }

    fn dear_parties(&self) -> Option<Doubt> {
        let (price, patience_s) = (self.prices.party_size, self.highest_patience_s());
        let most = self.limits.party_size.at_ms(self.last_age_ms());
        let is_dear = |excess: f64| price * excess > patience_s && excess <= most;
        let (size, excess) = self.unequal_parties().find(|(_, excess)| is_dear(*excess as f64))?;
        let told = format!(
            "a party of {size} exceeds what can face it by {excess} and costs at least {} s, tickets without tries accept {patience_s} s \
             at most: it waits until one takes any match, at {} s",
            price * excess as f64,
            self.unlimited_s()
        );
        Some(late(Key::of(["price", "party_size"]), told))
    }

    fn late_width(&self) -> Option<Doubt> {
        let (last, begins_s) = (self.reach.width_max, 2f64.powi(self.reach.width_max as i32 - 1));
        // What nobody wrote is nobody's mistake.
        if last <= WIDTH_MAX_DEFAULT || begins_s < self.longest_wait_s() {
            return None;
        }
        let before_ms = self.patience.unlimited_ms.checked_sub(1)?;
        let told = format!(
            "width {last} begins after {begins_s} s, a ticket expires at {} s: one without tries is read at width {} at most before it \
             takes any match, at {} s",
            self.longest_wait_s(),
            self.width(before_ms, 0),
            self.unlimited_s()
        );
        Some(late(Key::of(["look", "width_max"]), told))
    }

    /// From 0 points no factor widens anything.
    fn narrow_looks(&self) -> Option<Doubt> {
        let before_last = self.reach.width_max.checked_sub(1)?;
        let is_bound_otherwise = self.limits.rating_range.at_ms(self.last_age_ms()) == 0.0;
        if self.reach.rating_start > 0.0 || self.half_range(before_last) > 0.0 || is_bound_otherwise {
            return None;
        }
        let told = format!(
            "starts at 0 points, which no factor widens: below width {} only equal ratings are read",
            before_last + 1
        );
        Some(late(Key::of(["look", "rating"]), told))
    }
}

fn late(key: Key, told: impl Into<String>) -> Doubt {
    Doubt::new(DoubtKind::MatchesLate, key, told)
}

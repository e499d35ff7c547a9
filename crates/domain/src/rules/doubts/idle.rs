//! Keys that change nothing.

use super::{Doubt, DoubtKind};
use crate::limits::{NUMBER_ABS_MAX, RATING_ABS_MAX, RTT_MS_MAX};
use crate::rules::Rules;
use crate::rules::ramp::Ramp;
use crate::rules::tree::Key;

/// What a rule measures: as much as this at most, or nothing at all, and why.
type Most = Result<f64, &'static str>;

const ONE_PLAYER: &str = "a match is one player";
const ONE_TEAM: &str = "there is only one team";
const NO_PARTIES: &str = "every party is one player";
const NO_REGIONS: &str = "the queue declares no `regions`";
const NO_ROLES: &str = "the queue declares no `roles`";
const ONE_REGION: &str = "with one region every round trip is the player's best";

impl Rules {
    pub(super) fn idle_prices(&self) -> Vec<Doubt> {
        let prices = &self.prices;
        let priced = [
            ("rating_gap", prices.rating_gap, self.gap()),
            ("win_probability", prices.win_probability, self.gap()),
            ("rating_spread", prices.rating_spread, self.among_players(f64::INFINITY)),
            ("rtt", prices.rtt, self.over_best()),
            ("rtt_free_ms", prices.rtt_free_ms, self.priced_rtt()),
            ("rtt_free_over_best_ms", prices.rtt_free_over_best_ms, self.priced_rtt()),
            ("rtt_difference", prices.rtt_difference, self.rtt().and(self.among_players(f64::INFINITY))),
            ("off_role", prices.off_role, self.off_role()),
            ("party_size", prices.party_size, self.party_difference()),
            ("rematch", prices.rematch, self.among_players(f64::INFINITY)),
        ];
        let declared = priced.into_iter().filter(|(_, price, _)| *price > 0.0);
        declared.filter_map(|(name, _, most)| Some(idle(Key::of(["price", name]), most.err()?))).collect()
    }

    /// Limits whose bound no match can exceed.
    pub(super) fn idle_bounds(&self) -> Vec<Doubt> {
        let limits = &self.limits;
        let (rtt_ms, over_best_ms) = match &limits.rtt_over_best_ms {
            None => (Some(&limits.rtt_ms), None),
            over_best_ms => (None, over_best_ms.as_ref()),
        };
        let bounds = [
            ("rating_gap", Some(&limits.rating_gap), self.gap()),
            ("rating_range", Some(&limits.rating_range), self.among_players(2.0 * RATING_ABS_MAX)),
            ("rtt_ms", rtt_ms, self.rtt()),
            ("rtt_over_best_ms", over_best_ms, self.over_best()),
            ("off_roles", Some(&limits.off_roles), self.off_role()),
            ("party_size", Some(&limits.party_size), self.party_difference()),
        ];
        let bounds = bounds.into_iter().filter_map(|(name, ramp, most)| Some((Key::of(["limit", name]), ramp?, most)));
        let number = self.among_players(2.0 * NUMBER_ABS_MAX);
        let numbers = limits.numbers.iter().map(|(name, ramp)| (Key::of(["limit", "number", name]), ramp, number));
        bounds.chain(numbers).filter_map(|(key, ramp, most)| idle_bound(key, ramp, most)).collect()
    }

    /// Limits on sets, strings and lists of players that hold of every match, and sets that no limit asks for.
    pub(super) fn idle_names(&self) -> Vec<Doubt> {
        let limits = &self.limits;
        let set = |at: usize| self.sets[at].0.as_str();
        let overlaps = limits.overlaps.iter().filter(|(_, ramp)| ramp.at_ms(0) <= 0.0);
        let overlaps =
            overlaps.map(|(at, _)| idle(Key::of(["limit", "overlap", set(*at)]), "0 members are always shared"));
        let is_asked = |at: usize| limits.overlaps.iter().any(|(set, _)| *set == at);
        let sets = (0..self.sets.len()).filter(|at| !is_asked(*at));
        let sets = sets.map(|at| idle(Key::of(["sets", set(at)]), "no `limit.overlap` asks for it"));
        let same = limits.same_until_ms.iter().filter_map(|(name, until_ms)| {
            let never = (*until_ms == 0).then_some("it holds up to no age");
            let equal = self.equal.contains(name).then_some("`equal` asks for the same");
            Some(idle(Key::of(["limit", "same_until_s", name]), never.or(equal)?))
        });
        let is_lonely = self.is_solo() && limits.avoided_until_ms < u64::MAX;
        let avoided = is_lonely.then(|| idle(Key::of(["limit", "avoided_until_s"]), "nobody plays beside another"));
        overlaps.chain(sets).chain(same).chain(avoided).collect()
    }

    pub(super) fn idle_patience(&self) -> Vec<Doubt> {
        let patience = &self.patience;
        let (is_fixed, grows) = (patience.fixed_s.is_some(), patience.per_s > 0.0);
        let never_grows = grows && patience.seconds_per_try == 0.0 && patience.after_s >= self.unlimited_s();
        let too_late = format!("it begins when a ticket takes any match, at {} s", self.unlimited_s());
        let contrary = format!("it is below `least_s` ({}), so the worth cannot follow the arrivals", patience.least_s);
        let all = [
            ("least_s", is_fixed && patience.least_s > 0.0, "`start_s` fixes the worth"),
            ("most_s", is_fixed && patience.most_s.is_finite(), "`start_s` fixes the worth"),
            ("most_s", !is_fixed && patience.most_s < patience.least_s, &contrary),
            ("after_s", !grows && patience.after_s > 0.0, "patience does not grow without `per_s`"),
            ("per_s", never_grows, &too_late),
        ];
        let idle_ones = all.into_iter().filter(|(_, is_idle, _)| *is_idle);
        idle_ones.map(|(name, _, why)| idle(Key::of(["patience", name]), why)).collect()
    }

    fn among_players(&self, most: f64) -> Most {
        if self.seats() > 1 { Ok(most) } else { Err(ONE_PLAYER) }
    }

    fn gap(&self) -> Most {
        if self.team_sizes.len() > 1 { Ok(2.0 * RATING_ABS_MAX) } else { Err(ONE_TEAM) }
    }

    fn rtt(&self) -> Most {
        if self.regions.is_empty() { Err(NO_REGIONS) } else { Ok(f64::from(RTT_MS_MAX)) }
    }

    /// Nobody has a round trip above his best where there is one region.
    fn over_best(&self) -> Most {
        if self.regions.len() == 1 { Err(ONE_REGION) } else { self.rtt() }
    }

    fn priced_rtt(&self) -> Most {
        if self.prices.rtt > 0.0 { Ok(f64::INFINITY) } else { Err("no round trip costs anything without `price.rtt`") }
    }

    fn off_role(&self) -> Most {
        if self.roles.is_asked() { Ok(self.seats() as f64) } else { Err(NO_ROLES) }
    }

    fn party_difference(&self) -> Most {
        let (_, largest) = self.extreme_teams();
        match self.gap() {
            Ok(_) if largest < 2 => Err(NO_PARTIES),
            gap => gap.map(|_| (largest - 1) as f64),
        }
    }
}

/// A declared bound that nothing measured can exceed.
fn idle_bound(key: Key, ramp: &Ramp, most: Most) -> Option<Doubt> {
    let first = ramp.at_ms(0);
    if first.is_infinite() {
        return None;
    }
    match most {
        Err(why) => Some(idle(key, why)),
        Ok(most) => (first >= most).then(|| idle(key, &format!("no match can have more than {most}"))),
    }
}

fn idle(key: Key, why: &str) -> Doubt {
    Doubt::new(DoubtKind::NoEffect, key, format!("has no effect: {why}"))
}

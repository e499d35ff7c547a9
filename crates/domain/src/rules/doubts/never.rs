//! Who can never be matched.

use super::{Doubt, DoubtKind, seconds};
use crate::RoleName;
use crate::rules::Rules;
use crate::rules::ramp::{Ramp, first_that};
use crate::rules::tree::Key;

impl Rules {
    pub(super) fn never_matching(&self) -> Vec<Doubt> {
        let overlaps = self.limits.overlaps.iter().filter_map(|(set, ramp)| self.scarce_overlap(*set, ramp));
        let roles = self.roles.names.iter().enumerate().filter_map(|(at, name)| self.role_without_seat(at, name));
        overlaps.chain(roles).chain(self.closed_regions()).chain(self.shut_out_parties()).collect()
    }

    fn scarce_overlap(&self, set: usize, ramp: &Ramp) -> Option<Doubt> {
        let (name, members) = &self.sets[set];
        let lacks = |age_ms: u64| ramp.at_ms(age_ms) > members.len() as f64;
        let (last_ms, has) = (self.last_age_ms(), members.len());
        let doubt = |kind, told: String| Some(Doubt::new(kind, Key::of(["limit", "overlap", name]), told));
        if lacks(last_ms) {
            let least = ramp.at_ms(last_ms);
            let told = format!("asks for {least} shared members at least at any age, the set has {has}");
            return doubt(DoubtKind::NeverMatches, told + ": no match can ever be made");
        }
        if lacks(0) {
            let (first, until_s) = (ramp.at_ms(0), seconds(first_that(last_ms, |age_ms| !lacks(age_ms))));
            let told = format!("asks for {first} shared members at first, the set has {has}");
            return doubt(DoubtKind::MatchesLate, format!("{told}: no match can be made before {until_s} s"));
        }
        None
    }

    /// Whoever names only a role that no team seats can but fill in.
    fn role_without_seat(&self, role: usize, name: &RoleName) -> Option<Doubt> {
        if self.roles.seats.iter().any(|seats| seats[role] > 0) {
            return None;
        }
        let is_shut_out = self.limits.off_roles.at_ms(self.last_age_ms()) < 1.0;
        let (kind, then) = if is_shut_out {
            (DoubtKind::SomeNeverMatch, "can never be matched, as `limit.off_roles` allows nobody off his role")
        } else {
            (DoubtKind::NoEffect, "always plays another")
        };
        Some(Doubt::new(
            kind,
            Key::of(["roles", name.as_str()]),
            format!("no team seats it: who names it alone {then}"),
        ))
    }

    fn closed_regions(&self) -> Option<Doubt> {
        let most_ms = self.limits.rtt_ms.at_ms(self.last_age_ms());
        if self.regions.is_empty() || self.limits.rtt_over_best_ms.is_some() || most_ms >= 1.0 {
            return None;
        }
        let told = format!(
            "allows {most_ms} ms at most at any age: who reports 1 ms or more to every region can never be matched"
        );
        Some(Doubt::new(DoubtKind::SomeNeverMatch, Key::of(["limit", "rtt_ms"]), told))
    }

    fn shut_out_parties(&self) -> Option<Doubt> {
        let most = self.limits.party_size.at_ms(self.last_age_ms());
        let (size, excess) = self.unequal_parties().find(|(_, excess)| *excess as f64 > most)?;
        let told = format!("allows {most} at most at any age, a party of {size} exceeds what can face it by {excess}");
        let told = told + ": it may queue and can never be matched";
        Some(Doubt::new(DoubtKind::SomeNeverMatch, Key::of(["limit", "party_size"]), told))
    }
}

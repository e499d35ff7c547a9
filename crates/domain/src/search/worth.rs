//! Savings in whole numbers: sums of them are exact, and a tie is a tie.

use super::field::Field;
use crate::rules::PATIENCE_S_MAX;

/// Parts of a second.
pub(super) const PARTS_PER_S: f64 = 1e8;
/// Costs from here on are alike, in seconds: two players of unlimited patience together do not give more.
const COST_S_MAX: f64 = 2.0 * PATIENCE_S_MAX;
/// Parts by which a ticket's worth is raised, so that rounding never keeps a pair from a match that just pays: nobody would gain by
/// waiting on. Who makes matches has them judged.
const ROUNDING: i64 = 2;

/// A cost in whole parts: at most 2e17, so that a few of them add up to a number.
pub(super) fn parts(cost_s: f64) -> i64 {
    (cost_s.min(COST_S_MAX) * PARTS_PER_S) as i64
}

/// What each ticket of a field gives to be matched, in parts. A second that it has waited counts as a part more, so that of tickets
/// that are alike the one goes that waits longest.
pub(super) fn worths(field: &Field<'_>) -> Vec<i64> {
    let longest_ms = field.rules.longest_wait_ms();
    let waited_s = |age_ms: u64| (age_ms.min(longest_ms) / 1000) as i64;
    let worth = |patience_s: f64| parts(patience_s.min(PATIENCE_S_MAX)) + ROUNDING;
    field.units.iter().map(|unit| worth(unit.patience_s) + waited_s(unit.age_ms(field.now_ms))).collect()
}

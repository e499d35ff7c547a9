use super::matched;
use crate::{Candidate, Range, Rules};

/// How exactly an age is told, in ms.
const STEP_MS: u64 = 250;

/// The age of `anchor` at which the rules make a match of the range's tickets, if all of them go on waiting
/// until they expire; none if they never do.
///
/// Rules only relax with time, so times are tried ever farther apart and the first that matches is narrowed down. Each try is a
/// quarter farther off than the last: a partner's last fifth, when he takes any match, is not stepped over.
pub(super) fn matches_at_age_ms(anchor: &Candidate, range: &Range, rules: &Rules, now_ms: u64) -> Option<u64> {
    let end_ms = rules.longest_wait_ms().checked_sub(anchor.age_ms(now_ms).saturating_add(1))?;
    let matches_at = |now_ms: u64| matched(&waiting_at(range, rules, now_ms), rules, now_ms).is_some();
    let matches = |ahead_ms: u64| matches_at(now_ms.saturating_add(ahead_ms));
    let (mut before_ms, mut at_ms) = (0, STEP_MS);
    while !matches(at_ms.min(end_ms)) {
        if at_ms >= end_ms {
            return None;
        }
        (before_ms, at_ms) = (at_ms, at_ms + (at_ms / 4).max(STEP_MS));
    }
    at_ms = at_ms.min(end_ms);
    while at_ms - before_ms > STEP_MS {
        let middle_ms = before_ms.midpoint(at_ms);
        if matches(middle_ms) { at_ms = middle_ms } else { before_ms = middle_ms }
    }
    Some(anchor.age_ms(now_ms) + at_ms)
}

/// Those of the range who will not have expired by then.
fn waiting_at(range: &Range, rules: &Rules, now_ms: u64) -> Range {
    let waits = |candidate: &&Candidate| candidate.age_ms(now_ms) < rules.longest_wait_ms();
    Range { candidates: range.candidates.iter().filter(waits).cloned().collect(), ..range.clone() }
}

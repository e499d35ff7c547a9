//! One against one where a pair costs a price for each rating point between the two and nothing else: solved exactly, in one pass.

use super::field::Field;
use crate::rules::PATIENCE_S_MAX;
use crate::unit::Unit;

/// What waiting on is worth, and what ratings cost, in whole microseconds: sums of them are exact.
const PARTS_PER_S: f64 = 1e6;

/// The disjoint pairs that save most over waiting on, in total; positions in the field, the lower rating first.
///
/// Pair (i, j) with ratings x_i ≤ x_j saves V_i + V_j − 2p(x_j − x_i), the sum of what its lower end (V_i + 2p·x_i) and its upper end
/// (V_j − 2p·x_j) contribute each by itself. Of an optimum whose pairs overlap, the ends can be joined again in order without
/// changing or with raising the sum, so it suffices to go up the scale knowing whether a pair stands open: two states.
pub(super) fn pairs(field: &Field<'_>) -> Vec<(usize, usize)> {
    let steps: Vec<Step> = steps(field);
    field.spend(steps.len());
    let mut pairs = Vec::new();
    let mut upper = None;
    for (at, step) in steps.iter().enumerate().rev() {
        match upper {
            None if step.closes => upper = Some(at),
            Some(closed) if step.opens => {
                pairs.push((at, closed));
                upper = None;
            }
            _ => {}
        }
    }
    pairs
}

/// What the best solution up to here does at this ticket: closes the open pair if none is to stand open after it, opens one if one is.
struct Step {
    closes: bool,
    opens: bool,
}

fn steps(field: &Field<'_>) -> Vec<Step> {
    let price_s = 2.0 * field.rules.pair_price_s(1.0);
    let parts = |seconds: f64| (seconds * PARTS_PER_S) as i128;
    let (mut closed, mut open) = (0i128, i128::MIN / 2);
    let step = |unit: &Unit<'_>| {
        let (worth, place) = (parts(unit.patience_s.min(PATIENCE_S_MAX)), parts(price_s * unit.rating));
        let (closing, opening) = (open + worth - place, closed + worth + place);
        // A pair that saves nothing and costs nothing is made: nobody gains by waiting on.
        let step = Step { closes: closing >= closed, opens: opening > open };
        (closed, open) = (closed.max(closing), open.max(opening));
        step
    };
    field.units.iter().map(step).collect()
}

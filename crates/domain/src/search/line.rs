//! One against one where a pair costs a price for each rating point between the two and nothing else: solved exactly, in one pass.

use super::field::Field;
use super::worth::{PARTS_PER_S, worths};

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
    let price = 2.0 * field.rules.pair_price_s(1.0) * PARTS_PER_S;
    let (mut closed, mut open) = (0i128, i128::MIN / 2);
    let step = |(worth, rating): (i64, f64)| {
        let (worth, place) = (i128::from(worth), (price * rating) as i128);
        let (closing, opening) = (open + worth - place, closed + worth + place);
        // A pair that saves nothing and costs nothing is made: nobody gains by waiting on.
        let step = Step { closes: closing >= closed, opens: opening > open };
        (closed, open) = (closed.max(closing), open.max(opening));
        step
    };
    worths(field).into_iter().zip(field.units.iter().map(|unit| unit.rating)).map(step).collect()
}

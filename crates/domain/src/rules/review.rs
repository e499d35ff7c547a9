//! A rules file as its writer hears of it: every mistake, or every queue with what is doubtful about it.

use super::Rules;
use super::doubts::Doubt;
use super::mistake::{Mistake, Place};
use super::parse::read_queues;
use super::tree::{Key, Tree};

/// One queue of a rules file that can be used.
#[derive(Debug, Clone)]
pub struct Review {
    pub rules: Rules,
    /// Where the file names it.
    pub place: Place,
    /// Each where its key stands, or where the table stands that left it to its default.
    pub doubts: Vec<(Place, Doubt)>,
}

impl Rules {
    /// Reads a file that holds one queue, or a realm's queues as `[[queues]]`. Errors with everything that keeps it from being used: at
    /// least one mistake.
    pub fn review(text: &str) -> Result<Vec<Review>, Vec<Mistake>> {
        let review = |(tree, rules): (Tree<'_>, Self)| {
            let place = |key: &Key| Place::of(text, tree.span_of(key).start);
            let doubts = rules.doubts().into_iter().map(|doubt| (place(&doubt.key), doubt)).collect();
            Review { place: place(&Key::of(["queue"])), doubts, rules }
        };
        Ok(read_queues(text)?.into_iter().map(review).collect())
    }
}

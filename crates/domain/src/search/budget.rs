/// How much work one search may take in each pool of its range. Counted and not timed, so that it ends the same everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Budget {
    /// A step is about one ticket touched. What is under way when the last is taken is finished, so a search ends a little
    /// beyond; but no match is made around a ticket for which not all was tried.
    pub steps: usize,
}

impl Default for Budget {
    /// Some tenths of a second at most.
    fn default() -> Self {
        Self { steps: 20_000_000 }
    }
}

//! What Muster does most often, each on an input that never changes: the benchmark times it, the binary counts its instructions.
//!
//! Architecture invariant: no clock, no randomness, no I/O, so that a path executes the same instructions each time.

#![allow(clippy::unwrap_used, reason = "a benchmark knows its inputs")]

mod checks;
mod crowd;
mod searches;
mod wire;

pub use checks::CHECKS;
pub use searches::SEARCHES;
pub use wire::WIRE;

/// Does it once more.
pub type Go = Box<dyn Fn()>;

/// Something that is done often.
pub struct Path {
    pub name: &'static str,
    /// Makes its input, and sees to it that there is something to do.
    pub prepare: fn() -> Go,
    /// Whether its instructions are counted: not where that takes long and tells nothing that another does not.
    pub is_counted: bool,
}

impl Path {
    const fn counted(name: &'static str, prepare: fn() -> Go) -> Self {
        Self { name, prepare, is_counted: true }
    }

    const fn timed(name: &'static str, prepare: fn() -> Go) -> Self {
        Self { name, prepare, is_counted: false }
    }
}

/// All of them.
pub fn paths() -> impl Iterator<Item = &'static Path> {
    [SEARCHES, CHECKS, WIRE].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn each_has_a_name_of_its_own() {
        let names: HashSet<&str> = paths().map(|path| path.name).collect();
        assert_eq!(names.len(), paths().count());
    }
}

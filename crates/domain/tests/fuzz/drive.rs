//! One input, from bytes to a promise kept. Shared with the coverage-guided target in `crates/domain/fuzz`.
//!
//! An input is a rules file, a 0 byte, and a range's bytes; without a 0 byte it is both at once. One that begins with [`CHANGED`] is a shipped file with some values changed,
//! which the bytes that follow choose, and the range's bytes after them.

mod draw;
mod file;
mod promise;
mod range;
#[path = "../shipped/mod.rs"]
pub mod shipped;

use arbitrary::Unstructured;
use domain::{RuleSet, Rules};

/// Begins an input that changes a shipped file.
pub const CHANGED: u8 = 1;

/// Of one file, so many queues are searched: a realm of a thousand queues is not a thousand times as interesting.
const QUEUES_MAX: usize = 2;

/// Panics if the input breaks anything.
pub fn drive(input: &[u8]) {
    let (text, bytes) = match input.split_first() {
        Some((&CHANGED, choices)) => {
            let mut choices = Unstructured::new(choices);
            (file::changed(&mut choices), choices.take_rest())
        }
        _ => {
            let (text, range) =
                input.iter().position(|byte| *byte == 0).map_or((input, input), |at| input.split_at(at));
            (String::from_utf8_lossy(text).into_owned(), range)
        }
    };
    for rules in parsed(&text).iter().take(QUEUES_MAX) {
        let asked = range::asked(rules, &mut Unstructured::new(bytes));
        promise::holds(&asked, rules);
    }
}

/// The file's queues; none where it is refused, in one line.
fn parsed(text: &str) -> Vec<Rules> {
    let one = Rules::parse(text);
    let all = Rules::parse_all(text);
    if let (Ok(one), Ok(all)) = (&one, &all) {
        assert_eq!((all.len(), all[0].version()), (1, one.version()), "one file read in two ways");
    }
    assert!(one.is_err() || all.is_ok(), "one queue is a realm of one: {all:?}");
    for error in [one.as_ref().err(), all.as_ref().err()].into_iter().flatten() {
        assert!(!error.0.is_empty() && !error.0.contains('\n'), "one line says what is wrong: {error:?}");
    }
    let all = all.unwrap_or_default();
    if let Ok(set) = RuleSet::try_new(all.clone()) {
        assert_eq!(set.iter().count(), all.len());
    }
    all
}

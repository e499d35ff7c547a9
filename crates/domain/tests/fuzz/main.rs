//! Whatever a rules file says and whatever stands in a range: no panic, no overflow, and every match that comes out keeps the promise.
//!
//! `cargo test` tries a bounded number of inputs from a fixed seed, and the corpus. Longer, on stable Rust, with overflow checked:
//!
//! ```sh
//! PROPTEST_CASES=50000 cargo test --locked -p domain --test fuzz
//! ```
//!
//! As long as one likes, led by coverage, as `fuzz/README.md` says. Both run [`drive::drive`].

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what it is sure of")]

// As the coverage-guided target has it, so that the modules in it are beside it for both.
#[path = "drive.rs"]
mod drive;
#[path = "../../../../tests/repeatable.rs"]
mod repeatable;

use drive::drive;
use proptest::prelude::*;
use repeatable::repeatable;
use std::path::Path;

/// Longest generated input, in bytes: what some twenty tickets of a few players take.
const INPUT_BYTES_MAX: usize = 2_000;

/// Inputs.
const CASES: u32 = 256;

fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..INPUT_BYTES_MAX)
}

/// Changes to a text: where, and to which byte.
fn any_changes() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4)
}

proptest! {
    #![proptest_config(repeatable(CASES))]

    #[test]
    fn files_with_other_values_and_any_range_break_nothing(bytes in any_bytes()) {
        drive(&[&[drive::CHANGED], &bytes[..]].concat());
    }

    #[test]
    fn mistyped_files_and_any_range_break_nothing(
        file in 0..drive::shipped::SHIPPED.len(), changes in any_changes(), range in any_bytes(),
    ) {
        let mut text = drive::shipped::SHIPPED[file].as_bytes().to_vec();
        changes.iter().for_each(|(at, byte)| *at.get_mut(&mut text) = *byte);
        drive(&[&text[..], &[0], &range[..]].concat());
    }

    #[test]
    fn bytes_that_are_no_file_at_all_break_nothing(bytes in any_bytes()) {
        drive(&bytes);
    }
}

/// Inputs that once broke something, or reach what random ones hardly do.
#[test]
fn the_corpus_breaks_nothing() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    let inputs: Vec<_> = std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!inputs.is_empty());
    inputs.iter().for_each(|path| drive(&std::fs::read(path).unwrap()));
}

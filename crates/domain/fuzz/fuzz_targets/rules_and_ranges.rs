//! Any bytes as a rules file and a range: what may come of them is said in `tests/fuzz/main.rs`.

#![no_main]
#![allow(clippy::expect_used, clippy::panic, reason = "a panic is how a fuzz target tells what broke")]

#[path = "../../tests/fuzz/drive.rs"]
mod drive;

libfuzzer_sys::fuzz_target!(|input: &[u8]| drive::drive(input));

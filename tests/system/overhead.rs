//! What observing costs can be measured.

use crate::processes::MUSTER;
use anyhow::{Context, Result};
use std::process::{Command, Output};

fn overhead(flags: &[&str]) -> Result<Output> {
    Command::new(MUSTER).args(["bench", "overhead"]).args(flags).output().context("muster bench overhead")
}

/// How much is the machine's affair; that each setting comes up, has players matched and is told of is ours.
#[test]
fn each_setting_is_measured_and_told_of() -> Result<()> {
    let ran = overhead(&["--rounds", "1", "--rate", "50", "--warm-up", "1", "--seconds", "2"])?;
    let (told, errors) = (String::from_utf8(ran.stdout)?, String::from_utf8(ran.stderr)?);
    assert!(ran.status.success(), "{told}\n{errors}");
    let (_, summary) = told.split_once("\n\n").context(told.clone())?;
    let first_words = summary.lines().skip(1).filter_map(|line| line.split_whitespace().next());
    let expected = ["bare", "traced", "watched", "traced", "watched", "noise"];
    assert_eq!(first_words.take(expected.len()).collect::<Vec<_>>(), expected, "{told}");
    assert!(!summary.contains("told the page 0 "), "{told}");
    Ok(())
}

#[test]
fn a_measurement_that_cannot_be_is_refused() -> Result<()> {
    for (flags, told) in [
        (["--rate", "0.5"], "error: --rate must be 1 to 1000000, is 0.5\n"),
        (["--rounds", "0"], "error: --rounds must be 1 to 100, is 0\n"),
        (["--seconds", "3601"], "error: --seconds must be 1 to 3600, is 3601\n"),
        (["--warm-up", "0"], "error: --warm-up must be 1 to 3600, is 0\n"),
        (["--queue", "chess"], "error: --queue must be one of duel, is chess\n"),
    ] {
        let ran = overhead(&flags)?;
        assert_eq!((ran.status.code(), String::from_utf8(ran.stderr)?.as_str()), (Some(2), told));
    }
    Ok(())
}

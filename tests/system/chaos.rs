//! Everything breaks, and nothing is lost.

use crate::processes::MUSTER;
use anyhow::{Context, Result};
use std::process::{Command, Output};

fn chaos(flags: &[&str]) -> Result<Output> {
    Command::new(MUSTER).arg("chaos").args(flags).output().context("muster chaos")
}

#[test]
fn a_cluster_that_is_struck_again_and_again_keeps_what_it_promised() -> Result<()> {
    let ran = chaos(&["--minutes", "0.2", "--seed", "3", "--speed", "5"])?;
    let (told, errors) = (String::from_utf8(ran.stdout)?, String::from_utf8(ran.stderr)?);
    assert!(ran.status.success(), "{told}\n{errors}");
    let lines: Vec<&str> = told.lines().map(str::trim_end).collect();
    assert!(lines.iter().any(|line| line.starts_with("faults     ") && line.contains("kill ")), "{told}");
    assert!(lines.contains(&"left over  0 tickets waiting, 0 matches live, 0 events not taken"), "{told}");
    assert_eq!(lines.last(), Some(&"verdict    every invariant held"), "{told}");
    Ok(())
}

#[test]
fn a_storm_that_nobody_could_play_in_is_refused() -> Result<()> {
    for (flags, told) in [
        (["--minutes", "0"], "error: --minutes must be above 0, to 1440, is 0\n"),
        (["--speed", "nan"], "error: --speed must be 0.1 to 1000, is NaN\n"),
        (["--queue", "chess"], "error: --queue must be one of duel, teams-5v5, is chess\n"),
    ] {
        let ran = chaos(&flags)?;
        assert_eq!((ran.status.code(), String::from_utf8(ran.stderr)?.as_str()), (Some(2), told));
    }
    Ok(())
}

//! Everything breaks, and nothing is lost.

use crate::processes::MUSTER;
use anyhow::{Context, Result};
use std::path::Path;
use std::process::{Command, Output};

/// Under `appendfsync always` Redis is as quick as its disk, which the other tests keep busy: 120 ms a sync, and hardly anyone is
/// matched within these few seconds. So it writes to memory where that can be had.
const RAM: &str = "/dev/shm";

fn chaos(flags: &[&str]) -> Result<Output> {
    let mut command = Command::new(MUSTER);
    if Path::new(RAM).is_dir() {
        command.env("TMPDIR", RAM);
    }
    command.arg("chaos").args(flags).output().context("muster chaos")
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

/// What Redis answered and had not synced is lost with the power: the players' histories must show it.
#[test]
fn a_power_cut_without_fsync_is_found_out_and_its_history_kept() -> Result<()> {
    let kept = tempfile::tempdir()?;
    let logs = kept.path().to_str().context("a path of plain text")?;
    // Long enough for someone to queue between two cuts also beside all other tests.
    let flags = ["--minutes", "0.3", "--speed", "10", "--faults", "cut-power", "--fsync", "everysec", "--logs", logs];
    let ran = chaos(&flags)?;
    let errors = String::from_utf8(ran.stderr)?;
    assert_eq!(ran.status.code(), Some(1), "{errors}");
    assert!(errors.contains("BROKEN one-outcome: player "), "{errors}");
    let history = std::fs::read_to_string(kept.path().join("history.jsonl"))?;
    assert!(history.lines().any(|line| line.contains(r#""forgotten":true"#)), "{errors}");
    let files = std::fs::read_dir(kept.path())?.map(|entry| entry.map(|entry| entry.file_name().into_string()));
    let names = files.collect::<std::io::Result<Vec<_>>>()?;
    assert!(names.iter().flatten().any(|name| name.ends_with(".aof")), "{names:?}");
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

//! What a ticket takes can be measured, and set against what it took before.

use crate::processes::MUSTER;
use anyhow::{Context, Result};
use std::process::{Command, Output};

const BRIEF: [&str; 6] = ["--rate", "50", "--warm-up", "1", "--seconds", "2"];

fn bench(scenario: &str, flags: &[&str]) -> Result<Output> {
    Command::new(MUSTER).args(["bench", scenario]).args(flags).output().context("muster bench")
}

/// How much is the machine's affair; that everybody is matched, and that no process is forgotten, is ours.
#[test]
fn a_steady_rate_is_measured_kept_and_set_against_another() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("before.json");
    let path = file.to_str().context("a path in UTF-8")?;
    let ran = bench("steady", &[&BRIEF[..], &["--json", path]].concat())?;
    assert!(ran.status.success(), "{ran:?}");
    let told: serde_json::Value = serde_json::from_slice(&std::fs::read(&file)?)?;
    let figure = |path: &str| told.pointer(path).and_then(serde_json::Value::as_f64).unwrap_or_default();
    assert!(figure("/matched_per_s") > 0.0 && figure("/delivered_ms/p50") > 0.0, "{told:#}");
    assert_eq!((figure("/failed"), figure("/refused")), (0.0, 0.0), "{told:#}");
    for name in ["orchestrator", "sweeper", "matchmaker", "mover", "playserver", "redis", "load"] {
        assert!(figure(&format!("/resident_bytes/{name}")) > 0.0, "{name} in {told:#}");
    }
    for verb in ["enqueue", "watch", "commit", "assign", "end"] {
        assert!(figure(&format!("/round_trips_per_ticket/{verb}")) > 0.0, "{verb} in {told:#}");
    }
    let ran = bench("steady", &[&BRIEF[..], &["--against", path]].concat())?;
    let told = String::from_utf8(ran.stdout)?;
    assert!(ran.status.success() && told.contains("delivered p99 ms") && told.contains(" ×"), "{told}");
    Ok(())
}

#[test]
fn scripts_are_measured_alone() -> Result<()> {
    let ran = bench("scripts", &["--seconds", "1"])?;
    let told = String::from_utf8(ran.stdout)?;
    assert!(ran.status.success() && told.starts_with("scripts: ") && told.contains(" µs/ticket"), "{told}");
    assert!(!told.starts_with("scripts: 0 "), "{told}");
    Ok(())
}

#[test]
fn a_measurement_that_cannot_be_is_refused() -> Result<()> {
    for (scenario, flags, told) in [
        ("steady", ["--rate", "0.5"], "error: --rate must be 1 to 1000000, is 0.5\n"),
        ("steady", ["--seconds", "3601"], "error: --seconds must be 1 to 3600, is 3601\n"),
        ("steady", ["--warm-up", "0"], "error: --warm-up must be 1 to 3600, is 0\n"),
        ("steady", ["--queue", "chess"], "error: --queue must be one of duel, teams-5v5, is chess\n"),
        ("steady", ["--against", "/nowhere"], "error: --against /nowhere: No such file or directory (os error 2)\n"),
        ("scripts", ["--seconds", "0"], "error: --seconds must be 1 to 3600, is 0\n"),
    ] {
        let ran = bench(scenario, &flags)?;
        assert_eq!((ran.status.code(), String::from_utf8(ran.stderr)?.as_str()), (Some(2), told));
    }
    Ok(())
}

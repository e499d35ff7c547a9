use crate::processes::MUSTER;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const RULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules");
/// Three mistakes, each of its own kind.
const BAD: &str = "queue = \"bad\"\nteams = [5, 5]\nlongest_wait_s = 0\nlongest_match_s = 600\n[price]\nratng_gap = 1\n\
                   [limit]\nrating_gap = { start = 80, per_s = -1 }\n";
/// One that can be used although nobody is ever matched.
const DOUBTFUL: &str = "queue = \"maps\"\nteams = [1, 1]\nlongest_wait_s = 100\nlongest_match_s = 600\n[sets]\nmaps = [\"mill\"]\n\
                        [limit]\noverlap = { maps = 2 }\n";

/// What a check said, and how it ended.
struct Said {
    code: Option<i32>,
    lines: Vec<String>,
    error: String,
}

/// Checks these files of the directory, which are named without it in what is said.
fn check(dir: &Path, arguments: &[&str]) -> Result<Said> {
    let output = Command::new(MUSTER).arg("check").args(arguments).current_dir(dir).env_clear().output()?;
    let lines = String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect();
    Ok(Said { code: output.status.code(), lines, error: String::from_utf8(output.stderr)? })
}

fn dir_of(files: &[(&str, &str)]) -> Result<TempDir> {
    let dir = TempDir::new()?;
    files.iter().try_for_each(|(name, text)| std::fs::write(dir.path().join(name), text))?;
    Ok(dir)
}

#[test]
fn the_rules_that_ship_are_told_queue_by_queue_and_warned_of_nothing() -> Result<()> {
    let rules = Path::new(RULES);
    let names: Vec<String> = std::fs::read_dir(rules)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".toml"))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let said = check(rules, &[&["--strict"], &names[..]].concat())?;
    assert_eq!((said.code, said.error.as_str(), said.lines.len()), (Some(0), "", names.len()), "{:?}", said.lines);
    let duel = said.lines.iter().find(|line| line.starts_with("duel.toml: duel ")).context("a line of duel.toml")?;
    assert!(duel.ends_with("1v1, any match from 96 s, expires at 120 s: price.rating_gap 0.05"), "{duel}");
    Ok(())
}

#[test]
fn a_directory_is_checked_as_a_service_takes_it() -> Result<()> {
    let dir = dir_of(&[("maps.toml", DOUBTFUL), ("notes.txt", "not rules")])?;
    let said = check(dir.path(), &["."])?;
    assert!(said.code == Some(0) && said.lines[0].starts_with("./maps.toml: maps "), "{:?} {}", said.lines, said.error);
    let said = check(dir_of(&[])?.path(), &["."])?;
    assert_eq!((said.code, said.error.as_str()), (Some(2), "error: there is no *.toml file where it was to check\n"));
    Ok(())
}

#[test]
fn every_mistake_of_every_file_is_told_where_it_stands() -> Result<()> {
    let dir = dir_of(&[
        ("bad.toml", BAD),
        ("worse.toml", "queue = bad\n"),
        ("none.toml", "queue = \"none\"\nlongest_wait_s = 60\n"),
    ])?;
    let said = check(dir.path(), &["bad.toml", "worse.toml", "none.toml"])?;
    assert_eq!(
        said.lines,
        [
            "bad.toml:3:18: error: longest_wait_s: must be 1 to 86400 seconds, is 0",
            "bad.toml:6:1: error: price.ratng_gap: unknown key, did you mean `rating_gap`?",
            "bad.toml:8:14: error: limit.rating_gap: must never fall: limits relax with waiting",
            "worse.toml:1:9: error: `queue = bad`: string values must be quoted, expected literal string",
            "none.toml:1:1: error: lacks the key `teams`",
            "none.toml:1:1: error: lacks the key `longest_match_s`",
        ]
    );
    assert_eq!((said.code, said.error.as_str()), (Some(1), "error: 6 errors: no service would take these files\n"));
    Ok(())
}

#[test]
fn a_warning_fails_only_a_strict_check() -> Result<()> {
    let dir = dir_of(&[("maps.toml", DOUBTFUL)])?;
    let said = check(dir.path(), &["maps.toml"])?;
    let warning = "maps.toml:8:20: warning: limit.overlap.maps: asks for 2 shared members at least at any age, the set has 1: no match \
                   can ever be made";
    assert_eq!((said.code, said.lines.len(), said.lines[1].as_str()), (Some(0), 2, warning));
    let strict = check(dir.path(), &["--strict", "maps.toml"])?;
    assert_eq!((strict.code, strict.error.as_str()), (Some(1), "error: 1 warning: --strict allows none\n"));
    assert_eq!(strict.lines, said.lines);
    Ok(())
}

#[test]
fn a_queue_that_two_files_declare_is_told_where_the_second_does() -> Result<()> {
    let again = DOUBTFUL.replace("maps = 2", "maps = 1");
    let dir = dir_of(&[("one.toml", DOUBTFUL), ("two.toml", &format!("# again\n{again}"))])?;
    let said = check(dir.path(), &["one.toml", "two.toml"])?;
    assert_eq!(said.code, Some(1));
    assert_eq!(said.lines.last().unwrap(), "two.toml:2:9: error: queue: maps is declared in one.toml already");
    Ok(())
}

#[test]
fn a_file_longer_than_a_service_reads_is_refused() -> Result<()> {
    let long = format!("{DOUBTFUL}{}", "#".repeat(1 << 20));
    let dir = dir_of(&[("long.toml", &long)])?;
    let said = check(dir.path(), &["long.toml"])?;
    assert_eq!(said.code, Some(2), "{}", said.error);
    assert!(said.error.contains("long.toml: must have at most 1048576 bytes"), "{}", said.error);
    Ok(())
}

#[test]
fn programs_are_told_the_same() -> Result<()> {
    let dir = dir_of(&[("bad.toml", BAD), ("maps.toml", DOUBTFUL)])?;
    let said = check(dir.path(), &["--json", "bad.toml", "maps.toml"])?;
    assert_eq!(said.code, Some(1));
    let told: Value = serde_json::from_str(&said.lines.join("\n"))?;
    let (bad, maps) = (&told["files"][0], &told["files"][1]);
    assert_eq!((&bad["file"], &bad["queues"], &bad["warnings"]), (&json!("bad.toml"), &json!([]), &json!([])));
    let first = json!({"line": 3, "column": 18, "message": "longest_wait_s: must be 1 to 86400 seconds, is 0"});
    assert_eq!((bad["errors"].as_array().map(Vec::len), &bad["errors"][0]), (Some(3), &first));
    assert_eq!((&maps["queues"][0]["queue"], &maps["queues"][0]["teams"]), (&json!("maps"), &json!([1, 1])));
    let warning = &maps["warnings"][0];
    assert_eq!((&warning["kind"], &warning["line"]), (&json!("never_matches"), &json!(8)));
    assert_eq!((&warning["key"], &warning["queue"]), (&json!("limit.overlap.maps"), &json!("maps")));
    Ok(())
}

#[test]
fn services_take_rules_that_are_warned_of() -> Result<()> {
    let dir = dir_of(&[("maps.toml", DOUBTFUL)])?;
    let rules = sandbox::load_rules(&[dir.path().join("maps.toml")])?;
    let doubts: Vec<usize> = rules.iter().map(|rules| rules.doubts().len()).collect();
    assert_eq!(doubts, [1]);
    Ok(())
}

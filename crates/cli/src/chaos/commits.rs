//! How commits whose outcome was unclear were settled, as the movers logged it.

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// What a mover says of each such commit that was settled, and of those that were not.
const SETTLED: &str = "a commit was unclear, and is settled";
const UNSETTLED: &str = "commit: unknown";

/// How many came to which outcome.
pub fn unclear(logs: &Path) -> std::io::Result<BTreeMap<String, usize>> {
    let mut outcomes = BTreeMap::new();
    for entry in std::fs::read_dir(logs)? {
        let path = entry?.path();
        let is_movers = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("mover"));
        let text = if is_movers { std::fs::read_to_string(path)? } else { String::new() };
        for (outcome, commits) in text.lines().filter_map(outcome) {
            *outcomes.entry(outcome).or_default() += commits;
        }
    }
    Ok(outcomes)
}

/// The outcome that a line of the log tells, and of how many commits: a failure's line tells how many were not told before it. A
/// process that was killed may have left half a line.
fn outcome(line: &str) -> Option<(String, usize)> {
    let line: Value = serde_json::from_str(line).ok()?;
    let message = line.get("message")?.as_str()?;
    if message == UNSETTLED {
        let untold = line.get("untold").and_then(Value::as_u64).and_then(|untold| usize::try_from(untold).ok());
        return Some(("unknown".to_owned(), 1 + untold.unwrap_or_default()));
    }
    (message == SETTLED).then(|| Some((line.get("outcome")?.as_str()?.to_owned(), 1)))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_read_from_its_line_alone() {
        let line = |message: &str| {
            format!(r#"{{"level":"INFO","message":"{message}","match_id":"7","untold":2,"outcome":"duplicate"}}"#)
        };
        assert_eq!(outcome(&line(SETTLED)), Some(("duplicate".to_owned(), 1)));
        assert_eq!(outcome(&line(UNSETTLED)), Some(("unknown".to_owned(), 3)));
        assert_eq!(outcome(&line("leading")), None);
        assert_eq!(outcome(&line(SETTLED)[..40]), None);
    }
}

//! How commits whose outcome was unclear were settled, as the movers logged it.

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// What a mover says of each such commit.
const SAID: &str = "a commit was unclear";

/// How many came to which outcome.
pub fn unclear(logs: &Path) -> std::io::Result<BTreeMap<String, usize>> {
    let mut outcomes = BTreeMap::new();
    for entry in std::fs::read_dir(logs)? {
        let path = entry?.path();
        let is_movers = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("mover"));
        let text = if is_movers { std::fs::read_to_string(path)? } else { String::new() };
        for outcome in text.lines().filter_map(outcome) {
            *outcomes.entry(outcome).or_default() += 1;
        }
    }
    Ok(outcomes)
}

/// The outcome that a line of the log tells. A process that was killed may have left half a line.
fn outcome(line: &str) -> Option<String> {
    let line: Value = serde_json::from_str(line).ok()?;
    (line.get("message")? == SAID).then(|| line.get("outcome")?.as_str().map(str::to_owned))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_read_from_its_line_alone() {
        let line =
            |message: &str| format!(r#"{{"level":"INFO","message":"{message}","match_id":"7","outcome":"duplicate"}}"#);
        assert_eq!(outcome(&line(SAID)).as_deref(), Some("duplicate"));
        assert_eq!(outcome(&line("leading")), None);
        assert_eq!(outcome(&line(SAID)[..40]), None);
    }
}

//! Holds an explanation against the search.

use super::NOW_MS;
use crate::support::{rules, search_soundly};
use domain::{Explanation, Range, Remedy, Rules, explain};
use toml::{Table, Value};

/// Keeps rounding from deciding.
const TINY: f64 = 1e-6;

/// Explains, and tries everything that the explanation promises.
pub fn holds(range: &Range, text: &str) -> Explanation {
    let explanation = explain(range, &rules(text), NOW_MS).unwrap();
    for remedy in &explanation.remedies {
        assert!(is_matched(range, &changed(text, remedy), NOW_MS), "{remedy:?} of {explanation:?}");
    }
    let matches_at = |age_ms: u64| is_matched(range, &rules(text), NOW_MS + age_ms - explanation.age_ms);
    match explanation.matches_at_age_ms {
        Some(at_ms) if at_ms == explanation.age_ms => assert!(matches_at(at_ms)),
        Some(at_ms) => assert!(matches_at(at_ms) && !matches_at(at_ms.saturating_sub(250).max(explanation.age_ms))),
        None => assert!(!is_matched(range, &rules(text), NOW_MS), "{explanation:?}"),
    }
    explanation
}

fn is_matched(range: &Range, rules: &Rules, now_ms: u64) -> bool {
    !search_soundly(range, rules, now_ms).proposals.is_empty()
}

/// The rules file as its designer would change it. Patience is raised at its start.
fn changed(text: &str, Remedy { key, is, needed }: &Remedy) -> Rules {
    let mut file: Table = text.parse().unwrap();
    let path: Vec<&str> = key.split('.').collect();
    let (name, tables) = path.split_last().unwrap();
    let table = tables.iter().fold(&mut file, |table, name| {
        table.entry(*name).or_insert_with(|| Table::new().into()).as_table_mut().unwrap()
    });
    if key == "patience" {
        let start_s = table["patience"].get_mut("start_s").unwrap();
        let before_s = start_s.as_float().unwrap_or_else(|| start_s.as_integer().unwrap() as f64);
        *start_s = (before_s + (needed - is) * (1.0 + TINY)).into();
    } else if needed.is_infinite() {
        table.remove(*name);
    } else {
        let is_whole = key.contains("_until_s");
        table.insert((*name).into(), if is_whole { Value::from(*needed as i64) } else { Value::from(*needed) });
    }
    rules(&file.to_string())
}

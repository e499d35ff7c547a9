//! Holds an explanation against the search.

use super::NOW_MS;
use crate::support::{rules, search_soundly, with};
use domain::{Candidate, Explanation, Range, Remedy, Rules, explain};
use toml::{Table, Value};

/// Keeps rounding from deciding.
const TINY: f64 = 1e-6;

/// Explains, and tries everything that the explanation promises.
pub fn holds(range: &Range, text: &str) -> Explanation {
    let explanation = explain(range, &rules(text), NOW_MS).unwrap();
    for remedy in &explanation.remedies {
        let told = format!("{remedy:?} of {explanation:?}");
        if remedy.key == "block_lists" {
            assert!(is_matched(&unblocked(range), &rules(text), NOW_MS), "{told}");
        } else {
            assert!(is_matched(range, &changed(text, remedy), NOW_MS), "{told}");
        }
    }
    let matches_at = |age_ms: u64| {
        let now_ms = NOW_MS + age_ms - explanation.age_ms;
        is_matched(&waiting_at(range, &rules(text), now_ms), &rules(text), now_ms)
    };
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

/// Those of the range who have not expired by then.
fn waiting_at(range: &Range, rules: &Rules, now_ms: u64) -> Range {
    let waits = |candidate: &&Candidate| candidate.age_ms(now_ms) < rules.longest_wait_ms();
    Range { candidates: range.candidates.iter().filter(waits).cloned().collect(), ..range.clone() }
}

/// The range of players who block nobody.
fn unblocked(range: &Range) -> Range {
    let candidates = range.candidates.iter().cloned().map(|candidate| with(candidate, |player| player.blocked.clear()));
    Range { candidates: candidates.collect(), ..range.clone() }
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

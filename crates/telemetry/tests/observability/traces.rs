//! The list of spans and attributes, against the code of all services.

use crate::home;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const PREFIX: &str = "muster.";

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The code of every crate that makes spans.
fn code() -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(home().join("..")).unwrap() {
        let folder = entry.unwrap().path().join("src");
        if folder.is_dir() {
            sources(&folder, &mut found);
        }
    }
    let texts = found.into_iter().map(|path| fs::read_to_string(path).unwrap());
    texts.filter(|text| text.contains("span!(")).collect()
}

/// Each name that begins as ours do, with what stands before and after it.
fn named(text: &str) -> impl Iterator<Item = (&str, String, &str)> {
    text.match_indices(PREFIX).map(move |(at, _)| {
        let rest = &text[at + PREFIX.len()..];
        let end = rest.find(|c: char| !(c.is_ascii_lowercase() || c == '_')).unwrap_or(rest.len());
        (&text[..at], format!("{PREFIX}{}", &rest[..end]), &rest[end..])
    })
}

fn attributes_in(text: &str) -> BTreeSet<String> {
    named(text).filter(|(_, _, after)| after.starts_with(" = ")).map(|(_, name, _)| name).collect()
}

fn recorded_in(text: &str) -> BTreeSet<String> {
    named(text).filter(|(before, _, _)| before.ends_with(".record(\"")).map(|(_, name, _)| name).collect()
}

/// A name in quotes that opens a span's arguments.
fn spans_in(text: &str) -> BTreeSet<String> {
    let is_span = |(before, _, after): &(&str, String, &str)| {
        before.ends_with('"') && after.starts_with("\",") && !before.ends_with(".record(\"")
    };
    named(text).filter(is_span).map(|(_, name, _)| name).collect()
}

fn table() -> (String, BTreeSet<String>) {
    let text = fs::read_to_string(home().join("TRACES.md")).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let listed = rows.map(str::to_owned).collect();
    (text, listed)
}

#[test]
fn every_attribute_of_a_span_is_listed_and_no_other() {
    let code = code();
    let made: BTreeSet<String> = code.iter().flat_map(|text| attributes_in(text)).collect();
    let recorded: BTreeSet<String> = code.iter().flat_map(|text| recorded_in(text)).collect();
    assert_eq!(recorded.difference(&made).collect::<Vec<_>>(), [""; 0], "recorded on a span that has no such field");
    assert_eq!(made, table().1, "the code's, and those of TRACES.md");
}

#[test]
fn every_span_stands_in_the_tree() {
    let spans: BTreeSet<String> = code().iter().flat_map(|text| spans_in(text)).collect();
    assert!(spans.contains("muster.attempt") && spans.len() > 8, "{spans:?} are all that were found");
    let (text, _) = table();
    let tree = text.split("```").nth(1).unwrap();
    let is_drawn = |span: &&String| tree.lines().any(|line| line.split_whitespace().any(|word| word == span.as_str()));
    let missing: Vec<&String> = spans.iter().filter(|span| !is_drawn(span)).collect();
    assert!(missing.is_empty(), "{missing:?} are not drawn in TRACES.md");
}

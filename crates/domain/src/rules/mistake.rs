//! What is wrong with a rules file, in the words of someone who writes one, and where it stands.

use super::tree::{Key, Tree};
use std::fmt;
use std::ops::Range;

/// Where something stands in a rules file: line and column, both from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

/// Something in a rules file that keeps it from being used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// None for what the file as a whole lacks.
    pub place: Option<Place>,
    /// One line that names the key and its bound.
    pub told: String,
}

/// A key whose value contradicts another's, and how.
#[derive(Debug)]
pub(super) struct Contradiction {
    pub key: Key,
    pub told: String,
}

/// The most alike that a misspelt key may be to one that there is, from 0 to 1, to be taken for it.
const ALIKE: f64 = 0.8;
/// Most characters of a line that are quoted.
const QUOTED_MAX: usize = 80;
/// What the parser calls things, and what a designer calls them.
const WORDS: [(&str, &str); 8] = [
    ("missing field", "lacks the key"),
    ("expected a sequence", "expected a list in [ ]"),
    ("expected a map", "expected a table"),
    ("expected a tuple of size 2", "expected a pair, such as [30, 800]"),
    ("expected usize", "expected a whole number of at least 0"),
    ("expected u64", "expected a whole number of at least 0"),
    ("expected i64", "expected a whole number"),
    ("expected f64", "expected a number"),
];

impl Place {
    /// Of the character that begins at this byte.
    pub(super) fn of(text: &str, byte: usize) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|char| *char != '\n').count() + 1;
        Self { line, column }
    }
}

impl Mistake {
    pub(super) fn at(text: &str, span: &Range<usize>, key: &Key, told: impl fmt::Display) -> Self {
        let place = (!span.is_empty()).then(|| Place::of(text, span.start));
        let told = if key.is_whole() { told.to_string() } else { format!("{key}: {told}") };
        Self { place, told }
    }

    /// What keeps a value from being read.
    pub(super) fn unread(text: &str, key: &Key, error: &toml::de::Error) -> Self {
        Self::at(text, &error.span().unwrap_or(0..0), key, reworded(error.message()))
    }

    /// What a queue's table must hold and does not.
    pub(super) fn lacking(text: &str, name: &str, error: &toml::de::Error) -> Self {
        Self::at(text, &error.span().unwrap_or(0..0), &Key::default(), format!("lacks the key `{name}`"))
    }

    /// What is not TOML at all: it has no key yet, so its line is quoted.
    pub(super) fn syntax(text: &str, error: &toml::de::Error) -> Self {
        let place = Place::of(text, error.span().unwrap_or(0..0).start);
        let line = text.lines().nth(place.line - 1).unwrap_or("").trim();
        let quoted: String = line.chars().take(QUOTED_MAX).collect();
        Self { place: Some(place), told: format!("`{quoted}`: {}", reworded(error.message())) }
    }

    pub(super) fn contradiction(text: &str, tree: &Tree<'_>, contradiction: &Contradiction) -> Self {
        let Contradiction { key, told } = contradiction;
        Self::at(text, &tree.span_of(key), key, told)
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some(Place { line, column }) => write!(f, "line {line}, column {column}: {}", self.told),
            None => write!(f, "{}: see rules/README.md", self.told),
        }
    }
}

fn reworded(message: &str) -> String {
    let told = message.lines().collect::<Vec<_>>().join("; ");
    if told.starts_with("unknown field") {
        return unknown_key(&told);
    }
    WORDS.iter().fold(told, |told, (theirs, ours)| told.replace(theirs, ours))
}

/// The parser quotes the key that it does not know first, then all that it would.
fn unknown_key(told: &str) -> String {
    let mut quoted = told.split('`').skip(1).step_by(2);
    let unknown = quoted.next().unwrap_or_default();
    let known: Vec<&str> = quoted.collect();
    let likeness = |key: &str| strsim::jaro_winkler(unknown, key);
    let nearest = known.iter().copied().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    match nearest.filter(|key| likeness(key) >= ALIKE) {
        Some(key) => format!("unknown key, did you mean `{key}`?"),
        None => format!("unknown key, expected one of {}", known.join(", ")),
    }
}

//! From text to rules, or to all that is wrong with it.

use super::build::build;
use super::contradictions::contradictions;
use super::file::{File, REQUIRED};
use super::mistake::Mistake;
use super::tree::{Key, Tree};
use super::{Rules, RulesError};

/// Most mistakes that are told of one queue, and of a file that is no TOML.
const MISTAKES_MAX: usize = 50;
/// The list that holds a realm's queues.
const QUEUES: &str = "queues";

impl Rules {
    /// Reads the rules of one queue. The error names line, column and key, and says what to write instead.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        let tree = tree(text).map_err(first)?;
        read_queue(text, &tree).map_err(first)
    }

    /// Reads a file that holds one queue, or a realm's queues as `[[queues]]`.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, RulesError> {
        let queues = read_queues(text).map_err(first)?;
        Ok(queues.into_iter().map(|(_, rules)| rules).collect())
    }
}

/// Every queue of a file with the table that declares it, or at least one mistake, in the order of the text.
pub(super) fn read_queues(text: &str) -> Result<Vec<(Tree<'_>, Rules)>, Vec<Mistake>> {
    let (mut queues, mut mistakes) = (Vec::new(), Vec::new());
    for queue in split(text, tree(text)?)? {
        match read_queue(text, &queue) {
            Ok(rules) => queues.push((queue, rules)),
            Err(told) => mistakes.extend(told),
        }
    }
    if mistakes.is_empty() { Ok(queues) } else { Err(mistakes) }
}

fn tree(text: &str) -> Result<Tree<'_>, Vec<Mistake>> {
    Tree::parse(text)
        .map_err(|errors| errors.iter().take(MISTAKES_MAX).map(|error| Mistake::syntax(text, error)).collect())
}

/// The tables of a file that declare a queue each: itself, or those of its list.
fn split<'t>(text: &'t str, file: Tree<'t>) -> Result<Vec<Tree<'t>>, Vec<Mistake>> {
    if !file.names().any(|name| name == QUEUES) {
        return Ok(vec![file]);
    }
    let wrong = |key: Key, told: &str| Mistake::at(text, &file.span_of(&key), &key, told);
    let others = file.names().filter(|name| *name != QUEUES);
    let others: Vec<Mistake> = others.map(|name| wrong(Key::of([name]), "must stand in one of the `queues`")).collect();
    match file.tables(QUEUES).filter(|tables| !tables.is_empty()) {
        Some(tables) if others.is_empty() => Ok(tables),
        Some(_) => Err(others),
        None => Err(vec![wrong(Key::of([QUEUES]), "must be at least one table, each under a line `[[queues]]`")]),
    }
}

fn read_queue(text: &str, tree: &Tree<'_>) -> Result<Rules, Vec<Mistake>> {
    let file = read_file(text, tree)?;
    let contradictions = contradictions(&file);
    if !contradictions.is_empty() {
        return Err(contradictions.iter().map(|one| Mistake::contradiction(text, tree, one)).collect());
    }
    build(file).map_err(|error| vec![Mistake { place: None, told: error.0 }])
}

/// Each value that cannot be read is told and taken out, and the rest is read again: so one mistake does not hide the next.
fn read_file(text: &str, tree: &Tree<'_>) -> Result<File, Vec<Mistake>> {
    let (mut rest, mut taken_out, mut mistakes) = (tree.clone(), Vec::<Key>::new(), Vec::new());
    while mistakes.len() < MISTAKES_MAX {
        let error = match rest.read::<File>() {
            Ok(file) if mistakes.is_empty() => return Ok(file),
            Ok(_) => break,
            Err(error) => error,
        };
        let key = error.span().map(|span| rest.key_at(&span)).unwrap_or_default();
        if key.is_whole() {
            let lacking = REQUIRED.into_iter().filter(|name| !tree.names().any(|there| there == *name));
            mistakes.extend(lacking.map(|name| Mistake::lacking(text, name, &error)));
            break;
        }
        if !taken_out.iter().any(|out| out.is_within(&key)) {
            mistakes.push(Mistake::unread(text, &key, &error));
        }
        rest.take_out(&key);
        taken_out.push(key);
    }
    // What the file as a whole lacks stands on no line: it goes last.
    mistakes.sort_by_key(|mistake| (mistake.place.is_none(), mistake.place));
    Err(mistakes)
}

fn first(mistakes: Vec<Mistake>) -> RulesError {
    RulesError(mistakes.first().map(Mistake::to_string).unwrap_or_default())
}

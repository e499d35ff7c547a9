//! What was found, for programs.

use super::{Checked, place_of};
use domain::{Doubt, Mistake, Place, Review, Term};
use serde_json::{Value, json};
use std::io::{Write, stdout};

pub fn print(files: &[Checked]) -> anyhow::Result<()> {
    let files: Vec<Value> = files.iter().map(file).collect();
    writeln!(stdout(), "{}", serde_json::to_string_pretty(&json!({ "files": files }))?)?;
    Ok(())
}

fn file(checked: &Checked) -> Value {
    let doubts = |queue: &Review| {
        let name = queue.rules.queue().to_string();
        queue.doubts.iter().map(|(place, doubt)| warning(&name, *place, doubt)).collect::<Vec<_>>()
    };
    json!({
        "file": checked.file.display().to_string(),
        "queues": checked.queues.iter().map(queue).collect::<Vec<_>>(),
        "errors": checked.mistakes.iter().map(error).collect::<Vec<_>>(),
        "warnings": checked.queues.iter().flat_map(doubts).collect::<Vec<_>>(),
    })
}

fn queue(queue: &Review) -> Value {
    let rules = &queue.rules;
    json!({
        "queue": rules.queue().as_str(),
        "version": rules.version().to_string(),
        "teams": rules.team_sizes(),
        "unlimited_ms": rules.unlimited_ms(),
        "longest_wait_ms": rules.longest_wait_ms(),
        "terms": rules.terms().iter().map(term).collect::<Vec<_>>(),
    })
}

fn term(term: &Term) -> Value {
    json!({ "key": term.key, "first": term.first, "last": term.last })
}

fn error(mistake: &Mistake) -> Value {
    let Place { line, column } = place_of(mistake);
    json!({ "line": line, "column": column, "message": mistake.told })
}

fn warning(queue: &str, Place { line, column }: Place, doubt: &Doubt) -> Value {
    json!({
        "line": line, "column": column, "queue": queue,
        "kind": doubt.kind.as_str(), "key": doubt.key(), "message": doubt.told,
    })
}

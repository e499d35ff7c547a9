//! `muster check`: what is wrong with rules files, and what in them can hardly be meant.

mod args;
mod json;
mod lines;

pub use args::Args;

use crate::misuse::Misuse;
use domain::{Mistake, Place, QueueName, Review, Rules};
use std::collections::HashMap;
use std::path::PathBuf;

/// What came of one file: its queues, or what keeps it from being used.
struct Checked {
    file: PathBuf,
    queues: Vec<Review>,
    mistakes: Vec<Mistake>,
}

pub fn run(args: &Args) -> anyhow::Result<()> {
    let texts = sandbox::rules_texts(&args.files).map_err(|error| Misuse::new(error.to_string()))?;
    if texts.is_empty() {
        return Err(Misuse::new("there is no *.toml file where it was to check").into());
    }
    let mut files: Vec<Checked> = texts.into_iter().map(checked).collect();
    tell_repeated(&mut files);
    if args.json {
        json::print(&files)?
    } else {
        lines::print(&files)?
    }
    let mistakes: usize = files.iter().map(|checked| checked.mistakes.len()).sum();
    let doubts: usize = files.iter().flat_map(|checked| &checked.queues).map(|queue| queue.doubts.len()).sum();
    if mistakes > 0 {
        anyhow::bail!("{}: no service would take these files", counted(mistakes, "error"));
    }
    if args.strict && doubts > 0 {
        anyhow::bail!("{}: --strict allows none", counted(doubts, "warning"));
    }
    Ok(())
}

fn checked((file, text): (PathBuf, String)) -> Checked {
    let (queues, mistakes) = match Rules::review(&text) {
        Ok(queues) => (queues, Vec::new()),
        Err(mistakes) => (Vec::new(), mistakes),
    };
    Checked { file, queues, mistakes }
}

/// A queue has one rule set: every further one of its name is a mistake where it is named.
fn tell_repeated(files: &mut [Checked]) {
    let mut first: HashMap<QueueName, PathBuf> = HashMap::new();
    for Checked { file, queues, mistakes } in files {
        for Review { rules, place, .. } in &*queues {
            if let Some(other) = first.get(rules.queue()) {
                let told = format!("queue: {} is declared in {} already", rules.queue(), other.display());
                mistakes.push(Mistake { place: Some(*place), told });
            } else {
                first.insert(rules.queue().clone(), file.clone());
            }
        }
    }
}

/// Where a mistake is shown: what a file as a whole lacks, at its beginning.
fn place_of(mistake: &Mistake) -> Place {
    mistake.place.unwrap_or(Place { line: 1, column: 1 })
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

//! What was found, as compilers say it: one line each, which editors can follow.

use super::{Checked, place_of};
use domain::{Place, Rules, Term};
use std::io::{Write, stdout};

pub fn print(files: &[Checked]) -> anyhow::Result<()> {
    let mut to = stdout().lock();
    for checked in files {
        let file = checked.file.display();
        for mistake in &checked.mistakes {
            let Place { line, column } = place_of(mistake);
            writeln!(to, "{file}:{line}:{column}: error: {}", mistake.told)?;
        }
        if checked.mistakes.is_empty() {
            checked.queues.iter().try_for_each(|queue| writeln!(to, "{file}: {}", summary(&queue.rules)))?;
        }
        for (Place { line, column }, doubt) in checked.queues.iter().flat_map(|queue| &queue.doubts) {
            writeln!(to, "{file}:{line}:{column}: warning: {}: {}", doubt.key(), doubt.told)?;
        }
    }
    Ok(())
}

fn summary(rules: &Rules) -> String {
    let [unlimited_s, longest_wait_s] = [rules.unlimited_ms(), rules.longest_wait_ms()].map(|ms| ms as f64 / 1000.0);
    let terms = rules.terms().iter().map(term).collect::<Vec<_>>().join(", ");
    let binds = if terms.is_empty() { "nothing is priced or limited".to_owned() } else { terms };
    format!(
        "{} {}, {}, any match from {unlimited_s} s, expires at {longest_wait_s} s: {binds}",
        rules.queue(),
        rules.version(),
        teams(rules.team_sizes())
    )
}

/// More teams than one can take in are counted where they are alike.
fn teams(sizes: &[usize]) -> String {
    match sizes {
        [size] => format!("one team of {size}"),
        [first, .., last] if sizes.len() > 4 && sizes.iter().all(|size| size == first) => {
            format!("{} teams of {last}", sizes.len())
        }
        _ => sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join("v"),
    }
}

fn term(term: &Term) -> String {
    let Term { key, first, last } = term;
    if first == last { format!("{key} {first}") } else { format!("{key} {first} to {last}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn teams_are_told_as_players_say_them() {
        let told = [&[1, 1][..], &[1, 4], &[3, 3, 3], &[5], &[3; 20], &[1, 2, 3, 4, 5]].map(teams);
        assert_eq!(told, ["1v1", "1v4", "3v3v3", "one team of 5", "20 teams of 3", "1v2v3v4v5"]);
    }
}

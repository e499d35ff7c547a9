//! Puts before a script what it needs of the library, and nothing else: whatever stands there is run at each call.

use std::collections::BTreeSet;

/// How each part of the library begins, on the left.
const BEGINS: &str = "local ";

struct Part<'a> {
    /// What it declares.
    names: Vec<&'a str>,
    lines: Vec<&'a str>,
}

/// Stand around all of a script: the arguments of each call are in `ARGV` in their turn.
const HEAD: &str = "local together, ARGV = ARGV";
const BEFORE: &str = "return answer_all(together, function()";
const AFTER: &str = "end)";

/// The script `own`, for any number of calls, after the parts of `library` that it names, those that these name, and so on, in the
/// library's order. Without lines that are comments.
pub fn with_prelude(library: &str, own: &str) -> String {
    let parts = parts(library);
    let own: Vec<&str> = [BEFORE].into_iter().chain(code(own)).chain([AFTER]).collect();
    let (mut needed, mut left) = (BTreeSet::new(), own.iter().flat_map(|line| words(line)).collect::<Vec<_>>());
    while let Some(word) = left.pop() {
        for (at, part) in parts.iter().enumerate().filter(|(_, part)| part.names.contains(&word)) {
            if needed.insert(at) {
                left.extend(part.lines.iter().flat_map(|line| words(line)));
            }
        }
    }
    let lines = needed.into_iter().flat_map(|at| parts[at].lines.iter()).chain(&own);
    [&HEAD].into_iter().chain(lines).flat_map(|line| [line, "\n"]).collect()
}

fn parts(library: &str) -> Vec<Part<'_>> {
    let mut parts: Vec<Part<'_>> = Vec::new();
    for line in code(library) {
        match (line.strip_prefix(BEGINS), parts.last_mut()) {
            (Some(declared), _) => parts.push(Part { names: names(declared), lines: vec![line] }),
            (None, Some(part)) => part.lines.push(line),
            (None, None) => {}
        }
    }
    parts
}

/// `function name(…` or `name, name = …`.
fn names(declared: &str) -> Vec<&str> {
    let names = declared.strip_prefix("function ").unwrap_or(declared);
    let end = names.find(['(', '=']).unwrap_or(names.len());
    words(&names[..end]).collect()
}

fn code(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with("--")).collect()
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::with_prelude;

    #[test]
    fn a_script_is_given_what_it_names_and_what_that_names() {
        let library = "-- head\nlocal A, B = 1, 2\n\n-- of one\nlocal function one(x)\n  return A + x\nend\n\
                       local function two() return one(B) end\nlocal other = 'one'\n";
        let around = |parts: &str, own: &str| {
            format!("local together, ARGV = ARGV\n{parts}return answer_all(together, function()\n{own}\nend)\n")
        };
        let parts =
            "local A, B = 1, 2\nlocal function one(x)\n  return A + x\nend\nlocal function two() return one(B) end\n";
        assert_eq!(with_prelude(library, "-- own\nreturn two()\n"), around(parts, "return two()"));
        assert_eq!(with_prelude(library, "return bone"), around("", "return bone"));
    }
}

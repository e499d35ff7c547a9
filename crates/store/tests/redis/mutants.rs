//! Scripts with one check left out each.

use std::ops::Range;

/// A script without one of its checks.
#[derive(Debug)]
pub struct Mutant {
    pub file: &'static str,
    /// The check, and the line it begins on.
    pub check: String,
    pub line: usize,
    /// The whole file without it.
    pub text: String,
}

/// One for each check of the script. A check is: a condition of an `if`, and each of its parts; a `checked`, `digits`, `known` or
/// `placed`; a call that only checks.
pub fn mutants(file: &'static str, text: &str) -> Vec<Mutant> {
    let code = without_comments(text);
    let mut left_out: Vec<(Range<usize>, String)> =
        conditions(&code).into_iter().flat_map(|at| without(&code, at)).collect();
    for (name, value) in [("checked", 0), ("digits", 2), ("known", 1), ("placed", 1)] {
        left_out.extend(calls(&code, name).into_iter().map(|(call, arguments)| {
            let kept = code[arguments[value].clone()].trim().to_owned();
            (call, kept)
        }));
    }
    for name in ["check_queues", "check_return", "given"] {
        left_out.extend(calls(&code, name).into_iter().map(|(call, _)| (call, String::new())));
    }
    let mutant = |(at, instead): (Range<usize>, String)| Mutant {
        file,
        check: words(&code[at.clone()]),
        line: code[..at.start].matches('\n').count() + 1,
        text: format!("{}{instead}{}", &text[..at.start], &text[at.end..]),
    };
    left_out.into_iter().map(mutant).collect()
}

/// Of the same length, so that places are the same.
fn without_comments(text: &str) -> String {
    let blank = |line: &str| match line.find("--") {
        Some(at) => format!("{}{}", &line[..at], " ".repeat(line.len() - at)),
        None => line.to_owned(),
    };
    text.split('\n').map(blank).collect::<Vec<_>>().join("\n")
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where conditions of an `if` or `elseif` stand.
fn conditions(code: &str) -> Vec<Range<usize>> {
    let begins =
        code.match_indices("if ").filter(|(at, _)| !code[..*at].ends_with(|before: char| before.is_alphanumeric()));
    let condition = |(at, begin): (usize, &str)| {
        let start = at + begin.len();
        let length = code[start..].find(" then").expect("an if has a then");
        start..start + length
    };
    begins.map(condition).collect()
}

/// The condition never holds; and one of several that are needed is not, or one of several that are enough is not.
fn without(code: &str, condition: Range<usize>) -> Vec<(Range<usize>, String)> {
    let mut left_out = vec![(condition.clone(), "false".to_owned())];
    let alternatives = split(code, condition, " or ");
    for alternative in &alternatives {
        let needed = split(code, alternative.clone(), " and ");
        if alternatives.len() > 1 {
            left_out.push((alternative.clone(), "false".to_owned()));
        }
        if needed.len() > 1 {
            left_out.extend(needed.into_iter().map(|part| (part, "true".to_owned())));
        }
    }
    left_out
}

/// Parts of a range between these words, outside of brackets. Breaks of lines are as good as blanks.
fn split(code: &str, range: Range<usize>, word: &str) -> Vec<Range<usize>> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, range.start);
    for at in range.clone() {
        match code.as_bytes()[at] {
            b'(' | b'{' | b'[' => depth += 1,
            b')' | b'}' | b']' => depth -= 1,
            b' ' | b'\n' | b',' if depth == 0 && code[at..range.end].replace('\n', " ").starts_with(word) => {
                parts.push(start..at);
                start = at + word.len();
            }
            _ => {}
        }
    }
    parts.push(start..range.end);
    parts
}

/// Where a function is called, and each of its arguments.
fn calls(code: &str, name: &str) -> Vec<(Range<usize>, Vec<Range<usize>>)> {
    let opened = format!("{name}(");
    let found = code.match_indices(&opened).map(|(at, _)| at);
    let called = found.filter(|at| {
        let before = &code[..*at];
        !before.ends_with(|c: char| c.is_alphanumeric() || c == '_') && !before.ends_with("function ")
    });
    called
        .map(|at| {
            let inside = at + opened.len()..closing(code, at + opened.len());
            (at..inside.end + 1, split(code, inside, ", "))
        })
        .collect()
}

/// Where the bracket that was opened before `from` closes.
fn closing(code: &str, from: usize) -> usize {
    let mut depth = 1;
    for (at, letter) in code[from..].char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return from + at;
        }
    }
    panic!("a bracket is never closed")
}

#[test]
fn every_check_is_left_out_once() {
    let text = "local t = checked(key(1, 2), 'set') -- if this then\n\
        if not t or (a and b)\n  or c and d then return digits(k, 'f', t) end\ncheck_queues(t)\n";
    let found: Vec<_> = mutants("some.lua", text).into_iter().map(|mutant| (mutant.line, mutant.check)).collect();
    let expected = [
        (2, "not t or (a and b) or c and d"),
        (2, "not t"),
        (2, "(a and b)"),
        (3, "c and d"),
        (3, "c"),
        (3, "d"),
        (1, "checked(key(1, 2), 'set')"),
        (3, "digits(k, 'f', t)"),
        (4, "check_queues(t)"),
    ];
    assert_eq!(found, expected.map(|(line, check)| (line, check.to_owned())));
    let texts: Vec<_> = mutants("some.lua", text).into_iter().map(|mutant| mutant.text).collect();
    assert!(
        texts[1].contains("if false or (a and b)\n") && texts[6].starts_with("local t = key(1, 2) --"),
        "{texts:?}"
    );
}

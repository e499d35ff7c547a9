//! The places in scripts where Redis is called, and which of them a script may come to.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use store::Scripts;

const LIB: &str = "lib.lua";
/// Stands before the library: has Redis say that a site was come to.
const AT: &str = "local function come_to(site, what) redis.call('ECHO', site) return what end\n";
/// What calls Redis, and what does it with a key that it is given: where that is done counts, too.
const CALLS: [&str; 6] = ["redis.call(", "redis.pcall(", "checked(", "read_hash(", "read_string(", "strike("];

/// Scripts in which each call is told of, by an `ECHO` of its site, right before it is made.
pub fn telling() -> &'static Scripts {
    Scripts::changed(|file, text| {
        let mut told = text.to_owned();
        for (at, site) in sites(file, text).into_iter().rev() {
            let name = text[at..].split(['.', '(']).next().unwrap();
            told.replace_range(at..at + name.len(), &format!("come_to('{site}', {name})"));
        }
        if file == LIB { AT.to_owned() + &told } else { told }
    })
}

/// Where each of them begins, and its name.
fn sites(file: &str, text: &str) -> Vec<(usize, String)> {
    let mut begins: Vec<usize> = CALLS.iter().flat_map(|call| text.match_indices(call).map(|(at, _)| at)).collect();
    begins.retain(|at| {
        let line = text[..*at].rsplit('\n').next().unwrap();
        !line.contains("--") && !line.ends_with("function ") && !line.ends_with(is_of_name)
    });
    begins.sort_unstable();
    let name = |at: usize| {
        let before = &text[..at];
        let column = at - before.rfind('\n').map_or(0, |end| end + 1);
        format!("{file}:{}:{}", before.matches('\n').count() + 1, column + 1)
    };
    begins.into_iter().map(|at| (at, name(at))).collect()
}

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// For each script all sites that it may come to, by its own text and the functions of the library that this names.
pub fn reachable() -> BTreeMap<String, BTreeSet<String>> {
    let files = std::cell::RefCell::new(BTreeMap::new());
    Scripts::changed(|file, text| {
        files.borrow_mut().insert(file.to_owned(), text);
        text.to_owned()
    });
    let mut files = files.into_inner();
    let functions = functions(files.remove(LIB).unwrap());
    let of_file = |(file, text): (String, &str)| {
        let own = Body::of(&file, text, 0..text.len());
        (file.trim_end_matches(".lua").to_owned(), own.reaches(&functions))
    };
    files.into_iter().map(of_file).collect()
}

struct Body {
    text: String,
    sites: BTreeSet<String>,
}

impl Body {
    /// Of a part of the file.
    fn of(file: &str, text: &str, part: Range<usize>) -> Self {
        let here = sites(file, text).into_iter().filter(|(at, _)| part.contains(at));
        let code = text[part.clone()].lines().map(|line| line.split("--").next().unwrap());
        Self { sites: here.map(|(_, site)| site).collect(), text: code.collect::<Vec<_>>().join("\n") }
    }

    fn reaches(&self, functions: &BTreeMap<String, Body>) -> BTreeSet<String> {
        let (mut reached, mut left, mut known) = (BTreeSet::new(), vec![self], BTreeSet::new());
        while let Some(body) = left.pop() {
            reached.extend(body.sites.iter().cloned());
            let called = functions.iter().filter(|(name, _)| names(&body.text, name));
            left.extend(called.filter(|(name, _)| known.insert((*name).clone())).map(|(_, body)| body));
        }
        reached
    }
}

/// Whether the text has this very name.
fn names(text: &str, name: &str) -> bool {
    let is_alone = |at: usize| !text[..at].ends_with(is_of_name) && !text[at + name.len()..].starts_with(is_of_name);
    text.match_indices(name).any(|(at, _)| is_alone(at))
}

/// The functions of the library, each from its head to the end that stands on the left, or on the same line.
fn functions(text: &str) -> BTreeMap<String, Body> {
    let heads = text.match_indices("\nlocal function ").map(|(at, head)| (at, at + head.len()));
    heads
        .map(|(at, name)| {
            let line = name + text[name..].find('\n').unwrap();
            let end = if text[..line].ends_with(" end") { line } else { at + text[at..].find("\nend\n").unwrap() };
            let name = text[name..].split('(').next().unwrap();
            (name.to_owned(), Body::of(LIB, text, at..end))
        })
        .collect()
}

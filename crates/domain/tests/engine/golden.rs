//! Whole answers of the engine, kept as pages to read: `tests/golden/*.md`. `MUSTER_BLESS=1 cargo test -p domain golden` writes them anew;
//! what changed then shows in the diff.

mod scenario;
mod transcript;

use scenario::Scenario;
use std::fs;
use std::path::{Path, PathBuf};

/// Set to anything, makes the pages say what the engine says.
const BLESS: &str = "MUSTER_BLESS";

/// The fences of a page: what is asked, and what came of it.
const ASKED: &str = "```toml\n";
const CAME: &str = "```text\n";
const END: &str = "```\n";

#[test]
fn golden_pages_say_what_the_engine_says() {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut paths: Vec<PathBuf> = fs::read_dir(pages).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    let untrue: Vec<String> = paths.iter().filter_map(|path| settle(path)).collect();
    assert!(untrue.is_empty(), "{}\nright as they are? {BLESS}=1 cargo test -p domain golden", untrue.join("\n"));
}

/// Where the page first says something else than the engine; nowhere once it is blessed.
fn settle(path: &Path) -> Option<String> {
    let page = fs::read_to_string(path).unwrap();
    let renewed = renewed(&page).unwrap_or_else(|| panic!("{}: lacks a fence of toml or of text", path.display()));
    if std::env::var_os(BLESS).is_some() {
        fs::write(path, &renewed).unwrap();
        return None;
    }
    let (said, says) = (page.lines().chain([""]), renewed.lines().chain([""]));
    let differs = said.zip(says).enumerate().find(|(_, (said, says))| said != says);
    differs.map(|(at, (said, says))| format!("{}:{}\n  page   {said}\n  engine {says}", path.display(), at + 1))
}

/// The page with the transcript that the engine gives of what it asks.
fn renewed(page: &str) -> Option<String> {
    let (before, rest) = page.split_once(CAME)?;
    let (_, after) = rest.split_once(END)?;
    let asked: Vec<&str> = before.split(ASKED).skip(1).map(|block| block.split(END).next().unwrap()).collect();
    let scenario = match asked[..] {
        [range] => Scenario::of_shipped_rules(range),
        [rules, range] => Scenario::new(rules, range),
        _ => return None,
    };
    Some(format!("{before}{CAME}{}{END}{after}", transcript::of(&scenario)))
}

//! Counts as they are committed, and how others stand to them.

use crate::{BLESS, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::process::Command;

/// How far a count may be from the committed one, in percent. The same build differs by far less (README.md).
const APART_PERCENT_MAX: f64 = 3.0;

const HEAD: &str =
    "# Instructions of each path, as README.md says. MUSTER_BLESS=1 cargo run --profile counted --locked -p hotpaths";

/// What was counted of one build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// With what: another compiler makes other instructions of the same source, and another libc copies bytes in another way.
    pub tools: String,
    pub paths: BTreeMap<String, u64>,
}

/// The tools that are found here, which made this program and run it.
pub fn tools() -> Result<String> {
    let compiler = said(Command::new("rustc").arg("-vV"))?;
    let of = |key: &str| compiler.lines().find_map(|line| line.strip_prefix(key)).map_or("", str::trim);
    let (release, host) = (of("release:"), of("host:"));
    let libc = said(Command::new("getconf").arg("GNU_LIBC_VERSION"))?;
    let valgrind = said(Command::new("valgrind").arg("--version"))?;
    Ok(format!("rustc {release} for {host}, {}, {}", libc.trim(), valgrind.trim()))
}

fn said(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{program} (tests/run installs what is needed): {error}"))?;
    Ok(String::from_utf8(output.stdout)?)
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEAD}\n{}", self.tools)?;
        self.paths.iter().try_for_each(|(name, count)| writeln!(f, "{count:>10} {name}"))
    }
}

impl Counts {
    pub fn parse(text: &str) -> Result<Self> {
        let mut lines = text.lines().filter(|line| !line.starts_with('#'));
        let tools = lines.next().ok_or("no tools are named")?.to_owned();
        let path = |line: &str| {
            let (count, name) = line.trim().split_once(' ').ok_or_else(|| format!("not a count and a name: {line}"))?;
            Ok((name.to_owned(), count.parse()?))
        };
        Ok(Self { tools, paths: lines.map(path).collect::<Result<_>>()? })
    }

    pub fn against(&self, before: &Self) -> Verdict {
        let names: BTreeSet<&String> = self.paths.keys().chain(before.paths.keys()).collect();
        let path = |name: &String| Compared {
            name: name.clone(),
            before: before.paths.get(name).copied(),
            now: self.paths.get(name).copied(),
        };
        let tools = (self.tools != before.tools).then(|| (before.tools.clone(), self.tools.clone()));
        Verdict { paths: names.into_iter().map(path).collect(), tools }
    }
}

/// A path in both counts, or in one.
struct Compared {
    name: String,
    before: Option<u64>,
    now: Option<u64>,
}

/// How counts stand to those that are committed.
pub struct Verdict {
    paths: Vec<Compared>,
    /// Those of before and those of now, where they are not the same.
    tools: Option<(String, String)>,
}

impl Compared {
    /// How much more it takes now; none where it was not counted both times.
    fn apart_percent(&self) -> Option<f64> {
        let (before, now) = (self.before? as f64, self.now? as f64);
        Some(100.0 * (now - before) / before)
    }

    fn is_held(&self) -> bool {
        self.apart_percent().is_some_and(|percent| percent.abs() <= APART_PERCENT_MAX)
    }
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.is_held() { ' ' } else { '!' };
        let count = |count: Option<u64>| count.map_or_else(|| "none".to_owned(), |count| count.to_string());
        let percent = self.apart_percent().map(|percent| format!("{percent:+.2} %")).unwrap_or_default();
        write!(f, "{mark} {:>10} {:>10} {percent:>11}  {}", count(self.before), count(self.now), self.name)
    }
}

impl Verdict {
    /// Counts that were made by other tools say nothing, so they break nothing.
    pub fn is_held(&self) -> bool {
        self.tools.is_some() || self.paths.iter().all(Compared::is_held)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  {:>10} {:>10} {:>11}  instructions of", "before", "now", "apart")?;
        self.paths.iter().try_for_each(|path| writeln!(f, "{path}"))?;
        let accept = format!("{BLESS}=1 cargo run --profile counted --locked -p hotpaths");
        if let Some((before, now)) = &self.tools {
            return writeln!(
                f,
                "\nNot compared: the committed counts are by {before},\nthese by {now}, which is something else.\n\
                 Where the tools change, `{accept}` on the same source, and commit the file with them."
            );
        }
        let broken = self.paths.iter().filter(|path| !path.is_held()).count();
        if broken == 0 {
            return writeln!(f, "\nAll within {APART_PERCENT_MAX} % of what is committed.");
        }
        writeln!(
            f,
            "\n{broken} marked `!` are not within {APART_PERCENT_MAX} % of crates/hotpaths/instructions.txt.\n\
             Fewer, or more and worth it: `{accept}`, and commit that file with the reason.\n\
             Where they go: crates/hotpaths/README.md says how to see it."
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(paths: &[(&str, u64)]) -> Counts {
        let paths = paths.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        Counts { tools: "rustc 1.95.0".into(), paths }
    }

    #[test]
    fn what_is_written_is_read_as_it_was() {
        let written = counts(&[("window/1,000 of duel", 1_234_567), ("party/encode 1", 89)]);
        assert_eq!(Counts::parse(&written.to_string()).unwrap(), written);
    }

    #[test]
    fn a_file_that_is_none_is_refused_with_its_line() {
        for (text, told) in [("", "no tools"), ("rustc\n12", "12"), ("rustc\nmany party", "invalid digit")] {
            let error = Counts::parse(text).unwrap_err().to_string();
            assert!(error.contains(told), "{error} should tell {told}");
        }
    }

    #[test]
    fn a_path_may_be_as_far_from_its_count_as_is_allowed_and_no_farther() {
        for (now, is_held) in [(1_000, true), (1_030, true), (970, true), (1_031, false), (969, false)] {
            let verdict = counts(&[("a", now)]).against(&counts(&[("a", 1_000)]));
            assert_eq!(verdict.is_held(), is_held, "{verdict}");
        }
    }

    #[test]
    fn a_failure_tells_which_path_how_much_and_how_to_accept_it() {
        let verdict = counts(&[("a", 1_100), ("b", 5)]).against(&counts(&[("a", 1_000), ("b", 5)])).to_string();
        assert!(verdict.contains("!       1000       1100    +10.00 %  a\n"), "{verdict}");
        assert!(verdict.contains("          5          5     +0.00 %  b\n"), "{verdict}");
        assert!(verdict.contains("`MUSTER_BLESS=1 cargo run --profile counted --locked -p hotpaths`"), "{verdict}");
    }

    #[test]
    fn a_path_that_was_not_counted_both_times_is_no_pass() {
        let (both, one) = (counts(&[("a", 1), ("b", 2)]), counts(&[("a", 1)]));
        for verdict in [both.against(&one), one.against(&both)] {
            assert!(!verdict.is_held());
            assert!(verdict.to_string().contains("none"), "{verdict}");
        }
    }

    #[test]
    fn counts_by_other_tools_are_told_and_not_judged() {
        let now = Counts { tools: "rustc 1.96.0".into(), ..counts(&[("a", 2)]) };
        let verdict = now.against(&counts(&[("a", 1)]));
        assert!(verdict.is_held());
        assert!(verdict.to_string().contains("by rustc 1.95.0,\nthese by rustc 1.96.0,"), "{verdict}");
    }
}

use domain::{RuleSet, Rules, RulesError};
use std::path::{Path, PathBuf};

/// The rules of the two queues that come with Muster: `duel` and `teams-5v5`.
const BUILT_IN: [&str; 2] = [include_str!("../../../rules/duel.toml"), include_str!("../../../rules/teams-5v5.toml")];

/// Why rules could not be loaded: the file, and what is wrong with it.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", path.display())]
pub struct RulesFileError {
    pub path: PathBuf,
    pub why: String,
}

/// The rules that come with Muster.
pub fn built_in_rules() -> Result<RuleSet, RulesError> {
    RuleSet::try_new(BUILT_IN.into_iter().map(Rules::parse).collect::<Result<_, _>>()?)
}

/// The rules in `paths`: files, or directories whose `*.toml` files are taken in order of name.
pub fn load_rules(paths: &[PathBuf]) -> Result<RuleSet, RulesFileError> {
    let mut rules = Vec::new();
    for path in paths {
        for file in files(path).map_err(|error| at(path, error))? {
            let text = std::fs::read_to_string(&file).map_err(|error| at(&file, error))?;
            rules.extend(Rules::parse_all(&text).map_err(|error| at(&file, error))?);
        }
    }
    let shown = paths.first().map_or(Path::new("--rules"), PathBuf::as_path);
    RuleSet::try_new(rules).map_err(|error| at(shown, error))
}

fn files(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path()));
    let mut files: Vec<PathBuf> = entries.collect::<Result<_, _>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    Ok(files)
}

fn at(path: &Path, why: impl std::fmt::Display) -> RulesFileError {
    RulesFileError { path: path.to_owned(), why: why.to_string() }
}

use domain::{RuleSet, Rules};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Longest rules file, in bytes: it is read again each second.
const FILE_BYTES_MAX: usize = 1 << 20;
/// Most rules files of one realm.
const FILES_MAX: usize = 1_000;

/// Why rules could not be loaded: the file, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {why}", path.display())]
pub struct RulesFileError {
    pub path: PathBuf,
    pub why: String,
}

/// Rules files as they stood when they were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RulesFiles {
    /// What is named where no one file is at fault.
    shown: PathBuf,
    texts: Vec<(PathBuf, String)>,
}

/// The rules in `paths`: files, or directories whose `*.toml` files are taken in order of name.
pub fn load_rules(paths: &[PathBuf]) -> Result<RuleSet, RulesFileError> {
    RulesFiles::read(paths)?.parse()
}

/// What the files in `paths` say, each by its name: files, or directories whose `*.toml` files are taken in order of name.
pub fn rules_texts(paths: &[PathBuf]) -> Result<Vec<(PathBuf, String)>, RulesFileError> {
    RulesFiles::read(paths).map(|files| files.texts)
}

impl RulesFiles {
    pub fn read(paths: &[PathBuf]) -> Result<Self, RulesFileError> {
        let shown = paths.first().map_or(Path::new("--rules"), PathBuf::as_path).to_owned();
        let mut texts = Vec::new();
        for path in paths {
            for file in files(path).map_err(|error| at(path, error))? {
                if texts.len() == FILES_MAX {
                    return Err(at(path, format!("makes more than {FILES_MAX} rules files in all")));
                }
                let text = rules_text(&file)?;
                texts.push((file, text));
            }
        }
        Ok(Self { shown, texts })
    }

    pub fn parse(&self) -> Result<RuleSet, RulesFileError> {
        let mut rules = Vec::new();
        for (file, text) in &self.texts {
            rules.extend(Rules::parse_all(text).map_err(|error| at(file, error))?);
        }
        RuleSet::try_new(rules).map_err(|error| at(&self.shown, error))
    }
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

/// What a rules file says. Errors when it cannot be read, is a directory or a pipe, or has more than 1 MiB.
pub fn rules_text(file: &Path) -> Result<String, RulesFileError> {
    let mut text = String::new();
    // Opening a pipe waits for whoever writes to it.
    if !file.metadata().map_err(|error| at(file, error))?.is_file() {
        return Err(at(file, "must be a regular file"));
    }
    let opened = File::open(file).map_err(|error| at(file, error))?;
    opened.take(FILE_BYTES_MAX as u64 + 1).read_to_string(&mut text).map_err(|error| at(file, error))?;
    if text.len() > FILE_BYTES_MAX {
        return Err(at(file, format!("must have at most {FILE_BYTES_MAX} bytes")));
    }
    Ok(text)
}

fn at(path: &Path, why: impl std::fmt::Display) -> RulesFileError {
    RulesFileError { path: path.to_owned(), why: why.to_string() }
}

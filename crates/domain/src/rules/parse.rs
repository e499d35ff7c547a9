//! From text to rules: what a file's values can get wrong together, and the one line that says so.

use super::build::{build, role_tables};
use super::file::{File, RealmFile};
use super::{Rules, RulesError};
use crate::RegionName;
use crate::limits::{NAME_BYTES_MAX, PARTY_PLAYERS_MAX};
use std::collections::HashSet;
use std::fmt::Display;
use std::hash::Hash;
use std::ops::Range;
use toml::Spanned;

/// Most players in one match.
const MATCH_PLAYERS_MAX: usize = 100;
/// Most names in any one list: regions, roles or attributes.
const NAMES_MAX: usize = 64;

/// A mistake and the bytes of the file that hold it.
type Mistake = (Range<usize>, String);

impl Rules {
    /// Reads the rules of one queue. The error names line and column, quotes the line, and says what to write instead.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        checked(text, toml::from_str(text).map_err(|error| misread(text, &error))?)
    }

    /// Reads a file that holds one queue, or a realm's queues as `[[queues]]`.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, RulesError> {
        let holds_many = toml::from_str::<toml::Table>(text).is_ok_and(|table| table.contains_key("queues"));
        if !holds_many {
            return Ok(vec![Self::parse(text)?]);
        }
        let realm: RealmFile = toml::from_str(text).map_err(|error| misread(text, &error))?;
        realm.queues.into_iter().map(|file| checked(text, file)).collect()
    }
}

fn checked(text: &str, file: File) -> Result<Rules, RulesError> {
    check(&file).map_err(|mistake| located(text, mistake))?;
    build(file)
}

fn check(file: &File) -> Result<(), Mistake> {
    check_teams(&file.teams)?;
    check_names("regions", &file.regions)?;
    check_names("equal", &file.equal)?;
    check_attributes("equal", &file.equal)?;
    check_roles(file)?;
    check_sets(file)?;
    check_limits(file)?;
    check_patience(file)
}

/// What the parser says, in the words of someone who writes a file.
fn misread(text: &str, error: &toml::de::Error) -> RulesError {
    let told = error.message().lines().collect::<Vec<_>>().join("; ");
    let told = told
        .replace("missing field", "lacks the key")
        .replace("expected a sequence", "expected a list, such as [5, 5]");
    match error.span() {
        Some(span) if span.start > 0 => located(text, (span, told)),
        // A key that the file as a whole lacks is on no line.
        _ => RulesError(format!("{told}: see rules/README.md")),
    }
}

fn check_teams(teams: &Spanned<Vec<usize>>) -> Result<(), Mistake> {
    let sizes = teams.get_ref();
    let wrong = |must: String| Err((teams.span(), format!("`teams` {must}")));
    if sizes.contains(&0) {
        return wrong("must not hold an empty team: write each team's number of players".into());
    }
    if let Some(size) = sizes.iter().find(|size| **size > PARTY_PLAYERS_MAX) {
        return wrong(format!("must hold teams of at most {PARTY_PLAYERS_MAX} players, holds one of {size}"));
    }
    let players = sizes.iter().sum::<usize>();
    if !(1..=MATCH_PLAYERS_MAX).contains(&players) {
        return wrong(format!("must sum to 1 to {MATCH_PLAYERS_MAX} players, sums to {players}"));
    }
    Ok(())
}

fn check_names<T: Eq + Hash + Display>(key: &str, names: &Spanned<Vec<T>>) -> Result<(), Mistake> {
    let list = names.get_ref();
    if list.len() > NAMES_MAX {
        return Err((names.span(), format!("`{key}` must hold at most {NAMES_MAX} names, holds {}", list.len())));
    }
    let mut seen = HashSet::new();
    match list.iter().find(|name| !seen.insert(*name)) {
        Some(twice) => Err((names.span(), format!("`{key}` names {twice} twice: remove one"))),
        None => Ok(()),
    }
}

fn check_attributes(key: &str, names: &Spanned<Vec<String>>) -> Result<(), Mistake> {
    // An attribute's name obeys the same rule as every other name, see `Player::check`.
    let odd = names.get_ref().iter().find(|name| RegionName::parse("equal", name).is_err());
    odd.map_or(Ok(()), |name| {
        let must = format!("must have 1 to {NAME_BYTES_MAX} ASCII letters, digits or _ - . : @");
        Err((names.span(), format!("`{key}` holds the name {name:?}, which {must}")))
    })
}

fn check_patience(file: &File) -> Result<(), Mistake> {
    let Some(unlimited_s) = &file.patience.unlimited_s else { return Ok(()) };
    if *unlimited_s.get_ref() < file.longest_wait_s {
        return Ok(());
    }
    let must = format!("must be less than `longest_wait_s` ({}), so that nobody starves", file.longest_wait_s);
    Err((unlimited_s.span(), format!("`unlimited_s` {must}, is {}", unlimited_s.get_ref())))
}

fn check_roles(file: &File) -> Result<(), Mistake> {
    let Some(roles) = &file.roles else { return Ok(()) };
    let wrong = |told: String| Err((roles.span(), format!("`roles` {told}")));
    let teams = file.teams.get_ref();
    let per_team = role_tables(roles.get_ref(), teams.len());
    if per_team.len() != teams.len() {
        return wrong(format!("must hold one table for each of {} teams, holds {}", teams.len(), per_team.len()));
    }
    for (table, size) in per_team.iter().zip(teams) {
        let seats = table.values().fold(0usize, |sum, seats| sum.saturating_add(*seats));
        if seats != *size {
            return wrong(format!("must seat the {size} players of a team, seat {seats}"));
        }
    }
    Ok(())
}

fn check_sets(file: &File) -> Result<(), Mistake> {
    for (name, members) in &file.sets {
        check_names(&format!("sets.{name}"), members)?;
        check_attributes(&format!("sets.{name}"), members)?;
        if members.get_ref().is_empty() {
            return Err((members.span(), format!("`sets.{name}` must hold at least one member")));
        }
    }
    Ok(())
}

/// A name under `[limit]` that nothing declares is on no line of its own that the parser still knows.
fn check_limits(file: &File) -> Result<(), Mistake> {
    let unknown = file.limit.overlap.keys().find(|name| !file.sets.contains_key(*name));
    unknown.map_or(Ok(()), |name| {
        let told = format!("`limit.overlap` names the set {name}, which `[sets]` does not declare");
        Err((file.teams.span(), told))
    })
}

/// One line: where, the line as it stands, and what is wrong with it.
fn located(text: &str, (span, told): Mistake) -> RulesError {
    let before = text.get(..span.start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|char| *char != '\n').count() + 1;
    let quoted = text.lines().nth(line - 1).unwrap_or("").trim();
    RulesError(format!("line {line}, column {column}: `{quoted}`: {told}"))
}

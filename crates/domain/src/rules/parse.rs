//! From text to rules: what a file's values can get wrong together, and the one line that says so.

use super::file::File;
use super::ramp::Ramp;
use super::{Limits, Patience, Prices, Reach, Rules, RulesError};
use crate::limits::{NAME_BYTES_MAX, PARTY_PLAYERS_MAX};
use crate::{RegionName, RulesVersion};
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
    /// Reads one rules file. The error names line and column, quotes the line, and says what to write instead.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        let file: File = toml::from_str(text).map_err(|error| misread(text, &error))?;
        check_teams(&file.teams).map_err(|mistake| located(text, mistake))?;
        check_names("regions", &file.regions).map_err(|mistake| located(text, mistake))?;
        check_names("roles", &file.roles).map_err(|mistake| located(text, mistake))?;
        check_names("equal", &file.equal).map_err(|mistake| located(text, mistake))?;
        check_attributes(&file.equal).map_err(|mistake| located(text, mistake))?;
        check_patience(&file).map_err(|mistake| located(text, mistake))?;
        build(file)
    }
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

fn check_attributes(names: &Spanned<Vec<String>>) -> Result<(), Mistake> {
    // An attribute's name obeys the same rule as every other name, see `Player::check`.
    let odd = names.get_ref().iter().find(|name| RegionName::parse("equal", name).is_err());
    odd.map_or(Ok(()), |name| {
        let must = format!("must have 1 to {NAME_BYTES_MAX} ASCII letters, digits or _ - . : @");
        Err((names.span(), format!("`equal` holds the name {name:?}, which {must}")))
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

fn build(file: File) -> Result<Rules, RulesError> {
    // The version is that of the parsed content with its defaults: comments, spaces and the order of keys do not change it.
    let content = toml::to_string(&file).map_err(|error| RulesError(format!("cannot be written back: {error}")))?;
    let unlimited_ms = match &file.patience.unlimited_s {
        Some(unlimited_s) => unlimited_s.get_ref() * 1000,
        None => file.longest_wait_s * 800,
    };
    let endless = Ramp::new(f64::INFINITY, 0.0, f64::INFINITY);
    Ok(Rules {
        version: RulesVersion::of(&content),
        queue: file.queue,
        team_sizes: file.teams.into_inner(),
        longest_wait_ms: file.longest_wait_s * 1000,
        longest_match_ms: file.longest_match_s * 1000,
        regions: file.regions.into_inner(),
        roles: file.roles.into_inner(),
        equal: file.equal.into_inner(),
        prices: Prices {
            rating_gap: file.price.rating_gap,
            rating_spread: file.price.rating_spread,
            rtt: file.price.rtt,
            rtt_free_ms: file.price.rtt_free_ms,
        },
        limits: Limits {
            rating_gap: file.limit.rating_gap.unwrap_or(endless),
            rating_range: file.limit.rating_range.unwrap_or(endless),
            rtt_ms: file.limit.rtt_ms.unwrap_or(endless),
        },
        patience: Patience {
            start_s: file.patience.start_s,
            per_s: file.patience.per_s,
            seconds_per_try: file.patience.seconds_per_try,
            unlimited_ms,
        },
        reach: Reach {
            width_max: file.look.width_max,
            rating_start: file.look.rating.start,
            rating_factor: file.look.rating.factor,
            again_ms: file.look.again_ms,
        },
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

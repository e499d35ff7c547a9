//! From text to rules: what a file's values can get wrong together, and the one line that says so.

use super::file::{File, Limit, Price, RealmFile, RoleSeats};
use super::ramp::Ramp;
use super::{Limits, Patience, Prices, Reach, Roles, Rules, RulesError};
use crate::limits::{NAME_BYTES_MAX, PARTY_PLAYERS_MAX};
use crate::{RegionName, RoleName, RulesVersion};
use std::collections::{BTreeMap, BTreeSet, HashSet};
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
        let file: File = toml::from_str(text).map_err(|error| misread(text, &error))?;
        check(&file).map_err(|mistake| located(text, mistake))?;
        build(file)
    }

    /// Reads a file that holds one queue, or a realm's queues as `[[queues]]`.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, RulesError> {
        let holds_many = toml::from_str::<toml::Table>(text).is_ok_and(|table| table.contains_key("queues"));
        if !holds_many {
            return Ok(vec![Self::parse(text)?]);
        }
        let realm: RealmFile = toml::from_str(text).map_err(|error| misread(text, &error))?;
        let one = |file: File| {
            check(&file).map_err(|mistake| located(text, mistake))?;
            build(file)
        };
        realm.queues.into_iter().map(one).collect()
    }
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

fn role_tables(roles: &RoleSeats, teams: usize) -> Vec<&BTreeMap<RoleName, usize>> {
    match roles {
        RoleSeats::Alike(table) => vec![table; teams],
        RoleSeats::PerTeam(tables) => tables.iter().collect(),
    }
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

fn build(file: File) -> Result<Rules, RulesError> {
    // The version is that of the parsed content with its defaults: comments, spaces and the order of keys do not change it.
    let content = toml::to_string(&file).map_err(|error| RulesError(format!("cannot be written back: {error}")))?;
    let unlimited_ms = match &file.patience.unlimited_s {
        Some(unlimited_s) => unlimited_s.get_ref() * 1000,
        None => file.longest_wait_s * 800,
    };
    let roles = roles(file.roles.as_ref().map(Spanned::get_ref), file.teams.get_ref().len());
    Ok(Rules {
        version: RulesVersion::of(&content),
        queue: file.queue,
        team_sizes: file.teams.into_inner(),
        longest_wait_ms: file.longest_wait_s * 1000,
        longest_match_ms: file.longest_match_s * 1000,
        regions: file.regions.into_inner(),
        roles,
        equal: file.equal.into_inner(),
        limits: limits(file.limit, &file.sets),
        sets: file.sets.into_iter().map(|(name, members)| (name, members.into_inner())).collect(),
        rating_scale: file.rating_scale,
        prices: prices(&file.price),
        patience: Patience {
            fixed_s: file.patience.start_s,
            least_s: file.patience.least_s,
            most_s: file.patience.most_s.unwrap_or(f64::INFINITY),
            per_s: file.patience.per_s,
            after_s: file.patience.after_s,
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

fn prices(file: &Price) -> Prices {
    Prices {
        rating_gap: file.rating_gap,
        win_probability: file.win_probability,
        rating_spread: file.rating_spread,
        rtt: file.rtt,
        rtt_free_ms: file.rtt_free_ms,
        rtt_free_over_best_ms: file.rtt_free_over_best_ms,
        rtt_difference: file.rtt_difference,
        off_role: file.off_role,
        party_size: file.party_size,
        rematch: file.rematch,
    }
}

fn limits(file: Limit, sets: &BTreeMap<String, Spanned<Vec<String>>>) -> Limits {
    let endless = || Ramp::constant(f64::INFINITY);
    let set_at = |name: &String| sets.keys().position(|set| set == name);
    Limits {
        rating_gap: file.rating_gap.unwrap_or_else(endless),
        rating_range: file.rating_range.unwrap_or_else(endless),
        // A bound above the best alone would bind nobody if every round trip were allowed beside it.
        rtt_ms: file
            .rtt_ms
            .unwrap_or_else(|| file.rtt_over_best_ms.as_ref().map_or_else(endless, |_| Ramp::constant(0.0))),
        rtt_over_best_ms: file.rtt_over_best_ms,
        off_roles: file.off_roles.unwrap_or_else(endless),
        party_size: file.party_size.unwrap_or_else(endless),
        numbers: file.number.into_iter().map(|(name, ramp)| (name, ramp.0)).collect(),
        overlaps: file.overlap.into_iter().filter_map(|(name, ramp)| Some((set_at(&name)?, ramp.0))).collect(),
        same_until_ms: file
            .same_until_s
            .into_iter()
            .map(|(name, until_s)| (name, until_s.saturating_mul(1000)))
            .collect(),
        avoided_until_ms: file.avoided_until_s.map_or(u64::MAX, |until_s| until_s.saturating_mul(1000)),
    }
}

fn roles(file: Option<&RoleSeats>, teams: usize) -> Roles {
    let tables = file.map_or_else(Vec::new, |file| role_tables(file, teams));
    let names: Vec<RoleName> =
        tables.iter().flat_map(|table| table.keys()).cloned().collect::<BTreeSet<_>>().into_iter().collect();
    let seats =
        |table: &&BTreeMap<RoleName, usize>| names.iter().map(|name| table.get(name).copied().unwrap_or(0)).collect();
    Roles { seats: tables.iter().map(seats).collect(), names }
}

/// One line: where, the line as it stands, and what is wrong with it.
fn located(text: &str, (span, told): Mistake) -> RulesError {
    let before = text.get(..span.start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|char| *char != '\n').count() + 1;
    let quoted = text.lines().nth(line - 1).unwrap_or("").trim();
    RulesError(format!("line {line}, column {column}: `{quoted}`: {told}"))
}

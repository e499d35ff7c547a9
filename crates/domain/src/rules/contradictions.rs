//! What the values of a rules file get wrong together, and what no single value's type can refuse.

use super::build::role_tables;
use super::file::File;
use super::mistake::Contradiction;
use super::tree::Key;
use crate::RegionName;
use crate::limits::{NAME_BYTES_MAX, PARTY_PLAYERS_MAX};
use std::collections::HashSet;
use std::fmt::Display;
use std::hash::Hash;

/// Most players in one match.
const MATCH_PLAYERS_MAX: usize = 100;
/// Most names in any one list or table: regions, roles, sets or attributes.
const NAMES_MAX: usize = 64;

type Checked = Result<(), Contradiction>;

/// All of them; a file without any can be used.
pub(super) fn contradictions(file: &File) -> Vec<Contradiction> {
    let lists = [
        teams(&file.teams),
        names(Key::of(["regions"]), &file.regions),
        names(Key::of(["equal"]), &file.equal),
        attributes(Key::of(["equal"]), &file.equal),
        roles(file),
        unlimited(file),
        acknowledge(file),
        count(Key::of(["sets"]), file.sets.len()),
        count(Key::of(["limit", "overlap"]), file.limit.overlap.len()),
        count(Key::of(["limit", "number"]), file.limit.number.len()),
        count(Key::of(["limit", "same_until_s"]), file.limit.same_until_s.len()),
    ];
    let sets = file.sets.iter().map(|(name, members)| set(name, members));
    let overlaps = file.limit.overlap.keys().map(|name| overlap(file, name));
    let numbers = file.limit.number.keys().map(|name| attribute(Key::of(["limit", "number", name]), name));
    let same = file.limit.same_until_s.keys().map(|name| attribute(Key::of(["limit", "same_until_s", name]), name));
    let all = lists.into_iter().chain(sets).chain(overlaps).chain(numbers).chain(same);
    all.filter_map(Result::err).collect()
}

fn wrong(key: Key, told: impl Into<String>) -> Checked {
    Err(Contradiction { key, told: told.into() })
}

fn teams(sizes: &[usize]) -> Checked {
    let wrong = |told: String| wrong(Key::of(["teams"]), told);
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

fn names<T: Eq + Hash + Display>(key: Key, list: &[T]) -> Checked {
    count(key.clone(), list.len())?;
    let mut seen = HashSet::new();
    match list.iter().find(|name| !seen.insert(*name)) {
        Some(twice) => wrong(key, format!("names {twice} twice: remove one")),
        None => Ok(()),
    }
}

fn count(key: Key, names: usize) -> Checked {
    if names > NAMES_MAX {
        return wrong(key, format!("must hold at most {NAMES_MAX} names, holds {names}"));
    }
    Ok(())
}

fn attributes(key: Key, names: &[String]) -> Checked {
    names.iter().try_for_each(|name| attribute(key.clone(), name))
}

/// An attribute's name obeys the same rule as every other name, see `Player::check`.
fn attribute(key: Key, name: &str) -> Checked {
    let must = format!("must have 1 to {NAME_BYTES_MAX} ASCII letters, digits or _ - . : @");
    RegionName::parse("equal", name).map(drop).or_else(|_| wrong(key, format!("the name {name:?} {must}")))
}

fn roles(file: &File) -> Checked {
    let Some(roles) = &file.roles else { return Ok(()) };
    let wrong = |told: String| wrong(Key::of(["roles"]), told);
    let per_team = role_tables(roles, file.teams.len());
    if per_team.len() != file.teams.len() {
        return wrong(format!("must hold one table for each of {} teams, holds {}", file.teams.len(), per_team.len()));
    }
    let names: HashSet<_> = per_team.iter().flat_map(|table| table.keys()).collect();
    count(Key::of(["roles"]), names.len())?;
    for (table, size) in per_team.iter().zip(&file.teams) {
        let seats = table.values().fold(0usize, |sum, seats| sum.saturating_add(*seats));
        if seats != *size {
            return wrong(format!("must seat the {size} players of a team, seat {seats}"));
        }
    }
    Ok(())
}

fn set(name: &str, members: &[String]) -> Checked {
    let key = || Key::of(["sets", name]);
    if members.is_empty() {
        return wrong(key(), "must hold at least one member");
    }
    attribute(key(), name)?;
    names(key(), members)?;
    attributes(key(), members)
}

fn overlap(file: &File, name: &str) -> Checked {
    if file.sets.contains_key(name) {
        return Ok(());
    }
    wrong(Key::of(["limit", "overlap", name]), format!("names the set {name}, which `[sets]` does not declare"))
}

fn acknowledge(file: &File) -> Checked {
    let Some(within_s) = file.acknowledge_within_s.filter(|within_s| *within_s >= file.longest_match_s) else {
        return Ok(());
    };
    let told = format!("must be less than `longest_match_s` ({}), is {within_s}", file.longest_match_s);
    wrong(Key::of(["acknowledge_within_s"]), told)
}

fn unlimited(file: &File) -> Checked {
    match file.patience.unlimited_s {
        Some(unlimited_s) if unlimited_s >= file.longest_wait_s => {
            let must = format!("must be less than `longest_wait_s` ({}), so that nobody starves", file.longest_wait_s);
            wrong(Key::of(["patience", "unlimited_s"]), format!("{must}, is {unlimited_s}"))
        }
        _ => Ok(()),
    }
}

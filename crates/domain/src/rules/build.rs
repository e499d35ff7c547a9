//! From a checked file to rules: units, defaults, and what is left out.

use super::file::{File, Limit, Price, RoleSeats};
use super::ramp::Ramp;
use super::{Limits, Patience, Prices, Reach, Roles, Rules, RulesError};
use crate::{RoleName, RulesVersion};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn build(file: File) -> Result<Rules, RulesError> {
    // The version is that of the parsed content with its defaults: comments, spaces and the order of keys do not change it.
    let content = toml::to_string(&file).map_err(|error| RulesError(format!("cannot be written back: {error}")))?;
    let unlimited_ms = file.patience.unlimited_s.map_or(file.longest_wait_s * 800, |unlimited_s| unlimited_s * 1000);
    let roles = roles(file.roles.as_ref(), file.teams.len());
    let mut regions_by_name: Vec<usize> = (0..file.regions.len()).collect();
    regions_by_name.sort_by_key(|at| &file.regions[*at]);
    Ok(Rules {
        version: RulesVersion::of(&content),
        queue: file.queue,
        team_sizes: file.teams,
        longest_wait_ms: file.longest_wait_s * 1000,
        longest_match_ms: file.longest_match_s * 1000,
        acknowledge_within_ms: file.acknowledge_within_s.map(|within_s| within_s * 1000),
        regions: file.regions,
        regions_by_name,
        roles,
        equal: file.equal,
        limits: limits(file.limit, &file.sets),
        sets: file.sets.into_iter().collect(),
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

fn limits(file: Limit, sets: &BTreeMap<String, Vec<String>>) -> Limits {
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
        keeps_blocks: true,
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

/// The seats of each team by role.
pub(super) fn role_tables(roles: &RoleSeats, teams: usize) -> Vec<&BTreeMap<RoleName, usize>> {
    match roles {
        RoleSeats::Alike(table) => vec![table; teams],
        RoleSeats::PerTeam(tables) => tables.iter().collect(),
    }
}

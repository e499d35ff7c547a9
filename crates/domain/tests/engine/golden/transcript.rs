//! What the engine answers, to be read by whoever tunes the rules. Seconds to a hundredth, so that no last bit shows.

use super::scenario::{NOW_MS, Scenario};
use crate::declared::Declared;
use crate::support::{matches, search_soundly};
use domain::{Candidate, Explanation, Miss, Outcome, Proposal, Rejection, RoleName, TicketId, explain};
use std::fmt::Write;

pub fn of(scenario: &Scenario) -> String {
    let lines = if scenario.is_explained {
        explained(scenario, &explain(&scenario.range, &scenario.rules, NOW_MS).unwrap())
    } else {
        searched(scenario, &search_soundly(&scenario.range, &scenario.rules, NOW_MS))
    };
    lines.into_iter().fold(String::new(), |mut text, (head, told)| {
        let _ = writeln!(text, "{}", format!("{head:<9}{told}").trim_end());
        text
    })
}

/// What a line is about, and what it says.
type Line = (&'static str, String);

fn searched(scenario: &Scenario, outcome: &Outcome) -> Vec<Line> {
    let matches = matches(&scenario.range, outcome);
    let made = outcome.proposals.iter().zip(&matches).flat_map(|(proposal, teams)| made(scenario, proposal, teams));
    let is_in = |id: TicketId| matches.iter().flatten().flatten().any(|one| one.id == id);
    let left = scenario.range.candidates.iter().map(|one| one.id).filter(|id| !is_in(*id));
    let left: Vec<&str> = left.map(|id| scenario.name(id)).collect();
    let stays = (!left.is_empty()).then(|| ("stays", left.join(", ")));
    let miss =
        outcome.nearest_miss_s.map(|miss_s| ("miss", format!("the cheapest not worth making costs {miss_s:.2} s")));
    made.chain(stays).chain(rejected(&outcome.rejections)).chain(miss).collect()
}

fn made(scenario: &Scenario, proposal: &Proposal, teams: &[Vec<Candidate>]) -> Vec<Line> {
    let declared = Declared::new(&scenario.file, teams);
    let parts_s = declared.parts_s(&proposal.region);
    assert!((declared.cost_s(&proposal.region) - proposal.cost_s).abs() < 1e-6, "{parts_s:?} of {proposal:?}");
    let head = told_cost(proposal.cost_s, patience_s(scenario, teams), &proposal.region);
    let parts = parts_s.into_iter().filter(|(_, part_s)| *part_s > 0.0).map(|(key, part_s)| part(key, part_s));
    let roles = scenario.rules.seat_roles(teams);
    let seated = teams.iter().zip(&roles).enumerate();
    let seated =
        seated.map(|(at, (team, roles))| ("", format!("team {}: {}", at + 1, seated_team(scenario, team, roles))));
    std::iter::once(("match", head)).chain(parts).chain(seated).collect()
}

/// The team's tickets with each player's rating, and his role where there are roles.
fn seated_team(scenario: &Scenario, team: &[Candidate], roles: &[&RoleName]) -> String {
    let mut roles = roles.iter();
    let mut player = |player: &domain::Player| match roles.next() {
        None => format!("{}", player.rating),
        Some(role) if player.roles.is_empty() || player.roles.contains(role) => format!("{} {role}", player.rating),
        Some(role) => format!("{} fills in as {role}", player.rating),
    };
    let mut ticket = |one: &Candidate| {
        let players: Vec<String> = one.party.players().iter().map(&mut player).collect();
        format!("{} ({})", scenario.name(one.id), players.join(", "))
    };
    team.iter().map(&mut ticket).collect::<Vec<_>>().join(", ")
}

/// The most that the match may cost: the mean over its players.
fn patience_s(scenario: &Scenario, teams: &[Vec<Candidate>]) -> f64 {
    let tickets = || teams.iter().flatten();
    let of_one = |one: &Candidate| scenario.rules.patience_s(one, &scenario.range.outlook, NOW_MS);
    let players = tickets().map(|one| one.party.size()).sum::<usize>() as f64;
    tickets().map(|one| of_one(one) * one.party.size() as f64).sum::<f64>() / players
}

fn explained(scenario: &Scenario, explanation: &Explanation) -> Vec<Line> {
    let anchor = scenario.name(scenario.range.anchor().unwrap());
    let waits = format!(
        "{anchor}, for {:.2} s now; accepts {}",
        explanation.age_ms as f64 / 1000.0,
        told_s(explanation.patience_s)
    );
    let miss = explanation.nearest_miss.iter().flat_map(|miss| missed(scenario, miss));
    let changes = explanation
        .remedies
        .iter()
        .map(|remedy| ("change", format!("{}: {} to {}", remedy.key, number(remedy.is), number(remedy.needed))));
    let later = match explanation.matches_at_age_ms {
        None => "the present rules never match it with those it sees".to_owned(),
        Some(at_ms) => format!("the present rules match it at an age of {:.2} s", at_ms as f64 / 1000.0),
    };
    let seen = std::iter::once(("sees", format!("{} others", explanation.seen)));
    let head = std::iter::once(("waits", waits)).chain(seen).chain(rejected(&explanation.rejections));
    head.chain(miss).chain(changes).chain([("later", later)]).collect()
}

fn missed<'a>(scenario: &'a Scenario, miss: &'a Miss) -> impl Iterator<Item = Line> + 'a {
    let head = told_cost(miss.cost_s, miss.patience_s, &miss.region);
    let parts = miss.costs.iter().map(|(key, part_s)| part(key.trim_start_matches("price."), *part_s));
    let names = |team: &Vec<TicketId>| team.iter().map(|id| scenario.name(*id)).collect::<Vec<_>>().join(", ");
    let teams = miss.teams.iter().enumerate().map(move |(at, team)| ("", format!("team {}: {}", at + 1, names(team))));
    std::iter::once(("miss", head)).chain(parts).chain(teams)
}

fn rejected(rejections: &[Rejection]) -> impl Iterator<Item = Line> + '_ {
    rejections.iter().map(|rejection| ("rejected", format!("{} by {}", rejection.count, rejection.rule)))
}

fn told_cost(cost_s: f64, patience_s: f64, region: &str) -> String {
    let place = if region.is_empty() { String::new() } else { format!(", in {region}") };
    format!("costs {cost_s:.2} s; its players accept {}{place}", told_s(patience_s))
}

fn told_s(seconds: f64) -> String {
    if seconds.is_finite() { format!("{seconds:.2} s") } else { "any cost".to_owned() }
}

fn part(key: &str, part_s: f64) -> Line {
    ("", format!("{key:<16}{part_s:>6.2} s"))
}

/// To four digits after the point, without zeros at the end.
fn number(value: f64) -> String {
    if value.is_finite() { format!("{}", (value * 1e4).round() / 1e4) } else { "none".to_owned() }
}

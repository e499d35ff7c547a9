//! Small words for the stories: rules, tickets, ranges.

use domain::{Candidate, Outcome, Outlook, Party, Player, Range, Rules, Sought, TicketId, search};
use std::collections::BTreeSet;

pub const DUEL: &str = include_str!("../../../../rules/duel.toml");
pub const TEAMS: &str = include_str!("../../../../rules/teams-5v5.toml");

pub fn rules(text: &str) -> Rules {
    Rules::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// One ticket of players with these ratings, queued at `queued_ms`; ids follow from `id`.
pub fn ticket(id: u32, queued_ms: u64, ratings: &[f64]) -> Candidate {
    let player = |(at, rating): (usize, &f64)| Player::new(format!("p{id}-{at}").parse().unwrap(), *rating);
    let players = ratings.iter().enumerate().map(player).collect();
    Candidate { id: TicketId(id.into()), version: 1, queued_ms, tries: 0, party: Party::try_new(players).unwrap() }
}

/// The same ticket with every player changed by `change`.
pub fn with(ticket: Candidate, change: impl Fn(&mut Player)) -> Candidate {
    let mut players = ticket.party.players().to_vec();
    players.iter_mut().for_each(change);
    Candidate { party: Party::try_new(players).unwrap(), ..ticket }
}

pub fn window(candidates: &[Candidate]) -> Range {
    Range { sought: Sought::around(None), candidates: candidates.to_vec(), outlook: Outlook::default() }
}

pub fn anchored(anchor: u32, candidates: &[Candidate]) -> Range {
    Range {
        sought: Sought::Anchor(TicketId(anchor.into())),
        candidates: candidates.to_vec(),
        outlook: Outlook::default(),
    }
}

/// The teams of an outcome's proposals as candidates.
pub fn matches(range: &Range, outcome: &Outcome) -> Vec<Vec<Vec<Candidate>>> {
    let team = |team: &Vec<usize>| team.iter().map(|at| range.candidates[*at].clone()).collect();
    outcome.proposals.iter().map(|proposal| proposal.teams.iter().map(team).collect()).collect()
}

/// The tickets of each match, as sets: what stays the same whatever the order of the input.
pub fn pairings(range: &Range, outcome: &Outcome) -> BTreeSet<BTreeSet<TicketId>> {
    matches(range, outcome).iter().map(|teams| teams.iter().flatten().map(|candidate| candidate.id).collect()).collect()
}

/// Searches and holds every proposal against the promise: the hard rules, nobody twice, the cost and region as declared.
pub fn search_soundly(range: &Range, rules: &Rules, now_ms: u64) -> Outcome {
    let outcome = search(range, rules, now_ms, 0);
    let mut seen = BTreeSet::new();
    for (teams, proposal) in matches(range, &outcome).iter().zip(&outcome.proposals) {
        rules.check(teams, now_ms).unwrap_or_else(|violation| panic!("{violation} in {proposal:?}"));
        assert_eq!(rules.cost_s(teams, now_ms), proposal.cost_s);
        assert_eq!(rules.region(teams, now_ms), Some(proposal.region.as_str()));
        let players = teams.iter().flatten().flat_map(|candidate| candidate.party.player_ids());
        players.for_each(|player| assert!(seen.insert(player.clone()), "{player} is in two proposals"));
    }
    outcome
}

/// How often `rule` rejected.
pub fn rejected(outcome: &Outcome, rule: &str) -> u32 {
    outcome.rejections.iter().filter(|rejection| rejection.rule == rule).map(|rejection| rejection.count).sum()
}

//! What holds of every answer of the engine, whatever it was asked.

use super::range::Asked;
use domain::{Arrival, Candidate, Explanation, Outlook, Proposal, Range, Rules, Sought, explain, search};
use std::collections::BTreeSet;

/// A commit may come so much later than the search, in ms.
const LATER_MS: u64 = 3_600_000;

pub fn holds(asked: &Asked, rules: &Rules) {
    let Asked { range, now_ms } = asked;
    range.candidates.iter().for_each(|candidate| looks(candidate, rules, *now_ms));
    let surveyed = Range { outlook: survey(range, rules, *now_ms), ..range.clone() };
    for range in [range, &surveyed] {
        let every_other = range.candidates.iter().step_by(2).map(|one| one.id).collect();
        for sought in [Sought::around(None), Sought::Window(every_other), range.sought.clone()] {
            matches(&Range { sought, ..range.clone() }, rules, *now_ms);
        }
    }
    if let Some(explanation) = explain(range, rules, *now_ms) {
        explains(&explanation, range);
    }
}

/// No ticket and no player in two matches, each allowed at the commit, and at the cost and in the region that was said.
fn matches(range: &Range, rules: &Rules, now_ms: u64) {
    let outcome = search(range, rules, now_ms, 0);
    assert_eq!(outcome, search(range, rules, now_ms, 0), "the same input gives the same outcome");
    let (mut tickets, mut players) = (BTreeSet::new(), BTreeSet::new());
    for proposal in &outcome.proposals {
        let teams = teams(proposal, range);
        for ticket in teams.iter().flatten() {
            assert!(tickets.insert(ticket.id), "{} is in two matches", ticket.id);
            ticket.party.player_ids().for_each(|id| assert!(players.insert(id.clone()), "{id} is in two matches"));
        }
        assert!(range.anchor().is_none_or(|anchor| tickets.contains(&anchor)), "the anchor is in the match");
        is_as_said(proposal, &teams, rules, now_ms);
    }
    assert!(range.anchor().is_none() || outcome.proposals.len() <= 1);
}

fn is_as_said(proposal: &Proposal, teams: &[Vec<Candidate>], rules: &Rules, now_ms: u64) {
    for now_ms in [now_ms, now_ms.saturating_add(LATER_MS)] {
        rules.check(teams, now_ms).unwrap_or_else(|violation| panic!("{violation} in {proposal:?}"));
    }
    assert!(proposal.cost_s.is_finite() && proposal.cost_s >= 0.0, "{proposal:?}");
    assert_eq!(rules.cost_s(teams, now_ms), proposal.cost_s);
    assert_eq!(rules.region(teams, now_ms), Some(proposal.region.as_str()));
    for (roles, size) in rules.seat_roles(teams).iter().zip(rules.team_sizes()) {
        assert_eq!(roles.len(), if rules.roles().is_empty() { 0 } else { *size });
    }
}

fn teams(proposal: &Proposal, range: &Range) -> Vec<Vec<Candidate>> {
    let team = |team: &Vec<usize>| team.iter().map(|at| range.candidates[*at].clone()).collect();
    proposal.teams.iter().map(team).collect()
}

/// Every look around a party holds it, and no look comes too soon or too late.
fn looks(candidate: &Candidate, rules: &Rules, now_ms: u64) {
    let age_ms = candidate.age_ms(now_ms);
    let width = rules.width(age_ms, candidate.tries);
    assert!(width <= rules.width_max());
    let place = rules.place(&candidate.party);
    let look = rules.look(&candidate.party, width);
    assert!((look.low..=look.high).contains(&place.rating), "{look:?} around {place:?}");
    assert!(look.regions.contains(&place.region), "{look:?} around {place:?}");
    assert!((10..=60_000).contains(&rules.look_again_ms(age_ms)));
    let _ = rules.admit(&candidate.party);
}

/// Of the range's tickets as if they had just come, newest first.
fn survey(range: &Range, rules: &Rules, now_ms: u64) -> Outlook {
    let arrival = |candidate: &Candidate| Arrival { queued_ms: candidate.queued_ms, party: candidate.party.clone() };
    let mut arrivals: Vec<Arrival> = range.candidates.iter().map(arrival).collect();
    arrivals.sort_by_key(|arrival| std::cmp::Reverse(arrival.queued_ms));
    let outlook = Outlook::survey(rules, &arrivals, now_ms);
    for (_, worth_s) in outlook.prospects.iter().flat_map(|prospect| &prospect.worth_s) {
        assert!((0.0..=86_400.0).contains(worth_s), "{outlook:?}");
    }
    outlook
}

fn explains(explanation: &Explanation, range: &Range) {
    assert!((explanation.seen as usize) < range.candidates.len());
    assert!(explanation.patience_s >= 0.0, "{explanation:?}");
    assert!(explanation.matches_at_age_ms.is_none_or(|at_ms| at_ms >= explanation.age_ms), "{explanation:?}");
    let is_number = |value: f64| !value.is_nan();
    assert!(
        explanation.remedies.iter().all(|remedy| is_number(remedy.is) && is_number(remedy.needed)),
        "{explanation:?}"
    );
    if let Some(miss) = &explanation.nearest_miss {
        let parts_s: f64 = miss.costs.iter().map(|(_, part_s)| part_s).sum();
        assert!((parts_s - miss.cost_s).abs() <= 1e-9 * miss.cost_s, "{miss:?}");
    }
}

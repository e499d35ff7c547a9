//! What the mover does with a proposal before it commits it.

use crate::crowd::{Knows, NOW_MS, Source};
use crate::searches::{duel, parties_waiting, teams};
use crate::{Go, Path};
use domain::{Candidate, Outlook, Range, Rules, Sought, search};
use std::hint::black_box;

pub const CHECKS: &[Path] = &[
    Path::counted("check/a match of duel", || check(duel(), Source::new().solos(64, Knows::Ratings))),
    Path::counted("check/a match of teams-5v5", || check(teams(), parties_waiting())),
];

/// Of the first match that is found among them.
fn check(rules: Rules, candidates: Vec<Candidate>) -> Go {
    let match_of = first_match(&rules, candidates);
    assert_eq!(rules.check(&match_of, NOW_MS), Ok(()));
    Box::new(move || drop(black_box(rules.check(black_box(&match_of), NOW_MS))))
}

/// Its teams.
pub fn first_match(rules: &Rules, candidates: Vec<Candidate>) -> Vec<Vec<Candidate>> {
    let range = Range { sought: Sought::around(None), candidates, outlook: Outlook::default() };
    let proposals = search(&range, rules, NOW_MS, 0).proposals;
    let team = |team: &Vec<usize>| team.iter().map(|at| range.candidates[*at].clone()).collect();
    proposals[0].teams.iter().map(team).collect()
}

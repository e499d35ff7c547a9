//! Whether friends who fill a team by themselves face others who do.

use super::crowd::Crowd;
use super::played::Made;
use domain::{Candidate, Rules};
use serde::Serialize;

/// Parties that fill a team of several by themselves, and were matched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct FullParties {
    pub matched: usize,
    /// Against another one.
    pub faced_another: usize,
    /// Against others, though another one waited then that the limits allowed in their place.
    pub faced_others_though_one_waited: usize,
}

impl FullParties {
    /// A match with `in_match` of them; `waited`: whether another one waited that could have been in it.
    pub fn add(&mut self, in_match: usize, waited: bool) {
        self.matched += in_match;
        match in_match {
            0 => {}
            1 => self.faced_others_though_one_waited += usize::from(waited),
            _ => self.faced_another += in_match,
        }
    }
}

/// Whether the limits allow the full party `other` in the place of another team than that of `full`.
pub fn could_face(other: usize, full: usize, made: &Made, crowd: &Crowd, rules: &Rules) -> bool {
    let candidate = |number: &usize| {
        let ticket = &crowd.tickets[*number];
        Candidate { id: ticket.id, version: 1, queued_ms: ticket.queued_ms, tries: 0, party: ticket.party.clone() }
    };
    let holds = |place: usize| {
        let team = |(at, team): (usize, &Vec<usize>)| {
            if at == place { vec![candidate(&other)] } else { team.iter().map(candidate).collect() }
        };
        let teams: Vec<Vec<Candidate>> = made.teams.iter().enumerate().map(team).collect();
        rules.check(&teams, made.matched_ms).is_ok()
    };
    other != full && (0..made.teams.len()).filter(|at| !made.teams[*at].contains(&full)).any(holds)
}

//! The promise: what holds of every committed match, whoever proposed it.

use super::{Breach, Rules, Verdict, rule};
use crate::unit::{Unit, player_ids};
use crate::{Candidate, Outlook, RoleName};
use std::collections::HashSet;
use std::fmt::Display;

/// Why a proposed match may not be made: the rule it breaks, and by how much.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule}: {detail}")]
pub struct Violation {
    pub rule: &'static str,
    pub detail: String,
}

impl Violation {
    fn new(rule: &'static str, detail: impl Into<String>) -> Self {
        Self { rule, detail: detail.into() }
    }
}

impl From<Breach> for Violation {
    fn from(breach: Breach) -> Self {
        let Breach { rule, is, bound, is_least } = breach;
        let most = if is_least { "least" } else { "most" };
        let detail =
            if bound.is_finite() { format!("is {is:.1}, may be at {most} {bound:.1}") } else { "does not hold".into() };
        Self::new(rule, detail)
    }
}

/// A match as its queue's rules see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Appraisal {
    /// How often the team with the highest mean rating is expected to beat the one with the lowest, 0.5 to 1.
    pub win_probability: f64,
    /// The parts of the cost by price, in seconds of waiting; those that are 0 are left out.
    pub costs: Vec<(&'static str, f64)>,
}

impl Rules {
    /// Whether these teams may be a match at `now_ms`: sizes, everyone once, one pool, every hard limit.
    ///
    /// Not whether the match is worth making: patience is the matchmaker's judgement of a moment, which another matchmaker
    /// may rightly judge otherwise; the hard rules are the promise to the players, and hold for whoever proposes.
    /// Limits only relax with time, so what a matchmaker found allowed is allowed when the mover comes to it.
    pub fn check(&self, teams: &[Vec<Candidate>], now_ms: u64) -> Result<(), Violation> {
        self.check_sizes(teams)?;
        let candidates = || teams.iter().flatten();
        once("ticket", candidates().map(|candidate| candidate.id))?;
        once("player", player_ids(candidates()))?;
        self.check_pool(candidates())?;
        self.judge_candidates(teams, &Outlook::default(), now_ms)?;
        Ok(())
    }

    /// The cost of these teams in the cheapest region that the rules allow them at `now_ms`, in seconds of waiting, the mean
    /// over the players; infinite when their sizes are wrong or they break a hard limit.
    pub fn cost_s(&self, teams: &[Vec<Candidate>], now_ms: u64) -> f64 {
        if self.check_sizes(teams).is_err() {
            return f64::INFINITY;
        }
        self.judge_candidates(teams, &Outlook::default(), now_ms).map_or(f64::INFINITY, |verdict| verdict.cost_s)
    }

    /// What the rules say of these teams at `now_ms`; none when their sizes are wrong or they break a hard limit.
    pub fn appraise(&self, teams: &[Vec<Candidate>], now_ms: u64) -> Option<Appraisal> {
        self.check_sizes(teams).ok()?;
        let verdict = self.judge_candidates(teams, &Outlook::default(), now_ms).ok()?;
        let costs = self.cost_parts_s(&verdict);
        Some(Appraisal { win_probability: verdict.measures.win_probability, costs })
    }

    /// The region in which these teams would be played at `now_ms`: the cheapest of those the rules allow. None when their
    /// sizes are wrong or they break a hard limit; empty when the queue knows no regions.
    pub fn region(&self, teams: &[Vec<Candidate>], now_ms: u64) -> Option<&str> {
        self.check_sizes(teams).ok()?;
        let verdict = self.judge_candidates(teams, &Outlook::default(), now_ms).ok()?;
        Some(self.region_name(verdict.region))
    }

    /// The role of every player, team by team in the order of its tickets' players; empty lists when the queue knows no roles. As few as
    /// can be play what they did not name, and first wishes go before second ones.
    pub fn seat_roles(&self, teams: &[Vec<Candidate>]) -> Vec<Vec<&RoleName>> {
        let seat = |(at, team): (usize, &Vec<Candidate>)| {
            let wishes: Vec<Vec<usize>> =
                team.iter().flat_map(|ticket| self.wishes_of(ticket.party.players())).collect();
            let wishes: Vec<&[usize]> = wishes.iter().map(Vec::as_slice).collect();
            let roles = if self.roles.is_asked() { self.roles.assign(at, &wishes) } else { Vec::new() };
            roles.into_iter().map(|role| &self.roles.names[role]).collect()
        };
        teams.iter().enumerate().map(seat).collect()
    }

    fn check_sizes(&self, teams: &[Vec<Candidate>]) -> Result<(), Violation> {
        let players = |team: &Vec<Candidate>| team.iter().map(|candidate| candidate.party.size()).sum::<usize>();
        let sizes: Vec<usize> = teams.iter().map(players).collect();
        if sizes == self.team_sizes {
            return Ok(());
        }
        Err(Violation::new(rule::TEAM_SIZES, format!("must be {:?}, are {sizes:?}", self.team_sizes)))
    }

    fn check_pool<'a>(&self, mut candidates: impl Iterator<Item = &'a Candidate>) -> Result<(), Violation> {
        let Some(first) = candidates.next() else { return Ok(()) };
        let pool = self.pool(&first.party);
        let fits = |candidate: &Candidate| self.is_of_one_pool(&candidate.party) && self.pool(&candidate.party) == pool;
        match std::iter::once(first).chain(candidates).find(|candidate| !fits(candidate)) {
            Some(other) => Err(Violation::new(rule::EQUAL, format!("ticket {} is not of pool {pool:?}", other.id))),
            None => Ok(()),
        }
    }

    /// The judgement of teams that are complete, of one pool, and hold nobody twice. Only their patience depends on the outlook.
    pub(crate) fn judge_candidates(
        &self,
        teams: &[Vec<Candidate>],
        outlook: &Outlook,
        now_ms: u64,
    ) -> Result<Verdict, Breach> {
        let units: Vec<Vec<Unit<'_>>> = teams
            .iter()
            .map(|team| team.iter().map(|candidate| Unit::new(0, candidate, self, outlook, now_ms)).collect())
            .collect();
        let teams: Vec<Vec<&Unit<'_>>> = units.iter().map(|team| team.iter().collect()).collect();
        let teams: Vec<&[&Unit<'_>]> = teams.iter().map(Vec::as_slice).collect();
        self.judge(&teams, now_ms)
    }
}

fn once<T: Eq + std::hash::Hash + Display>(what: &str, items: impl Iterator<Item = T>) -> Result<(), Violation> {
    let mut seen = HashSet::new();
    for item in items {
        if let Some(twice) = seen.replace(item) {
            return Err(Violation::new(rule::TWICE, format!("{what} {twice} stands in the match twice")));
        }
    }
    Ok(())
}

//! When a match that was made became worth making, worked out afterwards by the engine that made it.
//!
//! A player's wait has two parts: until there is company that the rules think fit, which no system can shorten, and until the system has
//! found it, committed it and told him. The second begins when the last ticket of his match had come and the match's cost was within its
//! players' patience. It is told of the match that was made: that an earlier one was missed shows in the whole wait alone. Where rules let
//! patience follow the arrivals, which only services see, it begins with the last arrival.

use super::population::Population;
use anyhow::Result;
use domain::{Candidate, Outlook, Range, RealmId, Rules, Sought, TicketId};
use std::collections::BTreeMap;
use std::time::Duration;

/// Ages are counted from here, in ms.
const BEGAN_MS: u64 = 1_000_000_000;
/// Tickets of one search, at most.
const WINDOW_TICKETS: usize = 512;

/// A ticket of a match. Times count from one beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seated {
    pub number: usize,
    pub due: Duration,
    /// When its players were told of the match.
    pub told: Option<Duration>,
}

/// A match that was made.
pub type Made = Vec<Vec<Seated>>;

/// What is told of a match that was made.
pub struct Fitted {
    /// When it was worth making.
    pub at: Duration,
    /// How long each ticket, by its number, waited from then on until it was told, or until now.
    pub waits: Vec<(usize, Duration)>,
}

pub struct Fit<'a> {
    pub rules: &'a Rules,
    pub population: &'a Population,
}

impl Fit<'_> {
    /// None where nobody was told of it.
    pub fn of(&self, made: &Made, now: Duration) -> Result<Option<Fitted>> {
        let seated = || made.iter().flatten();
        let Some(complete) = seated().map(|ticket| ticket.due).max() else { return Ok(None) };
        let Some(told) = seated().filter_map(|ticket| ticket.told).min() else { return Ok(None) };
        let at = if self.rules.follows_arrivals() { complete } else { self.worth(made, complete, told)? };
        let waits = seated().map(|ticket| (ticket.number, ticket.told.unwrap_or(now).saturating_sub(at))).collect();
        Ok(Some(Fitted { at, waits }))
    }

    /// To the ms. Rules only relax with time, so there is one such moment.
    fn worth(&self, made: &Made, complete: Duration, told: Duration) -> Result<Duration> {
        let teams = made.iter().map(|team| self.candidates(team)).collect::<Result<Vec<_>>>()?;
        let (mut before_ms, mut at_ms) = (complete.as_millis() as u64, told.as_millis() as u64);
        // Services count ages from when they took a ticket, so this is where they may know better.
        if self.is_worth_making(&teams, before_ms) || !self.is_worth_making(&teams, at_ms) {
            return Ok(complete);
        }
        while at_ms - before_ms > 1 {
            let middle_ms = before_ms.midpoint(at_ms);
            if self.is_worth_making(&teams, middle_ms) { at_ms = middle_ms } else { before_ms = middle_ms }
        }
        Ok(Duration::from_millis(at_ms))
    }

    /// How many of these tickets, each with its number and when it was due, are in a match that was worth making at `now`. Patience that
    /// follows the arrivals counts at its least.
    pub fn matchable(&self, left: &[(usize, Duration)], now: Duration) -> Result<usize> {
        let mut by_pool: BTreeMap<String, Vec<Candidate>> = BTreeMap::new();
        for (number, due) in left.iter().filter(|(_, due)| *due <= now) {
            let candidate = self.candidate(*number, *due)?;
            by_pool.entry(self.rules.place(&candidate.party).pool).or_default().push(candidate);
        }
        Ok(by_pool.into_values().map(|pool| self.matchable_in(pool, now)).sum())
    }

    /// Of one pool, neighbours in rating together.
    fn matchable_in(&self, mut pool: Vec<Candidate>, now: Duration) -> usize {
        pool.sort_by(|one, other| one.party.rating().total_cmp(&other.party.rating()));
        let tickets = |window: &[Candidate]| {
            let (sought, candidates) = (Sought::Window(Vec::new()), window.to_vec());
            let range = Range { sought, candidates, outlook: Outlook::default() };
            let found = domain::search(&range, self.rules, BEGAN_MS + now.as_millis() as u64, 0);
            found.proposals.iter().flat_map(|proposal| &proposal.teams).map(Vec::len).sum::<usize>()
        };
        pool.chunks(WINDOW_TICKETS).map(tickets).sum()
    }

    fn is_worth_making(&self, teams: &[Vec<Candidate>], at_ms: u64) -> bool {
        let now_ms = BEGAN_MS + at_ms;
        let (mut players, mut patience_s) = (0, 0.0);
        for ticket in teams.iter().flatten() {
            let size = ticket.party.size();
            players += size;
            patience_s += size as f64 * self.rules.patience_s(ticket, &Outlook::default(), now_ms);
        }
        self.rules.cost_s(teams, now_ms) <= patience_s / players as f64
    }

    fn candidates(&self, team: &[Seated]) -> Result<Vec<Candidate>> {
        team.iter().map(|ticket| self.candidate(ticket.number, ticket.due)).collect()
    }

    fn candidate(&self, number: usize, due: Duration) -> Result<Candidate> {
        let realm: RealmId = "bench".parse()?;
        let party = api::party_from_wire(self.population.players(number))?;
        let id = TicketId::derive(&realm, "", party.player_ids());
        Ok(Candidate { id, version: 1, queued_ms: BEGAN_MS + due.as_millis() as u64, tries: 0, party })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::scenario::DUEL;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn seated(number: usize, due_ms: u64, told_ms: u64) -> Vec<Seated> {
        vec![Seated { number, due: MS(due_ms), told: Some(MS(told_ms)) }]
    }

    /// A pair of the arena's whose ratings differ by `low` to `high`.
    fn pair(population: &Population, low: f64, high: f64) -> (usize, usize, f64) {
        let rating = |number: usize| population.players(number)[0].rating;
        let gap = |other: usize| (rating(0) - rating(other)).abs();
        let other = (1..5_000).find(|other| (low..high).contains(&gap(*other))).unwrap();
        (0, other, gap(other))
    }

    #[test]
    fn a_pair_that_is_near_is_worth_a_match_once_both_are_there() {
        let (rules, population) = (DUEL.rules().unwrap(), Population::open(DUEL.draw, "t").unwrap());
        let (one, other, _) = pair(&population, 0.0, 10.0);
        let fit = Fit { rules: &rules, population: &population };
        let mut made = vec![seated(one, 0, 1_008), seated(other, 1_000, 1_009)];
        let fitted = fit.of(&made, MS(9_000)).unwrap().unwrap();
        assert_eq!((fitted.at, fitted.waits), (MS(1_000), vec![(one, MS(8)), (other, MS(9))]));
        // Whoever was not told waits on.
        made[1][0].told = None;
        let waits = fit.of(&made, MS(9_000)).unwrap().unwrap().waits;
        assert_eq!(waits, [(one, MS(8)), (other, MS(8_000))]);
    }

    #[test]
    fn a_pair_that_is_far_apart_is_worth_one_once_it_has_waited() {
        let (rules, population) = (DUEL.rules().unwrap(), Population::open(DUEL.draw, "t").unwrap());
        let (one, other, gap) = pair(&population, 90.0, 110.0);
        // By the rules: half a second of patience and one more for each second waited, against a second for each 20 points.
        let worth_ms = ((gap * 0.05 - 0.5) * 1_000.0).ceil() as u64 + 1_000;
        let made = vec![seated(one, 1_000, worth_ms + 5), seated(other, 1_000, worth_ms + 7)];
        let waits = Fit { rules: &rules, population: &population }.of(&made, MS(60_000)).unwrap().unwrap().waits;
        assert!(waits == [(one, MS(5)), (other, MS(7))] || waits == [(one, MS(4)), (other, MS(6))], "{waits:?}");
    }

    #[test]
    fn whoever_is_left_beside_an_equal_is_told_from_whoever_waits_for_company() {
        let (rules, population) = (DUEL.rules().unwrap(), Population::open(DUEL.draw, "t").unwrap());
        let fit = Fit { rules: &rules, population: &population };
        let (one, equal, _) = pair(&population, 0.0, 10.0);
        let (_, far, _) = pair(&population, 400.0, 2_000.0);
        let matchable = |left: &[usize], now_ms| {
            let left: Vec<_> = left.iter().map(|number| (*number, MS(1_000))).collect();
            fit.matchable(&left, MS(now_ms)).unwrap()
        };
        assert_eq!([matchable(&[one, equal, far], 1_500), matchable(&[one, far], 1_500)], [2, 0]);
        assert_eq!(matchable(&[one, equal], 900), 0, "they had not come");
    }
}

//! The candidates made ready: each player once, one pool, in an order that does not depend on how they came.

use super::tally::Tally;
use super::{Asked, Budget, Proposal};
use crate::rules::{Breach, Verdict, rule};
use crate::unit::Unit;
use crate::{Candidate, IndexRating, PlayerId, Rules, TicketId};
use foldhash::{HashSet, HashSetExt};
use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Tickets that may all meet as far as pool and identity go, by ascending rating, then id.
pub(super) struct Field<'a> {
    pub rules: &'a Rules,
    pub now_ms: u64,
    pub units: Vec<Unit<'a>>,
    /// The highest sum of squared rating deviations among them.
    deviation_sq_max: f64,
    budget: Budget,
    steps: Cell<usize>,
}

/// Teams of positions in a field, and what was judged of them.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub teams: Vec<Vec<usize>>,
    pub verdict: Verdict,
}

impl Found {
    pub fn has(&self, unit: usize) -> bool {
        self.teams.iter().flatten().any(|seated| *seated == unit)
    }

    pub fn into_proposal(self, field: &Field<'_>) -> Proposal {
        let place = |team: Vec<usize>| team.into_iter().map(|unit| field.units[unit].at).collect();
        let region = field.rules.region_name(self.verdict.region).to_owned();
        Proposal { teams: self.teams.into_iter().map(place).collect(), cost_s: self.verdict.cost_s, region }
    }
}

impl<'a> Field<'a> {
    /// The anchor's pool, and the anchor's position in it; none when the anchor is not among the candidates or may not
    /// stand in the queue.
    pub fn around(asked: Asked<'a>, anchor: TicketId, tally: &mut Tally) -> Option<(Self, usize)> {
        let (candidates, rules) = (&asked.range.candidates, asked.rules);
        let present = present(candidates, Some(anchor), rules, tally);
        let pool =
            present.iter().find(|at| candidates[**at].id == anchor).map(|at| rules.pool(&candidates[*at].party))?;
        let (near, far): (Vec<usize>, Vec<usize>) =
            present.into_iter().partition(|at| rules.pool(&candidates[*at].party) == pool);
        tally.reject_many(rule::EQUAL, far.len() as u32);
        let field = Self::of(near, asked);
        let position = field.units.iter().position(|unit| unit.id == anchor)?;
        Some((field, position))
    }

    /// One field for each pool among the candidates.
    pub fn pools(asked: Asked<'a>, tally: &mut Tally) -> Vec<Self> {
        let mut pools: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let (candidates, rules) = (&asked.range.candidates, asked.rules);
        for at in present(candidates, None, rules, tally) {
            pools.entry(rules.pool(&candidates[at].party)).or_default().push(at);
        }
        pools.into_values().map(|pool| Self::of(pool, asked)).collect()
    }

    fn of(mut pool: Vec<usize>, Asked { range, rules, now_ms, budget }: Asked<'a>) -> Self {
        let place = |candidate: &Candidate| (IndexRating::of(candidate.party.rating()), candidate.id);
        pool.sort_by_cached_key(|at| place(&range.candidates[*at]));
        let unit = |at: usize| Unit::new(at, &range.candidates[at], rules, &range.outlook, now_ms);
        let units: Vec<Unit<'a>> = pool.into_iter().map(unit).collect();
        let deviation_sq_max = units.iter().map(|unit| unit.deviation_sq_sum).fold(0.0, f64::max);
        Self { rules, now_ms, units, deviation_sq_max, budget, steps: Cell::new(0) }
    }

    /// Judges two tickets against each other, in the order that costs less.
    pub fn judge_pair(&self, a: usize, b: usize) -> Result<Verdict, Breach> {
        self.seated(a, b).1
    }

    /// The two in the order that costs less, where one team's role is not the other's, else as they are; and what is judged of them so.
    fn seated(&self, a: usize, b: usize) -> ([usize; 2], Result<Verdict, Breach>) {
        let as_they_are = self.judge_seated(a, b);
        if self.rules.seats_differ() {
            let turned = self.judge_seated(b, a);
            let cost_s = |judged: &Result<Verdict, Breach>| judged.map_or(f64::INFINITY, |verdict| verdict.cost_s);
            if cost_s(&turned) < cost_s(&as_they_are) {
                return ([b, a], turned);
            }
        }
        ([a, b], as_they_are)
    }

    fn judge_seated(&self, a: usize, b: usize) -> Result<Verdict, Breach> {
        self.spend(2 + self.rules.region_count());
        self.rules.judge(&[&[&self.units[a]], &[&self.units[b]]], self.now_ms)
    }

    /// Two tickets against each other, if the limits allow it.
    pub fn pair(&self, a: usize, b: usize) -> Option<Found> {
        let (teams, judged) = self.seated(a, b);
        Some(Found { teams: teams.map(|unit| vec![unit]).to_vec(), verdict: judged.ok()? })
    }

    /// What two players of the field this many rating points apart cost each other at least, in seconds.
    pub fn least_pair_s(&self, gap: f64) -> f64 {
        self.rules.least_pair_s(gap, self.deviation_sq_max)
    }

    pub fn judge(&self, teams: &[Vec<usize>]) -> Result<Verdict, Breach> {
        self.spend(teams.iter().map(Vec::len).sum::<usize>() * self.rules.region_count());
        let teams: Vec<Vec<&Unit<'_>>> =
            teams.iter().map(|team| team.iter().map(|unit| &self.units[*unit]).collect()).collect();
        let teams: Vec<&[&Unit<'_>]> = teams.iter().map(Vec::as_slice).collect();
        self.rules.judge(&teams, self.now_ms)
    }

    /// Counts steps taken, so that a search ends by counting and never by the clock.
    pub fn spend(&self, steps: usize) {
        self.steps.set(self.steps.get().saturating_add(steps));
    }

    pub fn is_spent(&self) -> bool {
        self.steps_left() == 0
    }

    pub fn steps_left(&self) -> usize {
        self.budget.steps.saturating_sub(self.steps.get())
    }

    /// Positions of the tickets that are due, who waits longest first; of all where none is named.
    pub fn oldest_first(&self, due: &[TicketId]) -> Vec<usize> {
        let due: HashSet<TicketId> = due.iter().copied().collect();
        let is_due = |unit: &usize| due.is_empty() || due.contains(&self.units[*unit].id);
        let mut order: Vec<usize> = (0..self.units.len()).filter(is_due).collect();
        order.sort_unstable_by_key(|unit| self.seniority(*unit));
        order
    }

    /// Orders by who waits longest, then by id: who goes first where nothing else decides.
    pub fn seniority(&self, unit: usize) -> (u64, TicketId) {
        (self.units[unit].queued_ms, self.units[unit].id)
    }
}

/// Indices of the candidates that may stand in the queue, each ticket and each player once.
///
/// A range read from several places can show a player in a ticket that he has left and in the one he is in now. He is in at
/// most one live ticket, so the one queued last is believed; the anchor, which was asked for, is believed before all.
fn present(candidates: &[Candidate], anchor: Option<TicketId>, rules: &Rules, tally: &mut Tally) -> Vec<usize> {
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_unstable_by_key(|at| {
        let candidate = &candidates[*at];
        let freshest = Reverse((candidate.queued_ms, candidate.version));
        (Some(candidate.id) != anchor, freshest, candidate.id, *at)
    });
    let largest = rules.team_sizes().iter().max().copied().unwrap_or(0);
    let mut seen = Seen::of_up_to(candidates.len());
    order.retain(|at| {
        let candidate = &candidates[*at];
        let against = if candidate.party.size() > largest {
            Some(rule::TEAM_SIZES)
        } else if !rules.is_of_one_pool(&candidate.party) {
            Some(rule::EQUAL)
        } else {
            seen.is_repeated(candidate).then_some(rule::TWICE)
        };
        against.into_iter().for_each(|rule| tally.reject(rule));
        against.is_none()
    });
    order
}

struct Seen<'a> {
    tickets: HashSet<TicketId>,
    players: HashSet<&'a PlayerId>,
}

impl<'a> Seen<'a> {
    fn of_up_to(tickets: usize) -> Self {
        Self { tickets: HashSet::with_capacity(tickets), players: HashSet::with_capacity(tickets) }
    }

    /// Whether the ticket or one of its players was seen before; if not, they are now.
    fn is_repeated(&mut self, candidate: &'a Candidate) -> bool {
        let party = || candidate.party.player_ids();
        if self.tickets.contains(&candidate.id) || party().any(|player| self.players.contains(player)) {
            return true;
        }
        self.tickets.insert(candidate.id);
        self.players.extend(party());
        false
    }
}

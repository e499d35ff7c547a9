//! One against one whatever it costs: the disjoint pairs that save most over waiting on, in total.
//!
//! Of all pairs, only near ones are judged at first. Matching them gives each ticket a dual: what it would ask for to leave its
//! partner. A pair that was left out can add something only if it saves more than its two ask for. Those that could are judged
//! and added, and all is matched again, until there is none: then it is the optimum over all pairs.

use super::field::Field;
use super::lane::Lane;
use super::matching::{Edge, Solved, max_weight};
use super::worth::{parts, worths};
use crate::rules::Verdict;
use crate::unit::Unit;

/// Neighbours upward in rating that each ticket is compared with at first: among all, and among those of its home region.
const NEIGHBOURS_MAX: usize = 16;
/// After so many neighbours worth a match, farther ones are left for later: they are hardly ever better.
const WORTHY_MAX: usize = 6;
/// Pairs added for one ticket and region before all is matched again.
const MORE_MAX: usize = 8;
/// Left to who takes any match and has none.
const ANYTHING: i64 = i64::MAX / 4;

/// Positions in the field, the lower first. Where the budget ends before the optimum is proved, the best known by then.
pub(super) fn pairs(field: &Field<'_>) -> Vec<(usize, usize)> {
    let mates = Optimum { field, worths: worths(field) }.solve().mate;
    let pair = |(unit, mate): (usize, Option<u32>)| Some((unit, mate? as usize)).filter(|(unit, mate)| unit < mate);
    mates.into_iter().enumerate().filter_map(pair).collect()
}

struct Optimum<'a> {
    field: &'a Field<'a>,
    worths: Vec<i64>,
}

impl Optimum<'_> {
    fn solve(&self) -> Solved {
        let mut edges = self.near();
        let hint: Vec<i64> = self.worths.iter().map(|worth| 2 * worth).collect();
        let mut solved = self.matched(&edges, &hint);
        while solved.is_optimal {
            let more = self.left_out(&solved);
            if more.is_empty() || self.field.is_spent() {
                break;
            }
            edges.extend(more);
            let next = self.matched(&edges, &solved.duals);
            // Halfway to more it may be less.
            if !next.is_optimal {
                break;
            }
            solved = next;
        }
        solved
    }

    fn matched(&self, edges: &[Edge], hint: &[i64]) -> Solved {
        let solved = max_weight(self.worths.len(), edges, hint, self.field.steps_left());
        self.field.spend(solved.steps);
        solved
    }

    /// Pairs worth making among near neighbours. They are looked for on any budget, being no more than a few for each ticket.
    fn near(&self) -> Vec<Edge> {
        let mut lanes = vec![Vec::new(); self.field.rules.region_count()];
        let units = || 0..self.worths.len() as u32;
        units().for_each(|unit| lanes[self.field.units[unit as usize].home()].push(unit));
        if lanes.len() > 1 {
            lanes.push(units().collect());
        }
        let upward = |lane: &Vec<u32>, at: usize| {
            let above = lane[at + 1..].iter().take(NEIGHBOURS_MAX).filter(|b| self.could_pay(lane[at], **b));
            above.filter_map(|b| self.edge(lane[at], *b)).take(WORTHY_MAX).collect::<Vec<_>>()
        };
        lanes.iter().flat_map(|lane| (0..lane.len()).flat_map(move |at| upward(lane, at))).collect()
    }

    /// Pairs that save more than they cost by the duals, which none does that was matched.
    fn left_out(&self, solved: &Solved) -> Vec<Edge> {
        let saves_more = |edge: &Edge| 2 * edge.weight > solved.cost(edge.a, edge.b);
        let mut more = Vec::new();
        for region in 0..self.field.rules.region_count() {
            let lane = Lane::of(self.field, region, |unit| self.spare(unit, region, solved.duals[unit]));
            for (a, others) in lane.hopes() {
                let others = others.filter(|(b, hope)| *hope > solved.cost_of_blossoms(a, *b));
                more.extend(others.filter_map(|(b, _)| self.edge(a, b)).filter(saves_more).take(MORE_MAX));
                if self.field.is_spent() {
                    return more;
                }
            }
        }
        more
    }

    /// Twice what a ticket has left for a distance in rating when its dual and its way to the region are paid, in parts.
    fn spare(&self, unit: usize, region: usize, dual: i64) -> i64 {
        let Unit { patience_s, legs, .. } = &self.field.units[unit];
        if patience_s.is_infinite() && dual == 0 {
            return ANYTHING;
        }
        // The price is for the mean over two players, and both bear it.
        2 * self.worths[unit] - dual - 2 * parts(self.field.rules.rtt_price_s(legs[region].excess_ms))
    }

    /// Whether both together give enough for their distance in rating, whatever else there is.
    fn could_pay(&self, a: u32, b: u32) -> bool {
        let [a, b] = [a as usize, b as usize];
        let gap = self.field.units[b].rating - self.field.units[a].rating;
        2 * parts(self.field.least_pair_s(gap)) < self.worths[a] + self.worths[b]
    }

    /// A pair worth making, with what it saves.
    fn edge(&self, a: u32, b: u32) -> Option<Edge> {
        let (a, b) = (a.min(b), a.max(b));
        let judged = self.field.judge_pair(a as usize, b as usize);
        let verdict = judged.ok().filter(Verdict::is_worth_making)?;
        let worth = self.worths[a as usize] + self.worths[b as usize];
        // Who takes any match pays any price.
        Some(Edge { a, b, weight: (worth - 2 * parts(verdict.cost_s)).max(1) })
    }
}

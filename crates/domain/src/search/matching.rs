//! Which pairs to make so that they save most together: matching of maximum weight in any graph, exact.
//!
//! The primal-dual method of Edmonds, one tree at a time as in the Hungarian method. Every vertex has a *dual*, the
//! price at which it would stay alone, and no edge weighs more than the prices of its two ends. Where it weighs as much
//! it is *tight*, and only tight edges are matched. Each free vertex with a price above zero grows a tree of tight
//! edges, every second one matched, while its price falls: until there is a partner for it, or until somebody's price
//! is zero, who goes free in its place. An odd cycle of tight edges becomes a *blossom*, which is treated as one vertex
//! and has a dual of its own.
//!
//! A tree ends at the nearest such vertex, so that it covers the neighbourhood of its root and not the window; and the
//! duals to begin with are such that most of the matching is there before the first tree. That is what makes it fast.

mod agenda;
mod blossoms;
mod cycles;
mod graph;
mod greedy;
mod nest;
mod prices;
mod solver;
mod start;
#[cfg(test)]
mod tests;

use blossoms::Blossoms;
use graph::Graph;
use nest::NONE;
use solver::Solver;

/// The most that an edge may weigh, so that no sum of duals overflows; what weighs more is taken to weigh this.
pub(super) const WEIGHT_MAX: i64 = 1 << 59;

/// What two vertices save when they are paired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge {
    pub a: u32,
    pub b: u32,
    /// Whole, so that the optimum is exact and a tie is a tie.
    pub weight: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Solved {
    /// Each vertex' partner.
    pub mate: Vec<Option<u32>>,
    /// Twice each vertex' dual: never below zero and, at the optimum, zero for who has no partner.
    pub duals: Vec<i64>,
    blossoms: Blossoms,
    /// No matching weighs more.
    pub is_optimal: bool,
    /// Edges looked at and vertices touched.
    pub steps: usize,
}

impl Solved {
    /// Twice what a pair costs by the duals: its two's, and those of the blossoms that both are in.
    ///
    /// What it is good for: at the optimum, no edge weighs more, and any pairs that do not either could be added, all of them
    /// together, and no matching would weigh more than this one. Who leaves pairs out has to look only at the others.
    pub fn cost(&self, a: u32, b: u32) -> i64 {
        self.duals[a as usize] + self.duals[b as usize] + self.cost_of_blossoms(a, b)
    }

    /// The part of a pair's cost that is the blossoms', never below zero.
    pub fn cost_of_blossoms(&self, a: u32, b: u32) -> i64 {
        self.blossoms.around(a, b)
    }
}

/// A matching of the greatest total weight; as many vertices as that takes stay alone.
///
/// `hint` says near which duals to begin, doubled as in [`Solved`], zero where it says nothing. Any hint gives the same
/// total; a good one gives it many times faster. Where an edge weighs what its ends are worth less what lies between
/// them, twice a vertex' worth is a good one, and so are the duals of a graph that differs in a few edges.
///
/// After `steps_max` steps it ends with the best matching so far, which is no lighter than the greedy one. Each tree
/// adds weight and none takes any away, so that a larger budget never gives less. The start, linear in the input, is
/// made on any budget, and so is the step that exceeds it.
///
/// The same edges and hint give the same matching, in whatever order the edges stand. Edges that cannot save anything
/// are left out: without weight, or without a second vertex.
pub(super) fn max_weight(vertices: usize, edges: &[Edge], hint: &[i64], steps_max: usize) -> Solved {
    let graph = Graph::of(vertices, edges);
    let mut solver = Solver::on(&graph, hint, steps_max);
    let is_optimal = solver.run();
    let steps = solver.steps();
    let (mut mate, duals, blossoms) = solver.into_parts();
    if !is_optimal {
        mate = graph.heavier(mate, greedy::greedy(&graph));
    }
    let mate = mate.into_iter().map(|mate| (mate != NONE).then_some(mate)).collect();
    Solved { mate, duals, blossoms, is_optimal, steps }
}

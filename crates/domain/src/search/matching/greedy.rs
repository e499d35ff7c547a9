//! What a search that ran out of steps falls back on.

use super::graph::{Arc, Graph};
use super::nest::NONE;
use std::cmp::Reverse;

/// The heaviest edge first, then whatever is left: at least half of the optimum.
pub(super) fn greedy(graph: &Graph) -> Vec<u32> {
    let arcs_up = |from: u32| graph.arcs_of(from).iter().filter(move |arc| from < arc.to).map(move |arc| (from, *arc));
    let mut edges: Vec<(u32, Arc)> = (0..graph.vertices() as u32).flat_map(arcs_up).collect();
    edges.sort_unstable_by_key(|(from, arc)| (Reverse(arc.weight), *from, arc.to));
    let mut mate = vec![NONE; graph.vertices()];
    for (from, Arc { to, .. }) in edges {
        if mate[from as usize] == NONE && mate[to as usize] == NONE {
            mate[from as usize] = to;
            mate[to as usize] = from;
        }
    }
    mate
}

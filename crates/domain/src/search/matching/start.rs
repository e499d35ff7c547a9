//! Where the search begins: duals under which many edges are tight, and a matching of some of those.

use super::WEIGHT_MAX;
use super::graph::Graph;
use super::nest::NONE;

/// Duals under which no edge weighs more than its ends cost, and a matching of edges that weigh as much.
pub(super) fn start(graph: &Graph, hint: &[i64]) -> (Vec<i64>, Vec<u32>) {
    let mut duals = raised(graph, hint);
    let mut mate = vec![NONE; graph.vertices()];
    for vertex in 0..graph.vertices() as u32 {
        if mate[vertex as usize] != NONE {
            continue;
        }
        // The least that the neighbours leave it, which makes its best edge tight.
        let arcs = graph.arcs_of(vertex);
        let least = arcs.iter().map(|arc| arc.weight - duals[arc.to as usize]).max().unwrap_or(0).max(0);
        duals[vertex as usize] = least;
        let open = arcs.iter().filter(|arc| mate[arc.to as usize] == NONE);
        let tight = open.into_iter().find(|arc| least + duals[arc.to as usize] == arc.weight);
        if let Some(to) = tight.map(|arc| arc.to) {
            mate[vertex as usize] = to;
            mate[to as usize] = vertex;
        }
    }
    (duals, mate)
}

/// The hint, raised to where it is enough for every edge: by each end half of what lacks.
fn raised(graph: &Graph, hint: &[i64]) -> Vec<i64> {
    let hinted = |vertex: u32| hint.get(vertex as usize).map_or(0, |dual| (*dual).clamp(0, 2 * WEIGHT_MAX));
    let lacks = |vertex: u32| {
        let lacks = graph.arcs_of(vertex).iter().map(|arc| arc.weight - hinted(vertex) - hinted(arc.to));
        lacks.max().unwrap_or(0).max(0)
    };
    (0..graph.vertices() as u32).map(|vertex| hinted(vertex) + (lacks(vertex) + 1) / 2).collect()
}

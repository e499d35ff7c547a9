//! The edges, by their vertices.

use super::nest::NONE;
use super::{Edge, WEIGHT_MAX};
use std::ops::Range;

/// Each vertex' arcs side by side, by ascending neighbour.
pub(super) struct Graph {
    starts: Vec<u32>,
    pub arcs: Vec<Arc>,
}

/// An edge as one of its ends sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arc {
    pub to: u32,
    /// Twice the edge's, as the duals are: so they stay whole where two of them share a weight.
    pub weight: i64,
}

impl Graph {
    pub fn of(vertices: usize, edges: &[Edge]) -> Self {
        let is_useful = |edge: &&Edge| edge.weight > 0 && edge.a != edge.b && (edge.a.max(edge.b) as usize) < vertices;
        let useful = || edges.iter().filter(is_useful);
        let mut starts = vec![0u32; vertices + 1];
        for edge in useful() {
            starts[edge.a as usize] += 1;
            starts[edge.b as usize] += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        // What will be the start of a vertex' arcs is still their end, and goes down with each arc that is put before
        // it.
        let mut arcs = vec![Arc { to: 0, weight: 0 }; sum as usize];
        for edge in useful() {
            for (from, to) in [(edge.a, edge.b), (edge.b, edge.a)] {
                starts[from as usize] -= 1;
                arcs[starts[from as usize] as usize] = Arc { to, weight: 2 * edge.weight.min(WEIGHT_MAX) };
            }
        }
        let mut graph = Self { starts, arcs };
        graph.sort();
        graph
    }

    /// So that nothing depends on the order in which the edges came.
    fn sort(&mut self) {
        for vertex in 0..self.vertices() as u32 {
            let range = self.range(vertex);
            self.arcs[range].sort_unstable();
        }
    }

    pub fn vertices(&self) -> usize {
        self.starts.len() - 1
    }

    /// Where the vertex' arcs stand.
    pub fn range(&self, vertex: u32) -> Range<usize> {
        self.starts[vertex as usize] as usize..self.starts[vertex as usize + 1] as usize
    }

    pub fn arcs_of(&self, vertex: u32) -> &[Arc] {
        &self.arcs[self.range(vertex)]
    }

    /// The heavier of two matchings, the first where they weigh the same.
    pub fn heavier(&self, first: Vec<u32>, second: Vec<u32>) -> Vec<u32> {
        if self.weight(&second) > self.weight(&first) { second } else { first }
    }

    /// What the matching weighs, four times: doubled, and from both ends. That many weights may not fit what one does.
    fn weight(&self, mate: &[u32]) -> i128 {
        let matched = (0..).zip(mate).filter(|(_, mate)| **mate != NONE);
        let weigh = |(vertex, mate): (u32, &u32)| {
            self.arcs_of(vertex)
                .iter()
                .filter(|arc| arc.to == *mate)
                .map(|arc| i128::from(arc.weight))
                .max()
                .unwrap_or(0)
        };
        matched.map(weigh).sum()
    }
}

//! What pairs within blossoms cost on top of the duals of their two.

use super::nest::{NONE, Nest};
use super::prices::Prices;

/// The blossoms at the end of a search, with their duals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Blossoms {
    /// By the nodes' numbers.
    nodes: Vec<Place>,
}

/// Where a node stands: a vertex, or a blossom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    /// The blossom that it is in.
    parent: u32,
    /// How many blossoms it is in.
    depth: u32,
    /// What they cost together, and itself where it is one. Never more than the heaviest edge weighs, as the duals are doubled.
    cost: i64,
}

impl Blossoms {
    pub fn of(nest: &Nest, prices: &Prices) -> Self {
        let mut nodes = vec![Place { parent: NONE, depth: 0, cost: 0 }; nest.nodes()];
        let mut open: Vec<u32> = nest.outermost_blossoms().collect();
        while let Some(blossom) = open.pop() {
            let Place { depth, cost, .. } = nodes[blossom as usize];
            let cost = cost + prices.blossom_dual(blossom, nest);
            nodes[blossom as usize].cost = cost;
            for child in nest.children(blossom) {
                nodes[child as usize] = Place { parent: blossom, depth: depth + 1, cost };
                if nest.is_blossom(child) {
                    open.push(child);
                }
            }
        }
        Self { nodes }
    }

    /// The sum of the duals of the blossoms that two vertices are both in.
    pub fn around(&self, mut a: u32, mut b: u32) -> i64 {
        while a != b {
            let (x, y) = (self.nodes[a as usize], self.nodes[b as usize]);
            if x.depth >= y.depth {
                a = x.parent;
            }
            if y.depth >= x.depth {
                b = y.parent;
            }
        }
        if a == NONE { 0 } else { self.nodes[a as usize].cost }
    }
}

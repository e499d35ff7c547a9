//! What pairs within blossoms cost on top of the duals of their two.

use super::nest::Nest;
use super::prices::Prices;

/// The blossoms at the end of a search, with their duals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Blossoms {
    /// By the nodes' numbers, and last what is outside of all.
    nodes: Vec<Place>,
}

/// Where a node stands: a vertex, or a blossom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    /// The blossom that it is in.
    parent: u32,
    /// One that may lie farther out, as far for every node of this depth. Blossoms may lie in each other as deep as there are
    /// vertices, and a few leaps lead out of them all.
    leap: u32,
    depth: u32,
    /// What all that it is in costs, and itself where it is one. As the duals are doubled, at most twice the heaviest edge.
    cost: i64,
}

impl Blossoms {
    pub fn of(nest: &Nest, prices: &Prices) -> Self {
        let outside = nest.nodes() as u32;
        let place = |depth| Place { parent: outside, leap: outside, depth, cost: 0 };
        let mut blossoms = Self { nodes: vec![place(1); nest.nodes()] };
        blossoms.nodes.push(place(0));
        let mut open: Vec<u32> = nest.outermost_blossoms().collect();
        while let Some(blossom) = open.pop() {
            blossoms.nodes[blossom as usize].cost += prices.blossom_dual(blossom, nest);
            let inside = blossoms.inside(blossom);
            for child in nest.children(blossom) {
                blossoms.nodes[child as usize] = inside;
                if nest.is_blossom(child) {
                    open.push(child);
                }
            }
        }
        blossoms
    }

    /// A place in the blossom. It leaps as far as the blossom and one leap more where those two are alike, else to the blossom: the
    /// jump pointers of Myers, "An applicative random-access stack" (1983).
    fn inside(&self, blossom: u32) -> Place {
        let Place { leap, depth, cost, .. } = self.at(blossom);
        let (near, far) = (self.at(leap), self.at(self.at(leap).leap));
        let are_alike = depth - near.depth == near.depth - far.depth;
        Place { parent: blossom, leap: if are_alike { near.leap } else { blossom }, depth: depth + 1, cost }
    }

    /// The sum of the duals of the blossoms that two vertices are both in.
    pub fn around(&self, mut a: u32, mut b: u32) -> i64 {
        if self.at(a).depth < self.at(b).depth {
            std::mem::swap(&mut a, &mut b);
        }
        let depth = self.at(b).depth;
        while self.at(a).depth > depth {
            let Place { parent, leap, .. } = self.at(a);
            a = if self.at(leap).depth < depth { parent } else { leap };
        }
        while a != b {
            let (of_a, of_b) = (self.at(a), self.at(b));
            (a, b) = if of_a.leap == of_b.leap { (of_a.parent, of_b.parent) } else { (of_a.leap, of_b.leap) };
        }
        self.at(a).cost
    }

    fn at(&self, node: u32) -> Place {
        self.nodes[node as usize]
    }
}

//! The duals, while a tree changes those of its vertices all at once.

use super::nest::Nest;

/// Where a vertex is to the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Outside,
    /// An even number of edges from the root, so it could go free in the root's place. Its dual falls as the root's
    /// does.
    Even,
    /// An odd number of edges from the root. Its dual rises as the root's falls, so that the tree's edges stay tight.
    Odd,
}

#[derive(Debug, Clone, Copy)]
struct Spot {
    /// What the dual would have been when the root's began to fall.
    dual: i64,
    side: Side,
}

/// All doubled, so that they are whole: vertices joined by tight edges have duals that are all odd or all even.
pub(super) struct Prices {
    spots: Vec<Spot>,
    /// By the blossoms' numbers as nodes. An outermost blossom's is meant as a spot's is, all others are what they are.
    blossoms: Vec<i64>,
    /// How far the root's dual has fallen.
    pub fall: i64,
}

impl Prices {
    pub fn of(duals: Vec<i64>) -> Self {
        let blossoms = vec![0; duals.len()];
        let spots = duals.into_iter().map(|dual| Spot { dual, side: Side::Outside }).collect();
        Self { spots, blossoms, fall: 0 }
    }

    pub fn into_duals(self) -> Vec<i64> {
        self.spots.into_iter().map(|spot| spot.dual).collect()
    }

    pub fn dual(&self, vertex: u32) -> i64 {
        let spot = self.spots[vertex as usize];
        spot.dual + self.shift(spot.side)
    }

    pub fn side(&self, vertex: u32) -> Side {
        self.spots[vertex as usize].side
    }

    /// The dual of an outermost blossom. The tree changes it by twice as much as those of its vertices and the other
    /// way, so that the edges inside stay tight.
    pub fn blossom_dual(&self, blossom: u32, nest: &Nest) -> i64 {
        self.blossoms[blossom as usize] - 2 * self.shift(self.side(nest.first(blossom)))
    }

    /// Gives an outermost node a side; its duals are the same after as before. Returns how many vertices it has.
    pub fn assign(&mut self, node: u32, side: Side, nest: &Nest) -> usize {
        if nest.is_blossom(node) {
            self.blossoms[node as usize] = self.blossom_dual(node, nest) + 2 * self.shift(side);
        }
        self.assign_inside(node, side, nest)
    }

    /// Gives a node's vertices a side; their duals are the same after as before. Returns how many there are.
    pub fn assign_inside(&mut self, node: u32, side: Side, nest: &Nest) -> usize {
        let shift = self.shift(side);
        let mut count = 0;
        for vertex in nest.vertices(node) {
            self.spots[vertex as usize] = Spot { dual: self.dual(vertex) - shift, side };
            count += 1;
        }
        count
    }

    /// Begins an even blossom, with a dual of zero.
    pub fn begin(&mut self, blossom: u32) {
        let room = self.blossoms.len().max(blossom as usize + 1);
        self.blossoms.resize(room, 0);
        self.blossoms[blossom as usize] = 2 * self.shift(Side::Even);
    }

    /// Lets the dual of a node that is about to be enclosed stay what it is.
    pub fn freeze(&mut self, node: u32, nest: &Nest) {
        if nest.is_blossom(node) {
            self.blossoms[node as usize] = self.blossom_dual(node, nest);
        }
    }

    /// What is to add to a spot of this side.
    fn shift(&self, side: Side) -> i64 {
        match side {
            Side::Outside => 0,
            Side::Even => -self.fall,
            Side::Odd => self.fall,
        }
    }
}

//! One free vertex after the other grows a tree until it is matched, or better left alone.

use super::agenda::{Agenda, Ending, Event};
use super::blossoms::Blossoms;
use super::graph::Graph;
use super::nest::{NONE, Nest};
use super::prices::{Prices, Side};
use super::start::start;

pub(super) struct Solver<'a> {
    pub graph: &'a Graph,
    pub nest: Nest,
    pub prices: Prices,
    pub agenda: Agenda,
    /// By the odd nodes: the edge by which the tree came to it, from an even vertex to one of its own.
    pub entries: Vec<(u32, u32)>,
    /// What has been put into the tree; some of it no longer is there.
    pub placed: Vec<u32>,
    /// By the nodes: the search for a meeting that came there last.
    pub marks: Vec<u32>,
    pub mark: u32,
    steps: usize,
    steps_max: usize,
}

impl<'a> Solver<'a> {
    pub fn on(graph: &'a Graph, hint: &[i64], steps_max: usize) -> Self {
        let (duals, mate) = start(graph, hint);
        let vertices = graph.vertices();
        Self {
            graph,
            nest: Nest::of(mate),
            prices: Prices::of(duals),
            agenda: Agenda::new(),
            entries: vec![(NONE, NONE); vertices],
            placed: Vec::new(),
            marks: vec![0; vertices],
            mark: 0,
            steps: graph.arcs.len() + vertices,
            steps_max,
        }
    }

    /// Whether it came to its end, where the matching is the heaviest.
    pub fn run(&mut self) -> bool {
        (0..self.graph.vertices() as u32).all(|vertex| !self.is_root(vertex) || self.grow(vertex))
    }

    pub fn steps(&self) -> usize {
        self.steps + self.nest.steps
    }

    /// The matching, the duals, and those of the blossoms.
    pub fn into_parts(self) -> (Vec<u32>, Vec<i64>, Blossoms) {
        let blossoms = Blossoms::of(&self.nest, &self.prices);
        (self.nest.mate, self.prices.into_duals(), blossoms)
    }

    /// At the optimum nobody stays alone for a price.
    fn is_root(&self, vertex: u32) -> bool {
        self.nest.mate[vertex as usize] == NONE && self.prices.dual(vertex) > 0
    }

    /// Grows the root's tree to its end; false when the steps run out before, which leaves the matching as it was.
    fn grow(&mut self, root: u32) -> bool {
        if self.steps() >= self.steps_max {
            return false;
        }
        self.prices.fall = 0;
        self.agenda.clear();
        self.place_even(self.nest.top[root as usize]);
        while let Some(event) = self.agenda.next() {
            if self.steps() >= self.steps_max {
                self.settle();
                return false;
            }
            self.prices.fall = event.due;
            self.meet(event);
        }
        self.prices.fall = self.agenda.ending.due;
        self.end(self.agenda.ending);
        self.settle();
        true
    }

    /// Events are not withdrawn when what they are about changes. New ones are expected then, and the old come to
    /// nothing.
    fn meet(&mut self, event: Event) {
        if event.arc == NONE {
            return self.meet_blossom(event.at);
        }
        let arc = self.graph.arcs[event.arc as usize];
        let is_even = |vertex| self.prices.side(vertex) == Side::Even;
        let (even, other) = if is_even(event.at) { (event.at, arc.to) } else { (arc.to, event.at) };
        let is_tight = self.prices.dual(even) + self.prices.dual(other) == arc.weight;
        let is_inside = self.nest.top[even as usize] == self.nest.top[other as usize];
        if !is_even(even) || !is_tight || is_inside {
            return;
        }
        match self.prices.side(other) {
            Side::Outside => self.extend(even, other),
            Side::Even => self.close(even, other),
            Side::Odd => {}
        }
    }

    fn meet_blossom(&mut self, blossom: u32) {
        let is_odd = self.nest.is_outermost(blossom) && self.prices.side(self.nest.first(blossom)) == Side::Odd;
        if is_odd && self.prices.blossom_dual(blossom, &self.nest) == 0 {
            self.open(blossom);
        }
    }

    /// Two nodes that are matched with each other join the tree, by an edge to a vertex of one of them.
    fn extend(&mut self, even: u32, other: u32) {
        let odd = self.nest.top[other as usize];
        self.place_odd(odd, (even, other));
        self.place_even(self.nest.top[self.nest.partner(odd) as usize]);
    }

    pub fn place_odd(&mut self, node: u32, entry: (u32, u32)) {
        self.entries[node as usize] = entry;
        self.place(node, Side::Odd);
        if self.nest.is_blossom(node) {
            let due = self.prices.fall + self.prices.blossom_dual(node, &self.nest) / 2;
            self.agenda.expect(Event { due, arc: NONE, at: node }, self.prices.fall);
        }
    }

    pub fn place_even(&mut self, node: u32) {
        self.place(node, Side::Even);
        self.look_around(node);
    }

    pub fn place(&mut self, node: u32, side: Side) {
        self.steps += self.prices.assign(node, side, &self.nest);
        self.placed.push(node);
    }

    /// Finds what may come of a node that has become even, or has come to lie outside.
    pub fn look_around(&mut self, node: u32) {
        let is_even = self.prices.side(self.nest.first(node)) == Side::Even;
        let mut next = Some(self.nest.first(node));
        while let Some(vertex) = next {
            self.steps += self.graph.range(vertex).len();
            if is_even {
                self.look_from_even(vertex)
            } else {
                self.look_from_outside(vertex)
            }
            next = self.nest.after(vertex, node);
        }
    }

    fn look_from_even(&mut self, vertex: u32) {
        let fall = self.prices.fall;
        let (dual, top) = (self.prices.dual(vertex), self.nest.top[vertex as usize]);
        self.agenda.expect_end(Ending { due: fall + dual, even: vertex, partner: NONE });
        for at in self.graph.range(vertex) {
            let arc = self.graph.arcs[at];
            let side = self.prices.side(arc.to);
            let node = self.nest.top[arc.to as usize];
            if side == Side::Odd || node == top {
                continue;
            }
            let slack = dual + self.prices.dual(arc.to) - arc.weight;
            // Two even duals fall both.
            let due = fall + if side == Side::Even { slack / 2 } else { slack };
            if due >= self.agenda.ending.due {
                continue;
            }
            if side == Side::Outside && self.nest.partner(node) == NONE {
                self.agenda.expect_end(Ending { due, even: vertex, partner: arc.to });
            } else {
                self.agenda.expect(Event { due, arc: at as u32, at: vertex }, fall);
            }
        }
    }

    fn look_from_outside(&mut self, vertex: u32) {
        for at in self.graph.range(vertex) {
            let arc = self.graph.arcs[at];
            if self.prices.side(arc.to) == Side::Even {
                let due = self.prices.fall + self.prices.dual(vertex) + self.prices.dual(arc.to) - arc.weight;
                self.agenda.expect(Event { due, arc: at as u32, at: vertex }, self.prices.fall);
            }
        }
    }

    /// Matches every second edge from the ending to the root the other way. That adds to the matching what the root's
    /// dual has come to, and the new partner's.
    fn end(&mut self, Ending { mut even, mut partner, .. }: Ending) {
        if partner != NONE {
            self.nest.rebase(self.nest.top[partner as usize], partner);
            self.nest.mate[partner as usize] = even;
        }
        loop {
            let node = self.nest.top[even as usize];
            let former = self.nest.partner(node);
            self.nest.rebase(node, even);
            self.nest.mate[even as usize] = partner;
            if former == NONE {
                return;
            }
            let odd = self.nest.top[former as usize];
            let (above, entered) = self.entries[odd as usize];
            self.nest.rebase(odd, entered);
            self.nest.mate[entered as usize] = above;
            (even, partner) = (above, entered);
        }
    }

    /// Takes the tree down; the duals stay what they have come to.
    fn settle(&mut self) {
        while let Some(node) = self.placed.pop() {
            if self.nest.is_outermost(node) {
                self.steps += self.prices.assign(node, Side::Outside, &self.nest);
            }
        }
    }
}

#[cfg(test)]
impl Solver<'_> {
    /// The vertices and the dual of every blossom, when no tree grows.
    pub fn blossoms(&self) -> Vec<(Vec<u32>, i64)> {
        let dual = |blossom| self.prices.blossom_dual(blossom, &self.nest);
        self.nest.blossoms().map(|blossom| (self.nest.vertices(blossom).collect(), dual(blossom))).collect()
    }
}

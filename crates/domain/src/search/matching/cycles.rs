//! Where the tree closes a cycle to a blossom, and where it opens one.

use super::nest::{Link, NONE, place};
use super::prices::Side;
use super::solver::Solver;

impl Solver<'_> {
    /// Makes a blossom of the cycle that an edge between two even nodes closes. All of it is even then: any of its
    /// vertices can be reached from the root by an even way.
    pub fn close(&mut self, a: u32, b: u32) {
        let cycle = self.cycle(a, b);
        let is_odd = |node: &u32| self.prices.side(self.nest.first(*node)) == Side::Odd;
        let odd: Vec<u32> = cycle.iter().map(|link| link.node).filter(is_odd).collect();
        cycle.iter().for_each(|link| self.prices.freeze(link.node, &self.nest));
        let blossom = self.nest.enclose(cycle);
        self.begin(blossom);
        // All before any looks, lest it take an edge inside for one that leads out.
        odd.iter().for_each(|node| _ = self.prices.assign_inside(*node, Side::Even, &self.nest));
        odd.iter().for_each(|node| self.look_around(*node));
    }

    fn begin(&mut self, blossom: u32) {
        let room = self.marks.len().max(blossom as usize + 1);
        self.marks.resize(room, 0);
        self.entries.resize(room, (NONE, NONE));
        self.prices.begin(blossom);
        self.placed.push(blossom);
    }

    /// From where the ways to the root meet down to the one vertex, over the edge, and up again from the other.
    fn cycle(&mut self, a: u32, b: u32) -> Vec<Link> {
        let meeting = self.meeting(a, b);
        let (down, up) = (self.climb(a, meeting), self.climb(b, meeting));
        let mut cycle = Vec::with_capacity(down.len() + up.len() + 1);
        let mut node = meeting;
        for link in down.iter().rev() {
            cycle.push(Link { node, from: link.to, to: link.from });
            node = link.node;
        }
        cycle.push(Link { node, from: a, to: b });
        cycle.extend(up);
        cycle
    }

    /// The first node that both vertices' ways to the root have in common, the root's at the latest.
    fn meeting(&mut self, a: u32, b: u32) -> u32 {
        self.mark += 1;
        let (mut here, mut there) = (self.nest.top[a as usize], self.nest.top[b as usize]);
        while self.marks[here as usize] != self.mark {
            self.marks[here as usize] = self.mark;
            here = self.even_above(here);
            // A step on either way in turn, so that the longer is not followed far beyond the meeting.
            if there != NONE {
                std::mem::swap(&mut here, &mut there);
            }
        }
        here
    }

    /// The even node two edges nearer to the root; `NONE` above that of the root.
    fn even_above(&self, node: u32) -> u32 {
        let partner = self.nest.partner(node);
        if partner == NONE {
            return NONE;
        }
        let (above, _) = self.entries[self.nest.top[partner as usize] as usize];
        self.nest.top[above as usize]
    }

    /// The way from an even vertex up to an even node.
    fn climb(&self, from: u32, to: u32) -> Vec<Link> {
        let mut way = Vec::new();
        let mut node = self.nest.top[from as usize];
        while node != to {
            let partner = self.nest.partner(node);
            let odd = self.nest.top[partner as usize];
            let (above, entered) = self.entries[odd as usize];
            way.push(Link { node, from: self.nest.base(node), to: partner });
            way.push(Link { node: odd, from: entered, to: above });
            node = self.nest.top[above as usize];
        }
        way
    }

    /// Breaks up an odd blossom whose dual would fall below zero. Of the two ways from where the tree came into it to
    /// its base, the one of even length stays in the tree; the other nodes lie outside again.
    pub fn open(&mut self, blossom: u32) {
        let entry = self.entries[blossom as usize];
        let entered = self.nest.child_with(blossom, entry.1);
        let mut cycle = self.nest.disclose(blossom);
        if place(&cycle, entered).is_multiple_of(2) {
            turn_round(&mut cycle);
        }
        // Now the way that stays is the one onward; none where the tree came in at the base's node.
        let place = if entered == cycle[0].node { cycle.len() } else { place(&cycle, entered) };
        for link in &cycle {
            self.prices.assign_inside(link.node, Side::Outside, &self.nest);
        }
        let (rest, way) = cycle.split_at(place);
        rest[1..].iter().for_each(|link| self.look_around(link.node));
        self.keep(way, cycle[0].node, entry);
    }

    /// Keeps in the tree a way of nodes, every second one even, and the base's node at its end.
    fn keep(&mut self, way: &[Link], last: u32, mut entry: (u32, u32)) {
        for pair in way.chunks_exact(2) {
            self.place_odd(pair[0].node, entry);
            entry = (pair[1].from, pair[1].to);
        }
        self.place_odd(last, entry);
        way.iter().skip(1).step_by(2).for_each(|link| self.place_even(link.node));
    }
}

/// Takes the cycle the other way round, from the same node on.
fn turn_round(cycle: &mut [Link]) {
    let nodes: Vec<u32> = cycle.iter().map(|link| link.node).collect();
    cycle.reverse();
    for (link, node) in cycle.iter_mut().zip(nodes[..1].iter().chain(nodes[1..].iter().rev())) {
        *link = Link { node: *node, from: link.to, to: link.from };
    }
}

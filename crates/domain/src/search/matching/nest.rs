//! Blossoms within blossoms: which vertices stand together, and who is matched with whom.

/// No vertex, no blossom. Half the size of an `Option`, in arrays that the search goes through all the time.
pub(super) const NONE: u32 = u32::MAX;

/// A vertex, or a blossom: an odd cycle of nodes of which all but one, the base's, are matched with each other.
#[derive(Debug, Clone, Copy)]
struct Node {
    /// The blossom in whose cycle it stands.
    parent: u32,
    /// The vertex that is not matched inside.
    base: u32,
    /// Its vertices are a stretch of the chain, and each blossom's lies within that of its parent.
    first: u32,
    last: u32,
}

/// A node of a cycle, and the edge to the node after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Link {
    pub node: u32,
    /// The edge's end in this node.
    pub from: u32,
    /// The edge's end in the next one.
    pub to: u32,
}

pub(super) struct Nest {
    pub mate: Vec<u32>,
    /// The outermost node that each vertex is in.
    pub top: Vec<u32>,
    /// Vertices and then blossoms. A blossom that was broken up leaves its number to a later one.
    nodes: Vec<Node>,
    /// The blossoms' cycles. They begin with the base's node, so that the matched links are those at odd places.
    cycles: Vec<Vec<Link>>,
    unused: Vec<u32>,
    /// Each vertex' next in the chain.
    next: Vec<u32>,
    /// Nodes that are to get this base.
    pending: Vec<(u32, u32)>,
    /// Vertices and links touched.
    pub steps: usize,
}

impl Nest {
    pub fn of(mate: Vec<u32>) -> Self {
        let vertices = 0..mate.len() as u32;
        Self {
            top: vertices.clone().collect(),
            nodes: vertices.map(|at| Node { parent: NONE, base: at, first: at, last: at }).collect(),
            cycles: Vec::new(),
            unused: Vec::new(),
            next: vec![NONE; mate.len()],
            pending: Vec::new(),
            steps: 0,
            mate,
        }
    }

    pub fn is_blossom(&self, node: u32) -> bool {
        node as usize >= self.mate.len()
    }

    pub fn is_outermost(&self, node: u32) -> bool {
        self.top[self.first(node) as usize] == node
    }

    pub fn base(&self, node: u32) -> u32 {
        self.nodes[node as usize].base
    }

    /// The vertex outside that the node is matched with.
    pub fn partner(&self, node: u32) -> u32 {
        self.mate[self.base(node) as usize]
    }

    pub fn first(&self, node: u32) -> u32 {
        self.nodes[node as usize].first
    }

    /// The node's vertex after this one.
    pub fn after(&self, vertex: u32, node: u32) -> Option<u32> {
        (vertex != self.nodes[node as usize].last).then(|| self.next[vertex as usize])
    }

    pub fn vertices(&self, node: u32) -> impl Iterator<Item = u32> {
        std::iter::successors(Some(self.first(node)), move |at| self.after(*at, node))
    }

    pub fn match_pair(&mut self, a: u32, b: u32) {
        self.mate[a as usize] = b;
        self.mate[b as usize] = a;
    }

    /// Makes a blossom of outermost nodes. The first has its base.
    pub fn enclose(&mut self, cycle: Vec<Link>) -> u32 {
        let blossom = self.unused.pop().unwrap_or(self.nodes.len() as u32);
        let mut made = self.nodes[cycle[0].node as usize];
        for link in &cycle[1..] {
            let node = self.nodes[link.node as usize];
            self.next[made.last as usize] = node.first;
            made.last = node.last;
        }
        cycle.iter().for_each(|link| self.nodes[link.node as usize].parent = blossom);
        if blossom as usize == self.nodes.len() {
            self.nodes.push(made);
            self.cycles.push(cycle);
        } else {
            self.nodes[blossom as usize] = made;
            *self.cycle_mut(blossom) = cycle;
        }
        self.raise(blossom);
        blossom
    }

    /// Breaks an outermost blossom up into the nodes of its cycle.
    pub fn disclose(&mut self, blossom: u32) -> Vec<Link> {
        let cycle = std::mem::take(self.cycle_mut(blossom));
        self.unused.push(blossom);
        for link in &cycle {
            self.nodes[link.node as usize].parent = NONE;
            self.raise(link.node);
        }
        cycle
    }

    /// Makes the node the outermost one of its vertices.
    fn raise(&mut self, node: u32) {
        let mut next = Some(self.first(node));
        while let Some(vertex) = next {
            self.top[vertex as usize] = node;
            self.steps += 1;
            next = self.after(vertex, node);
        }
    }

    /// Matches the node's vertices with each other so that this one is left. Not by recursion: blossoms may lie in each
    /// other as deep as there are vertices.
    pub fn rebase(&mut self, node: u32, base: u32) {
        self.pending.push((node, base));
        while let Some((node, base)) = self.pending.pop() {
            if self.base(node) != base {
                self.turn(node, base);
            }
        }
    }

    /// Turns the cycle to the new base's node. Of the two ways from there to the old one, that which begins with a
    /// matched link has its links matched the other way round.
    fn turn(&mut self, blossom: u32, base: u32) {
        let head = self.child_with(blossom, base);
        self.pending.push((head, base));
        let mut cycle = std::mem::take(self.cycle_mut(blossom));
        let place = place(&cycle, head);
        let changed = if place % 2 == 1 { place + 1..cycle.len() } else { 0..place };
        for at in changed.step_by(2) {
            let Link { node, from, to } = cycle[at];
            self.match_pair(from, to);
            self.pending.push((node, from));
            self.pending.push((cycle[(at + 1) % cycle.len()].node, to));
        }
        self.steps += cycle.len();
        cycle.rotate_left(place);
        *self.cycle_mut(blossom) = cycle;
        self.nodes[blossom as usize].base = base;
    }

    /// The node of the blossom's cycle that the vertex is in.
    pub fn child_with(&mut self, blossom: u32, vertex: u32) -> u32 {
        let mut node = vertex;
        while self.nodes[node as usize].parent != blossom {
            node = self.nodes[node as usize].parent;
            self.steps += 1;
        }
        node
    }

    /// How many numbers of nodes are given out.
    pub fn nodes(&self) -> usize {
        self.nodes.len()
    }

    pub fn outermost_blossoms(&self) -> impl Iterator<Item = u32> {
        let of_first =
            |(vertex, top): (u32, &u32)| (self.is_blossom(*top) && self.first(*top) == vertex).then_some(*top);
        (0..).zip(&self.top).filter_map(of_first)
    }

    /// The nodes of the blossom's cycle.
    pub fn children(&self, blossom: u32) -> impl Iterator<Item = u32> {
        self.cycles[blossom as usize - self.mate.len()].iter().map(|link| link.node)
    }

    fn cycle_mut(&mut self, blossom: u32) -> &mut Vec<Link> {
        &mut self.cycles[blossom as usize - self.mate.len()]
    }
}

/// Where in its cycle a node stands.
pub(super) fn place(cycle: &[Link], node: u32) -> usize {
    cycle.iter().position(|link| link.node == node).unwrap_or(0)
}

#[cfg(test)]
impl Nest {
    /// All blossoms, outermost or not.
    pub fn blossoms(&self) -> impl Iterator<Item = u32> {
        (self.mate.len() as u32..self.nodes.len() as u32).filter(|blossom| !self.unused.contains(blossom))
    }
}

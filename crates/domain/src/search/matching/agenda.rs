//! What is going to happen to a tree, and when: by how far the root's dual will have fallen.

use super::nest::NONE;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Ordered by when it is due, and then so that every run has the same order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Event {
    pub due: i64,
    /// The arc that becomes tight; `NONE` where it is a blossom's dual that becomes zero.
    pub arc: u32,
    /// The vertex whose arc it is, or the blossom.
    pub at: u32,
}

/// How the tree would end: with an even vertex that gets a partner, or goes free.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ending {
    pub due: i64,
    pub even: u32,
    /// Free until then; `NONE` where the even vertex' dual becomes zero.
    pub partner: u32,
}

/// Holds only what is due before the tree's ending, which is known early: nothing else will be needed.
pub(super) struct Agenda {
    pub ending: Ending,
    /// Due at once, and so not worth sorting: most edges of a dense window are.
    now: Vec<Event>,
    later: BinaryHeap<Reverse<Event>>,
}

impl Agenda {
    pub fn new() -> Self {
        Self { ending: Ending { due: i64::MAX, even: NONE, partner: NONE }, now: Vec::new(), later: BinaryHeap::new() }
    }

    pub fn clear(&mut self) {
        self.ending = Ending { due: i64::MAX, even: NONE, partner: NONE };
        self.now.clear();
        self.later.clear();
    }

    pub fn expect(&mut self, event: Event, fall: i64) {
        if event.due >= self.ending.due {
            return;
        }
        if event.due == fall { self.now.push(event) } else { self.later.push(Reverse(event)) }
    }

    /// An even vertex stays even and a free one free as long as the tree lives, so an ending can only give way to a
    /// nearer one.
    pub fn expect_end(&mut self, ending: Ending) {
        if ending.due < self.ending.due {
            self.ending = ending;
        }
    }

    /// The next event before the ending.
    pub fn next(&mut self) -> Option<Event> {
        let next = self.now.pop().or_else(|| self.later.pop().map(|Reverse(event)| event));
        next.filter(|event| event.due < self.ending.due)
    }
}

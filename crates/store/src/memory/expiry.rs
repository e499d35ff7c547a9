use domain::{MatchId, PlayerId, QueueName, TicketId};
use std::collections::{BTreeSet, HashMap};
use tokio::time::Instant;

/// What is kept for a while after its end, or after its last change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kept {
    Ticket(TicketId),
    Player(PlayerId),
    Match(MatchId),
    Arrivals(QueueName),
    Recent(PlayerId),
}

/// When what is over may be forgotten.
#[derive(Debug, Default)]
pub(super) struct Expiry {
    at: HashMap<Kept, Instant>,
    order: BTreeSet<(Instant, Kept)>,
}

impl Expiry {
    /// Lets `kept` go at `at`, whatever was said of it before.
    pub(super) fn set(&mut self, kept: Kept, at: Instant) {
        self.clear(&kept);
        self.order.insert((at, kept.clone()));
        self.at.insert(kept, at);
    }

    /// Keeps it for good.
    pub(super) fn clear(&mut self, kept: &Kept) {
        if let Some(at) = self.at.remove(kept) {
            self.order.remove(&(at, kept.clone()));
        }
    }

    /// Takes the next that has run out.
    pub(super) fn pop(&mut self, now: Instant) -> Option<Kept> {
        let (at, _) = self.order.first()?;
        if *at > now {
            return None;
        }
        let (_, kept) = self.order.pop_first()?;
        self.at.remove(&kept);
        Some(kept)
    }
}

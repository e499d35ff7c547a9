use crate::IndexedTicket;
use domain::{InstanceId, Look, Placement, Ticket, TicketId};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A rating as an index orders it.
#[derive(Debug, Clone, Copy)]
struct Rating(f64);

impl Rating {
    /// Adding 0 makes the two zeros one.
    fn of(rating: f64) -> Self {
        Self(rating + 0.0)
    }
}

impl PartialEq for Rating {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Rating {}

impl PartialOrd for Rating {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Rating {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

type Index = BTreeMap<(Rating, TicketId), IndexedTicket>;

/// Where QUEUED tickets stand: the index of each place, the deadlines, and who holds which.
#[derive(Debug, Default)]
pub(super) struct Queues {
    /// By queue, pool and region.
    places: HashMap<(String, String, String), Index>,
    pub(super) deadlines: BTreeSet<(u64, TicketId)>,
    pub(super) held: BTreeMap<InstanceId, BTreeSet<TicketId>>,
}

fn place_key(place: &Placement) -> (String, String, String) {
    (place.queue.to_string(), place.pool.clone(), place.region.clone())
}

impl Queues {
    pub(super) fn insert(&mut self, ticket: &Ticket) {
        for place in &ticket.places {
            let indexed = IndexedTicket {
                id: ticket.id,
                version: ticket.version,
                queued_ms: ticket.queued_ms,
                tries: ticket.tries,
                party: ticket.party.clone(),
            };
            let index = self.places.entry(place_key(place)).or_default();
            index.insert((Rating::of(place.rating), ticket.id), indexed);
        }
        self.deadlines.insert((ticket.expires_ms, ticket.id));
        self.held.entry(ticket.holder.clone()).or_default().insert(ticket.id);
    }

    pub(super) fn remove(&mut self, ticket: &Ticket) {
        for place in &ticket.places {
            let key = place_key(place);
            let Some(index) = self.places.get_mut(&key) else { continue };
            index.remove(&(Rating::of(place.rating), ticket.id));
            if index.is_empty() {
                self.places.remove(&key);
            }
        }
        self.deadlines.remove(&(ticket.expires_ms, ticket.id));
        self.let_go(&ticket.holder, ticket.id);
    }

    fn let_go(&mut self, holder: &InstanceId, id: TicketId) {
        let Some(tickets) = self.held.get_mut(holder) else { return };
        tickets.remove(&id);
        if tickets.is_empty() {
            self.held.remove(holder);
        }
    }

    pub(super) fn hand_over(&mut self, ticket: &Ticket, to: &InstanceId) {
        self.let_go(&ticket.holder, ticket.id);
        self.held.entry(to.clone()).or_default().insert(ticket.id);
    }

    pub(super) fn range(&self, look: &Look, limit: usize) -> Vec<IndexedTicket> {
        let mut found = Vec::new();
        // Nothing lies between bounds that are reversed, or that are no numbers.
        if look.low.is_nan() || look.high.is_nan() || look.low > look.high {
            return found;
        }
        for region in &look.regions {
            let key = (look.queue.to_string(), look.pool.clone(), region.clone());
            let Some(index) = self.places.get(&key) else { continue };
            found.extend(outward(index, look).take(limit - found.len()).cloned());
        }
        found
    }
}

/// What an index holds of a look, from its middle outward.
fn outward<'a>(index: &'a Index, look: &Look) -> impl Iterator<Item = &'a IndexedTicket> + use<'a> {
    let middle = look.middle();
    let (low, high) = ((Rating::of(look.low), TicketId(0)), (Rating::of(look.high), TicketId(u128::MAX)));
    let split = (Rating::of(middle).max(low.0).min(high.0), TicketId(0));
    let mut above = index.range(split..=high).peekable();
    let mut below = index.range(low..split).rev().peekable();
    std::iter::from_fn(move || {
        let up = above.peek().map(|((rating, _), _)| rating.0 - middle);
        let down = below.peek().map(|((rating, _), _)| middle - rating.0);
        match (up, down) {
            (Some(up), Some(down)) if down < up => below.next(),
            (Some(_), _) => above.next(),
            (None, _) => below.next(),
        }
        .map(|(_, ticket)| ticket)
    })
}

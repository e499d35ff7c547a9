use crate::bounds::{answered, is_whole};
use crate::{IndexedRange, IndexedTicket};
use domain::{IndexRating, InstanceId, Look, Placement, Ticket, TicketId};
use std::collections::{BTreeMap, BTreeSet, HashMap};

type Index = BTreeMap<(IndexRating, TicketId), IndexedTicket>;

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
            let index = self.places.entry(place_key(place)).or_default();
            index.insert((IndexRating::of(place.rating), ticket.id), IndexedTicket::of(ticket, place.rating));
        }
        self.deadlines.insert((ticket.expires_ms, ticket.id));
        self.held.entry(ticket.holder.clone()).or_default().insert(ticket.id);
    }

    pub(super) fn remove(&mut self, ticket: &Ticket) {
        for place in &ticket.places {
            let key = place_key(place);
            let Some(index) = self.places.get_mut(&key) else { continue };
            index.remove(&(IndexRating::of(place.rating), ticket.id));
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

    pub(super) fn range(&self, look: &Look, limit: usize) -> IndexedRange {
        let key = |region: &String| (look.queue.to_string(), look.pool.clone(), region.clone());
        let indexes = look.regions.iter().filter_map(|region| self.places.get(&key(region)));
        let nearest = indexes.flat_map(|index| look.outward(index));
        let bytes = |ticket: &IndexedTicket| ticket.party.0.len();
        let tickets: Vec<IndexedTicket> = answered(nearest, limit, |ticket| bytes(ticket)).cloned().collect();
        IndexedRange { is_whole: is_whole(limit, tickets.iter().map(bytes)), tickets }
    }
}

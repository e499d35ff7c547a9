//! Who waits, in the order of the live index: by pool and region, then rating.

use domain::{Candidate, IndexRating, Look, Placement, TicketId};
use std::collections::BTreeMap;

/// Tickets of one pool and home region, by rating.
type Index = BTreeMap<(IndexRating, TicketId), usize>;

/// Waiting tickets by their number in the crowd.
pub struct Line {
    /// By pool, then by region.
    places: BTreeMap<String, BTreeMap<String, Index>>,
    waiting: Vec<Option<Waiter>>,
}

struct Waiter {
    place: Placement,
    /// None while it is lent to a search.
    candidate: Option<Candidate>,
}

impl Line {
    /// For tickets numbered below `tickets`.
    pub fn new(tickets: usize) -> Self {
        Self { places: BTreeMap::new(), waiting: (0..tickets).map(|_| None).collect() }
    }

    pub fn holds(&self, number: usize) -> bool {
        self.waiting.get(number).is_some_and(Option::is_some)
    }

    pub fn insert(&mut self, number: usize, candidate: Candidate, place: Placement) {
        let regions = self.places.entry(place.pool.clone()).or_default();
        let index = regions.entry(place.region.clone()).or_default();
        index.insert((IndexRating::of(place.rating), candidate.id), number);
        self.waiting[number] = Some(Waiter { place, candidate: Some(candidate) });
    }

    /// Takes the ticket `id` out, whether or not it is lent.
    pub fn remove(&mut self, number: usize, id: TicketId) {
        let Some(Waiter { place, .. }) = self.waiting[number].take() else { return };
        let regions = self.places.get_mut(&place.pool);
        if let Some(index) = regions.and_then(|regions| regions.get_mut(&place.region)) {
            index.remove(&(IndexRating::of(place.rating), id));
        }
    }

    /// Up to `max` tickets of a look, its first region first and each from the middle of the look outward.
    pub fn read(&self, look: &Look, max: usize) -> Vec<usize> {
        let mut read = Vec::new();
        let Some(regions) = self.places.get(&look.pool) else { return read };
        for index in look.regions.iter().filter_map(|region| regions.get(region)) {
            read.extend(look.outward(index).take(max - read.len()));
        }
        read
    }

    /// Hands out the candidates of tickets that wait, so that a search need not copy them.
    pub fn lend(&mut self, numbers: &[usize]) -> Vec<Candidate> {
        numbers.iter().filter_map(|number| self.waiting[*number].as_mut()?.candidate.take()).collect()
    }

    /// Takes back what was lent of those who still wait.
    pub fn take_back(&mut self, numbers: &[usize], candidates: Vec<Candidate>) {
        for (number, candidate) in numbers.iter().zip(candidates) {
            if let Some(waiter) = &mut self.waiting[*number] {
                waiter.candidate = Some(candidate);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Party, Player};

    fn line(ratings: &[(f64, &str)]) -> Line {
        let mut line = Line::new(ratings.len());
        for (number, (rating, region)) in ratings.iter().enumerate() {
            let party = Party::try_new(vec![Player::new(format!("p{number}").parse().unwrap(), *rating)]).unwrap();
            let candidate = Candidate { id: TicketId(number as u128), version: 1, queued_ms: 0, tries: 0, party };
            let place = Placement {
                queue: "q".parse().unwrap(),
                pool: String::new(),
                region: (*region).to_owned(),
                rating: *rating,
            };
            line.insert(number, candidate, place);
        }
        line
    }

    fn look(low: f64, high: f64, regions: &[&str]) -> Look {
        let regions = regions.iter().map(|region| (*region).to_owned()).collect();
        Look { queue: "q".parse().unwrap(), pool: String::new(), regions, low, high, passed_over: 0 }
    }

    #[test]
    fn a_look_reads_near_regions_first_and_outward_from_its_middle() {
        let line = line(&[(1500.0, "eu"), (1400.0, "eu"), (1530.0, "eu"), (1510.0, "us"), (1700.0, "eu")]);
        assert_eq!(line.read(&look(1400.0, 1600.0, &["eu", "us"]), 9), [0, 2, 1, 3]);
        assert_eq!(line.read(&look(1400.0, 1600.0, &["us", "eu"]), 2), [3, 0]);
        assert_eq!(line.read(&look(1600.0, 1400.0, &["eu"]), 9), [0_usize; 0]);
    }

    #[test]
    fn who_leaves_while_lent_does_not_come_back() {
        let mut line = line(&[(1500.0, ""), (1510.0, "")]);
        let lent = line.lend(&[0, 1]);
        line.remove(0, TicketId(0));
        line.take_back(&[0, 1], lent);
        assert!(!line.holds(0) && line.holds(1));
        assert_eq!(line.read(&look(0.0, 3000.0, &[""]), 9), [1]);
        assert_eq!(line.lend(&[1]).len(), 1);
    }
}

use domain::{Party, Placement, RuleSet, Rules, Ticket, TicketId};
use std::sync::Arc;
use store::Enqueue;

/// A ticket in one of its queues, as the schedule remembers it.
#[derive(Debug, Clone)]
pub struct Waiting {
    pub id: TicketId,
    pub rules: Arc<Rules>,
    pub party: Arc<Party>,
    pub place: Placement,
    pub queued_ms: u64,
    pub tries: u32,
    /// The width at which it was last looked for.
    pub width: u32,
    /// W3C `traceparent` of its trace; empty when it has none.
    pub trace: Arc<str>,
}

impl Waiting {
    /// The ticket once for each of its queues that has rules here.
    pub fn in_queues<'a>(ticket: &'a Ticket, party: Arc<Party>, rules: &'a RuleSet) -> impl Iterator<Item = Self> + 'a {
        let trace: Arc<str> = ticket.trace.as_str().into();
        ticket.places.iter().filter_map(move |place| {
            Some(Self {
                id: ticket.id,
                rules: rules.get(&place.queue)?.clone(),
                party: party.clone(),
                place: place.clone(),
                queued_ms: ticket.queued_ms,
                tries: ticket.tries,
                width: ticket.width,
                trace: trace.clone(),
            })
        })
    }

    /// The ticket as it would be, in case it was stored though the store did not answer.
    pub fn if_stored(enqueue: &Enqueue, party: &Arc<Party>, rules: &RuleSet) -> Vec<Self> {
        let trace: Arc<str> = enqueue.trace.as_str().into();
        let in_queue = |place: &Placement| {
            Some(Self {
                id: enqueue.id,
                rules: rules.get(&place.queue)?.clone(),
                party: party.clone(),
                place: place.clone(),
                queued_ms: enqueue.queued_ms,
                tries: 0,
                width: 0,
                trace: trace.clone(),
            })
        };
        enqueue.places.iter().filter_map(in_queue).collect()
    }

    /// How long it has waited, in ms.
    pub fn age_ms(&self, now_ms: u64) -> u64 {
        now_ms.saturating_sub(self.queued_ms)
    }

    /// How wide to look for it now.
    pub fn width_at(&self, now_ms: u64) -> u32 {
        self.rules.width(self.age_ms(now_ms), self.tries)
    }

    /// When to look for it again after a look at `now_ms`.
    pub fn next_look_ms(&self, now_ms: u64) -> u64 {
        now_ms + self.rules.look_again_ms(self.age_ms(now_ms))
    }
}

#[cfg(test)]
pub mod testing {
    use super::*;
    use domain::Player;

    const RULES: &str = r#"
        queue = "duel"
        teams = [1, 1]
        longest_wait_s = 60
        longest_match_s = 60
        [price]
        rating_gap = 0.1
        [patience]
        start_s = 5
        per_s = 1
        [look]
        width_max = 2
        rating = { start = 100, factor = 2 }
    "#;

    /// When every ticket began to wait.
    pub const NOW_MS: u64 = 1_000_000;

    /// Solo tickets of these ratings, numbered from 0.
    pub fn solos(ratings: &[f64]) -> Vec<Waiting> {
        let rules = Arc::new(Rules::parse(RULES).unwrap());
        (0..).zip(ratings).map(|(number, rating)| solo(&rules, number, *rating)).collect()
    }

    fn solo(rules: &Arc<Rules>, number: u128, rating: f64) -> Waiting {
        let party = Party::try_new(vec![Player::new(format!("p{number}").parse().unwrap(), rating)]).unwrap();
        let (place, party, id) = (rules.place(&party), Arc::new(party), TicketId(number));
        Waiting { id, rules: rules.clone(), party, place, queued_ms: NOW_MS, tries: 0, width: 0, trace: "".into() }
    }
}

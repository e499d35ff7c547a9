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
    pub fn in_queues(ticket: &Ticket, party: &Arc<Party>, rules: &RuleSet) -> Vec<Self> {
        let fresh = Self::fresh(ticket.id, &ticket.places, ticket.queued_ms, &ticket.trace, party, rules);
        fresh.into_iter().map(|waiting| Self { tries: ticket.tries, width: ticket.width, ..waiting }).collect()
    }

    /// The same for a ticket that is about to be stored, whose tries are known only then.
    pub fn before_stored(enqueue: &Enqueue, party: &Arc<Party>, rules: &RuleSet) -> Vec<Self> {
        Self::fresh(enqueue.id, &enqueue.places, enqueue.queued_ms, &enqueue.trace, party, rules)
    }

    fn fresh(
        id: TicketId,
        places: &[Placement],
        queued_ms: u64,
        trace: &str,
        party: &Arc<Party>,
        rules: &RuleSet,
    ) -> Vec<Self> {
        let trace: Arc<str> = trace.into();
        let in_queue = |place: &Placement| {
            let (rules, party) = (rules.get(&place.queue)?.clone(), party.clone());
            let (place, trace) = (place.clone(), trace.clone());
            Some(Self { id, rules, party, place, queued_ms, tries: 0, width: 0, trace })
        };
        places.iter().filter_map(in_queue).collect()
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

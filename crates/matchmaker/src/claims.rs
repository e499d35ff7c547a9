//! Tickets that stand in a proposal here, or did not long ago. Another range may have been read before that was known: whoever searches it
//! with them proposes in vain. As the ranges of one pool come to one matchmaker, that spares most conflicts.

use crate::config::{CLAIMS_KEPT, CLAIMS_MAX};
use api::v1;
use domain::{Candidate, TicketId};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::time::Instant;

/// A ticket as it was read: one that comes back into its queue has another version.
type Read = (TicketId, u64);

#[derive(Clone, Default)]
pub struct Claims(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// How many claims there are of each; of those in work more than one only where ranges were searched at the same time.
    claimed: HashMap<Read, u32>,
    /// Those that are matched, and until when they are remembered.
    matched: VecDeque<(Instant, Read)>,
}

/// The tickets of one proposal. Free again when it is dropped, unless they are matched.
pub struct Claim {
    claims: Claims,
    tickets: Vec<Read>,
}

impl Claims {
    /// Leaves those that nobody claims.
    pub fn leave_free(&self, candidates: &mut Vec<v1::Candidate>) {
        let mut state = self.state();
        state.forget_old();
        let is_claimed = |candidate: &v1::Candidate| {
            let id = api::ticket_id_from_bytes("candidates", &candidate.ticket_id);
            id.is_ok_and(|id| state.claimed.contains_key(&(id, candidate.version)))
        };
        candidates.retain(|candidate| !is_claimed(candidate));
    }

    /// Claims the tickets of a proposal; none where one of them was claimed meanwhile.
    pub fn claim<'a>(&self, tickets: impl Iterator<Item = &'a Candidate>) -> Option<Claim> {
        let tickets: Vec<Read> = tickets.map(|ticket| (ticket.id, ticket.version)).collect();
        let mut state = self.state();
        if tickets.iter().any(|ticket| state.claimed.contains_key(ticket)) {
            return None;
        }
        tickets.iter().for_each(|ticket| state.add(*ticket));
        drop(state);
        Some(Claim { claims: self.clone(), tickets })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Claim {
    /// They wait no longer: remembered for as long as a range may be under way in which they do.
    pub fn note_matched(&self) {
        self.keep(|_| true);
    }

    /// One of them was not as it was read.
    pub fn lost(&self, id: TicketId) {
        self.keep(|ticket| ticket.0 == id);
    }

    fn keep(&self, is_kept: impl Fn(&Read) -> bool) {
        let mut state = self.claims.state();
        let until = Instant::now() + CLAIMS_KEPT;
        for ticket in self.tickets.iter().filter(|ticket| is_kept(ticket)) {
            state.add(*ticket);
            state.matched.push_back((until, *ticket));
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut state = self.claims.state();
        self.tickets.iter().for_each(|ticket| state.remove(ticket));
    }
}

impl State {
    fn add(&mut self, ticket: Read) {
        *self.claimed.entry(ticket).or_default() += 1;
    }

    fn remove(&mut self, ticket: &Read) {
        if let Some(count) = self.claimed.get_mut(ticket) {
            *count -= 1;
            if *count == 0 {
                self.claimed.remove(ticket);
            }
        }
    }

    fn forget_old(&mut self) {
        let now = Instant::now();
        let is_old = |matched: &VecDeque<(Instant, Read)>| {
            matched.len() > CLAIMS_MAX || matched.front().is_some_and(|(until, _)| *until <= now)
        };
        while is_old(&self.matched) {
            if let Some((_, ticket)) = self.matched.pop_front() {
                self.remove(&ticket);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Party, Player};

    fn tickets() -> [Candidate; 2] {
        [1, 2].map(|number| {
            let player = Player::new(format!("p{number}").parse().unwrap(), 1500.0);
            let party = Party::try_new(vec![player]).unwrap();
            Candidate { id: TicketId(number), version: 1, queued_ms: 0, tries: 0, party }
        })
    }

    fn free(claims: &Claims) -> Vec<u64> {
        let wire = |ticket: &Candidate| v1::Candidate {
            ticket_id: api::ticket_id_to_bytes(ticket.id),
            version: ticket.version,
            ..Default::default()
        };
        let mut candidates: Vec<v1::Candidate> = tickets().iter().map(wire).collect();
        claims.leave_free(&mut candidates);
        candidates.iter().map(|left| api::ticket_id_from_bytes("", &left.ticket_id).unwrap().0 as u64).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn tickets_of_a_proposal_are_claimed_once_and_free_again_when_it_came_to_nothing() {
        let claims = Claims::default();
        let claim = claims.claim(tickets().iter()).unwrap();
        assert_eq!(free(&claims), [0_u64; 0]);
        assert!(claims.claim(tickets()[..1].iter()).is_none());
        claim.lost(TicketId(1));
        drop(claim);
        assert_eq!(free(&claims), [2], "all but who was not as he was read");
    }

    #[tokio::test(start_paused = true)]
    async fn the_matched_are_remembered_for_a_while() {
        let claims = Claims::default();
        let claim = claims.claim(tickets().iter()).unwrap();
        claim.note_matched();
        drop(claim);
        assert_eq!(free(&claims), [0_u64; 0]);
        tokio::time::advance(CLAIMS_KEPT).await;
        assert_eq!(free(&claims), [1, 2]);
    }
}

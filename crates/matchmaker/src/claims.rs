//! Tickets that stand in a proposal here, or did not long ago. Another range may have been read before that was known: whoever searches it
//! with them proposes in vain. As the ranges of one pool come to one matchmaker, that spares most conflicts.

use crate::config::{CLAIMS_KEPT, CLAIMS_MAX};
use api::v1;
use domain::{Candidate, TicketId};
use parking_lot::Mutex;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use tokio::time::Instant;

/// A ticket as it was read: one that comes back into its queue has another version.
type Read = (TicketId, u64);

#[derive(Clone, Default)]
pub struct Claims(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// Tickets whose proposals are in work.
    proposed: HashSet<Read>,
    /// Tickets that wait no longer as they were read.
    settled: HashSet<Read>,
    /// Those of `settled`, each with when it is forgotten, the first to be forgotten first.
    remembered: VecDeque<(Instant, Read)>,
}

/// The tickets of one proposal. Free again when it is dropped, unless they are matched.
pub struct Claim {
    claims: Claims,
    tickets: Vec<Read>,
}

impl Claims {
    /// Keeps the candidates that nobody claims. Returns those of the others whose proposals are in work: they may wait on.
    pub fn leave_free(&self, candidates: &mut Vec<v1::Candidate>) -> HashSet<TicketId> {
        let mut state = self.0.lock();
        state.forget_old();
        let mut undecided = HashSet::new();
        let is_free = |candidate: &v1::Candidate| {
            let Ok(id) = api::ticket_id_from_bytes("candidates", &candidate.ticket_id) else { return true };
            let read = (id, candidate.version);
            let (is_proposed, is_settled) = (state.proposed.contains(&read), state.settled.contains(&read));
            undecided.extend((is_proposed && !is_settled).then_some(id));
            !is_proposed && !is_settled
        };
        candidates.retain(is_free);
        undecided
    }

    /// Claims the tickets of a proposal; none where one of them was claimed meanwhile.
    pub fn claim<'a>(&self, tickets: impl Iterator<Item = &'a Candidate>) -> Option<Claim> {
        let tickets: Vec<Read> = tickets.map(|ticket| (ticket.id, ticket.version)).collect();
        let mut state = self.0.lock();
        if tickets.iter().any(|ticket| state.proposed.contains(ticket) || state.settled.contains(ticket)) {
            return None;
        }
        state.proposed.extend(&tickets);
        drop(state);
        Some(Claim { claims: self.clone(), tickets })
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
        let mut state = self.claims.0.lock();
        let until = Instant::now() + CLAIMS_KEPT;
        for ticket in self.tickets.iter().filter(|ticket| is_kept(ticket)) {
            state.settled.insert(*ticket);
            state.remembered.push_back((until, *ticket));
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut state = self.claims.0.lock();
        self.tickets.iter().for_each(|ticket| {
            state.proposed.remove(ticket);
        });
    }
}

impl State {
    fn forget_old(&mut self) {
        let now = Instant::now();
        let is_old = |remembered: &VecDeque<(Instant, Read)>| {
            remembered.len() > CLAIMS_MAX || remembered.front().is_some_and(|(until, _)| *until <= now)
        };
        while is_old(&self.remembered) {
            if let Some((_, ticket)) = self.remembered.pop_front() {
                self.settled.remove(&ticket);
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

    fn read() -> Vec<v1::Candidate> {
        let wire = |ticket: &Candidate| v1::Candidate {
            ticket_id: api::ticket_id_to_bytes(ticket.id),
            version: ticket.version,
            ..Default::default()
        };
        tickets().iter().map(wire).collect()
    }

    fn undecided(claims: &Claims) -> Vec<u64> {
        let mut undecided: Vec<u64> = claims.leave_free(&mut read()).into_iter().map(|id| id.0 as u64).collect();
        undecided.sort_unstable();
        undecided
    }

    fn free(claims: &Claims) -> Vec<u64> {
        let mut candidates = read();
        claims.leave_free(&mut candidates);
        candidates.iter().map(|left| api::ticket_id_from_bytes("", &left.ticket_id).unwrap().0 as u64).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn tickets_of_a_proposal_are_claimed_once_and_free_again_when_it_came_to_nothing() {
        let claims = Claims::default();
        let claim = claims.claim(tickets().iter()).unwrap();
        assert_eq!(free(&claims), [0_u64; 0]);
        assert_eq!(undecided(&claims), [1, 2]);
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
        assert_eq!(undecided(&claims), [0_u64; 0]);
        tokio::time::advance(CLAIMS_KEPT).await;
        assert_eq!(free(&claims), [1, 2]);
    }
}

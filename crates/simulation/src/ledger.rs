//! What the store did, in its own order: hashed, and checked against what no store may do, what no rules allow, and what nobody should
//! wait for.

use crate::judge;
use crate::run::EPOCH_MS;
use crate::waiting::Waiting;
use domain::{MatchId, RuleSet, Ticket, TicketId, TicketState};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;
use store::{CommitOutcome, CommitRequest, EnqueueOutcome, Fence, Leadership, LeaveOutcome};
use turmoil::sim_elapsed;

/// Shared by all that write into it.
#[derive(Clone)]
pub struct Ledger(Arc<Mutex<Pages>>);

struct Pages {
    /// By which every match is judged, whatever the services go by.
    rules: RuleSet,
    hasher: DefaultHasher,
    /// Also to standard output.
    told: bool,
    fence: Option<Fence>,
    tickets: HashMap<TicketId, Life>,
    waiting: Waiting,
    commits: usize,
    broken: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Queued,
    Matched(MatchId),
    Over,
}

impl Ledger {
    /// Of a run under these rules; `told` if it is also to tell what it takes in.
    pub fn new(rules: RuleSet, told: bool) -> Self {
        let (hasher, tickets, waiting) = (DefaultHasher::new(), HashMap::new(), Waiting::default());
        let pages = Pages { rules, hasher, told, fence: None, tickets, waiting, commits: 0, broken: Vec::new() };
        Self(Arc::new(Mutex::new(pages)))
    }

    /// Takes one line of what happened into the hash.
    pub fn line(&self, who: &str, asked: &str, answer: &impl Debug) {
        let mut pages = self.0.lock();
        let line = format!("{:>9.3} {who:<14} {asked} = {answer:?}", sim_elapsed().unwrap_or_default().as_secs_f64());
        line.hash(&mut pages.hasher);
        if pages.told {
            println!("{line}");
        }
    }

    /// Of everything that happened: equal for equal runs.
    pub fn hash(&self) -> u64 {
        self.0.lock().hasher.finish()
    }

    pub fn commits(&self) -> usize {
        self.0.lock().commits
    }

    /// What was done and should not have been, or was not done and should have been, in a run that took so long.
    pub fn broken(&self, lasted: Duration) -> Vec<String> {
        let pages = self.0.lock();
        let mut broken = pages.broken.clone();
        broken.extend(pages.waiting.overdue(EPOCH_MS + lasted.as_millis() as u64));
        broken
    }

    /// Whether the ticket waits or plays.
    pub fn is_live(&self, ticket: TicketId) -> bool {
        self.0.lock().tickets.get(&ticket).is_some_and(|life| *life != Life::Over)
    }

    /// The fence that was given out last.
    pub fn fence(&self) -> Option<Fence> {
        self.0.lock().fence.clone()
    }

    pub fn enqueued(&self, outcome: &EnqueueOutcome) {
        if let EnqueueOutcome::Queued(ticket) = outcome {
            let mut pages = self.0.lock();
            pages.tickets.insert(ticket.id, Life::Queued);
            pages.came(ticket);
        }
    }

    pub fn left(&self, outcome: &LeaveOutcome) {
        if let LeaveOutcome::Left(ticket) = outcome {
            let mut pages = self.0.lock();
            pages.tickets.insert(ticket.id, Life::Over);
            let Pages { waiting, rules, .. } = &mut *pages;
            let went = match ticket.state {
                TicketState::Expired => waiting.expired(rules, ticket.id, now_ms()),
                _ => waiting.went(ticket.id, now_ms()),
            };
            pages.broken.extend(went.err());
        }
    }

    pub fn led(&self, leadership: &Leadership) {
        if let Leadership::Leading { fence, .. } = leadership {
            self.0.lock().fence = Some(fence.clone());
        }
    }

    pub fn resigned(&self, fence: &Fence) {
        let mut pages = self.0.lock();
        if pages.fence.as_ref() == Some(fence) {
            pages.fence = None;
        }
    }

    /// The store did `verb` for a mover that showed `fence`.
    pub fn written(&self, fence: &Fence, verb: &str) {
        let mut pages = self.0.lock();
        if pages.fence.as_ref() != Some(fence) {
            pages.broken.push(format!("fence: this was done for a mover that does not lead: {verb}"));
        }
    }

    pub fn committed(&self, request: &CommitRequest, outcome: &CommitOutcome) {
        if !matches!(outcome, CommitOutcome::Committed { .. }) {
            return;
        }
        let mut pages = self.0.lock();
        pages.commits += 1;
        if let Some(violation) = judge::violation(&pages.rules, request) {
            pages.broken.push(format!("rules: match {} was committed: {violation}", request.match_id));
        }
        for ticket in &request.tickets {
            let before = pages.tickets.insert(ticket.id, Life::Matched(request.match_id));
            let went = pages.waiting.went(ticket.id, now_ms());
            pages.broken.extend(went.err());
            if before != Some(Life::Queued) {
                let (ticket, id) = (ticket.id, request.match_id);
                pages.broken.push(format!("double: ticket {ticket} was committed to match {id} while {before:?}"));
            }
        }
    }

    /// Ticket `id` is no longer in `matched`, which is over; `back` is the ticket if it is queued again.
    pub fn given_back(&self, matched: MatchId, id: TicketId, back: Option<&Ticket>) {
        let mut pages = self.0.lock();
        // A repeated call finds it in another match, or gone for good.
        if pages.tickets.get(&id) == Some(&Life::Matched(matched)) {
            pages.tickets.insert(id, if back.is_some() { Life::Queued } else { Life::Over });
            if let Some(ticket) = back {
                pages.came(ticket);
            }
        }
    }
}

impl Pages {
    fn came(&mut self, ticket: &Ticket) {
        let came = self.waiting.came(ticket, now_ms());
        self.broken.extend(came.err());
    }
}

/// As every service's clock reads now, in ms since the Unix epoch.
fn now_ms() -> u64 {
    EPOCH_MS + sim_elapsed().unwrap_or_default().as_millis() as u64
}

use super::arrivals::Arrivals;
use super::expiry::{Expiry, Kept};
use super::history::{History, News};
use super::queues::Queues;
use crate::bounds::{TERMINAL_KEPT_MS, TRIES_KEPT_MS};
use crate::recent::Recent;
use crate::{Bounds, Fence, NOBODY, Snapshot, Subject};
use domain::{Change, Cursor, Instance, InstanceId, Match, MatchId, PlayerId, Role, Ticket, TicketId};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// What is remembered of a player beyond his ticket.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    pub(super) ticket: Option<TicketId>,
    pub(super) tries: u32,
}

#[derive(Debug, Clone)]
pub(super) struct Lead {
    pub(super) fence: Fence,
    pub(super) id: InstanceId,
    pub(super) until: Instant,
}

/// Everything a realm is, under one lock.
#[derive(Debug)]
pub(super) struct State {
    pub(super) bounds: Bounds,
    pub(super) tickets: HashMap<TicketId, Ticket>,
    pub(super) players: HashMap<PlayerId, Remembered>,
    pub(super) matches: HashMap<MatchId, Match>,
    /// By due_ms; `due_at` finds the entry of a match.
    pub(super) due: BTreeSet<(u64, MatchId)>,
    pub(super) due_at: HashMap<MatchId, u64>,
    pub(super) queues: Queues,
    pub(super) arrivals: Arrivals,
    pub(super) recent: Recent,
    pub(super) watchers: HashMap<Subject, Vec<InstanceId>>,
    pub(super) history: History,
    pub(super) expiry: Expiry,
    pub(super) lead: Option<Lead>,
    pub(super) instances: BTreeMap<(Role, InstanceId), (Instance, Instant)>,
}

impl State {
    pub(super) fn new(bounds: Bounds, appended: Arc<Notify>) -> Self {
        Self {
            bounds,
            tickets: HashMap::new(),
            players: HashMap::new(),
            matches: HashMap::new(),
            due: BTreeSet::new(),
            due_at: HashMap::new(),
            queues: Queues::default(),
            arrivals: Arrivals::default(),
            recent: Recent::default(),
            watchers: HashMap::new(),
            history: History::new(appended),
            expiry: Expiry::default(),
            lead: None,
            instances: BTreeMap::new(),
        }
    }

    pub(super) fn forget_expired(&mut self, now: Instant) {
        while let Some(kept) = self.expiry.pop(now) {
            match kept {
                Kept::Ticket(id) => {
                    self.tickets.remove(&id);
                    self.watchers.remove(&Subject::Ticket(id));
                }
                Kept::Player(id) => {
                    self.players.remove(&id);
                    self.watchers.remove(&Subject::Player(id));
                }
                Kept::Match(id) => {
                    self.matches.remove(&id);
                }
                Kept::Arrivals(queue) => self.arrivals.forget(&queue),
                Kept::Recent(player) => self.recent.forget(&player),
            }
        }
    }

    pub(super) fn leads(&self, fence: &Fence) -> bool {
        self.leading().is_some_and(|lead| lead.fence == *fence)
    }

    pub(super) fn leading(&self) -> Option<&Lead> {
        self.lead.as_ref().filter(|lead| lead.until > Instant::now())
    }

    /// `host` first, if any, then whoever watches a ticket or one of its players, each once.
    pub(super) fn watchers_of(&self, hosts: &[&InstanceId], tickets: &[&Ticket]) -> Vec<InstanceId> {
        let mut found: Vec<InstanceId> = hosts.iter().copied().cloned().collect();
        found.dedup();
        for ticket in tickets {
            for subject in Subject::all_of(ticket) {
                for watcher in self.watchers.get(&subject).into_iter().flatten() {
                    if !found.contains(watcher) {
                        found.push(watcher.clone());
                    }
                }
            }
        }
        found
    }

    /// Appends the event of a change to one ticket.
    pub(super) fn tell_ticket(&mut self, change: Change, ticket: &Ticket, at_ms: u64, reason: &str) -> Cursor {
        let watchers = self.watchers_of(&[], &[ticket]);
        self.history.append(News { change, at_ms, tickets: &[ticket], matched: None, watchers, reason })
    }

    /// Appends the event of a change to a match, and notes it on every one of its tickets.
    pub(super) fn tell_match(&mut self, change: Change, matched: &Match, at_ms: u64, reason: &str) {
        self.tell_some(change, matched, &matched.tickets, &[&matched.host], at_ms, reason);
    }

    /// Appends the event of a change to a match that concerns some of its tickets, and notes it on those; told to those `hosts` whose
    /// business it is.
    pub(super) fn tell_some(
        &mut self,
        change: Change,
        matched: &Match,
        ids: &[TicketId],
        hosts: &[&InstanceId],
        at_ms: u64,
        reason: &str,
    ) {
        let tickets: Vec<&Ticket> = ids.iter().filter_map(|id| self.tickets.get(id)).collect();
        let watchers = self.watchers_of(hosts, &tickets);
        let news = News { change, at_ms, tickets: &tickets, matched: Some(matched), watchers, reason };
        let cursor = self.history.append(news);
        for id in ids {
            let Some(ticket) = self.tickets.get_mut(id) else { continue };
            ticket.changed = cursor;
            ticket.state = change.leads_to();
            if !ticket.state.is_live() {
                ticket.reason = reason.to_owned();
            }
        }
        self.matches.insert(matched.id, matched.clone());
    }

    /// Lets a ticket that is over run out, and what is remembered of its players.
    pub(super) fn let_expire(&mut self, ticket: &Ticket) {
        let now = Instant::now();
        self.expiry.set(Kept::Ticket(ticket.id), now + Duration::from_millis(TERMINAL_KEPT_MS));
        for player in &ticket.players {
            self.expiry.set(Kept::Player(player.clone()), now + Duration::from_millis(TRIES_KEPT_MS));
        }
    }

    pub(super) fn let_match_expire(&mut self, id: MatchId) {
        self.expiry.set(Kept::Match(id), Instant::now() + Duration::from_millis(TERMINAL_KEPT_MS));
        self.set_due(id, None);
    }

    pub(super) fn set_due(&mut self, id: MatchId, due_ms: Option<u64>) {
        if let Some(before_ms) = self.due_at.remove(&id) {
            self.due.remove(&(before_ms, id));
        }
        if let Some(due_ms) = due_ms {
            self.due_at.insert(id, due_ms);
            self.due.insert((due_ms, id));
        }
    }

    pub(super) fn snapshot(&self, subject: &Subject) -> Snapshot {
        let id = match subject {
            Subject::Ticket(id) => Some(*id),
            Subject::Player(player) => self.players.get(player).and_then(|remembered| remembered.ticket),
        };
        let ticket = id.and_then(|id| self.tickets.get(&id)).cloned();
        let match_id = ticket.as_ref().and_then(|ticket| ticket.match_id);
        Snapshot { ticket, matched: match_id.and_then(|id| self.matches.get(&id)).cloned() }
    }

    pub(super) fn live_ticket_of(&self, player: &PlayerId) -> Option<TicketId> {
        let id = self.players.get(player)?.ticket?;
        self.tickets.get(&id).is_some_and(|ticket| ticket.state.is_live()).then_some(id)
    }
}

pub(super) fn nobody() -> InstanceId {
    #[expect(clippy::unwrap_used, reason = "NOBODY is a constant that the name rules allow; a test parses it")]
    NOBODY.parse().unwrap()
}

use super::MemoryStore;
use super::state::{State, nobody};
use crate::bounds::BATCH_MAX;
use crate::{AcknowledgeOutcome, CommitOutcome, CommitRequest, Fence, MatchOutcome, Matches, StoreError, Versioned};
use async_trait::async_trait;
use domain::{Change, InstanceId, Match, MatchId, MatchState, PlayerId, TicketId, TicketState};
use std::collections::HashSet;

type Result<T, E = StoreError> = std::result::Result<T, E>;

#[async_trait]
impl Matches for MemoryStore {
    async fn commit(&self, fence: &Fence, request: CommitRequest) -> Result<CommitOutcome> {
        Ok(self.lock().commit(fence, request))
    }

    async fn assign(
        &self,
        id: MatchId,
        host: &InstanceId,
        address: &str,
        now_ms: u64,
        due_ms: u64,
    ) -> Result<MatchOutcome> {
        Ok(self.lock().assign(id, host, address, now_ms, due_ms))
    }

    async fn acknowledge(&self, id: MatchId, player: &PlayerId) -> Result<AcknowledgeOutcome> {
        Ok(self.lock().acknowledge(id, player))
    }

    async fn remind(&self, fence: &Fence, id: MatchId, now_ms: u64, due_ms: u64) -> Result<MatchOutcome> {
        Ok(self.lock().remind(fence, id, now_ms, due_ms))
    }

    async fn no_show(&self, fence: &Fence, id: MatchId, reason: &str, now_ms: u64) -> Result<MatchOutcome> {
        Ok(self.lock().no_show(fence, id, reason, now_ms))
    }

    async fn end(&self, id: MatchId, reason: &str, now_ms: u64) -> Result<MatchOutcome> {
        Ok(self.lock().end(id, reason, now_ms))
    }

    async fn recent(&self, players: &[PlayerId]) -> Result<Vec<Vec<PlayerId>>> {
        let state = self.lock();
        Ok(players.iter().take(BATCH_MAX).map(|player| state.recent.of(player).to_vec()).collect())
    }

    async fn requeue(&self, fence: &Fence, id: MatchId, reason: &str, now_ms: u64) -> Result<MatchOutcome> {
        Ok(self.lock().requeue(fence, id, reason, now_ms))
    }

    async fn rehost(
        &self,
        fence: &Fence,
        id: MatchId,
        host: &InstanceId,
        now_ms: u64,
        due_ms: u64,
    ) -> Result<MatchOutcome> {
        Ok(self.lock().rehost(fence, id, host, now_ms, due_ms))
    }

    async fn due(&self, now_ms: u64, limit: usize) -> Result<Vec<Match>> {
        let state = self.lock();
        let due = state.due.range(..=(now_ms, MatchId(u128::MAX))).take(limit.min(BATCH_MAX));
        Ok(due.filter_map(|(_, id)| state.matches.get(id)).cloned().collect())
    }
}

impl State {
    fn commit(&mut self, fence: &Fence, request: CommitRequest) -> CommitOutcome {
        if !self.leads(fence) {
            return CommitOutcome::Fenced;
        }
        if let Some(matched) = self.matches.get(&request.match_id) {
            return CommitOutcome::Duplicate { traces: self.traces(&matched.tickets) };
        }
        if let Some(id) = self.conflict(&request) {
            return CommitOutcome::Conflict(id);
        }
        let ids: Vec<TicketId> = request.tickets.iter().map(|ticket| ticket.id).collect();
        let traces = self.traces(&ids);
        for id in &ids {
            let Some(ticket) = self.tickets.get_mut(id) else { continue };
            self.queues.remove(ticket);
            ticket.match_id = Some(request.match_id);
        }
        let matched = Match {
            id: request.match_id,
            state: MatchState::Matched,
            tickets: ids,
            host: request.host,
            address: String::new(),
            sheet: request.sheet,
            acknowledged: Vec::new(),
            matched_ms: request.now_ms,
            assigned_ms: 0,
        };
        self.tell_match(Change::Matched, &matched, request.now_ms, "");
        self.set_due(matched.id, Some(request.due_ms));
        CommitOutcome::Committed { traces }
    }

    fn traces(&self, ids: &[TicketId]) -> Vec<String> {
        ids.iter().filter_map(|id| self.tickets.get(id)).map(|ticket| ticket.trace.clone()).collect()
    }

    /// The first ticket that is listed twice, or is not queued as it was read.
    fn conflict(&self, request: &CommitRequest) -> Option<TicketId> {
        let mut seen = HashSet::new();
        let stands = |read: &Versioned| {
            self.tickets.get(&read.id).is_some_and(|ticket| {
                ticket.state == TicketState::Queued
                    && Versioned::from(ticket) == *read
                    && ticket.places.iter().any(|place| place.queue == request.queue)
            })
        };
        request.tickets.iter().find(|read| !seen.insert(read.id) || !stands(read)).map(|read| read.id)
    }

    fn assign(&mut self, id: MatchId, host: &InstanceId, address: &str, now_ms: u64, due_ms: u64) -> MatchOutcome {
        let Some(matched) = self.matches.get(&id).cloned() else { return MatchOutcome::NotFound };
        match matched.state {
            _ if matched.host != *host => return MatchOutcome::Refused(matched),
            MatchState::Matched => {}
            MatchState::Assigned => return MatchOutcome::Done(matched),
            MatchState::Ended | MatchState::Failed => return MatchOutcome::Refused(matched),
        }
        let matched =
            Match { state: MatchState::Assigned, address: address.to_owned(), assigned_ms: now_ms, ..matched };
        self.tell_match(Change::Assigned, &matched, now_ms, "");
        for player in self.players_of(&matched) {
            self.players.entry(player).or_default().tries = 0;
        }
        self.set_due(id, Some(due_ms));
        MatchOutcome::Done(matched)
    }

    fn acknowledge(&mut self, id: MatchId, player: &PlayerId) -> AcknowledgeOutcome {
        let Some(matched) = self.matches.get(&id).filter(|matched| self.players_of(matched).contains(player)) else {
            return AcknowledgeOutcome::NotFound;
        };
        let mut matched = matched.clone();
        if !matched.acknowledged.contains(player) {
            if !matches!(matched.state, MatchState::Matched | MatchState::Assigned) {
                return AcknowledgeOutcome::Refused(matched);
            }
            matched.acknowledged.push(player.clone());
            self.matches.insert(id, matched);
        }
        let last = self.players.get(player).and_then(|known| self.tickets.get(&known.ticket?));
        let trace = last.filter(|ticket| ticket.match_id == Some(id)).map(|ticket| ticket.trace.clone());
        AcknowledgeOutcome::Done { trace: trace.unwrap_or_default() }
    }

    fn remind(&mut self, fence: &Fence, id: MatchId, now_ms: u64, due_ms: u64) -> MatchOutcome {
        if !self.leads(fence) {
            return MatchOutcome::Fenced;
        }
        let Some(matched) = self.matches.get(&id).cloned() else { return MatchOutcome::NotFound };
        if matched.state != MatchState::Assigned {
            return MatchOutcome::Refused(matched);
        }
        if self.due_at.get(&id) == Some(&due_ms) {
            return MatchOutcome::Done(matched);
        }
        let (_, silent) = self.split_by_acknowledged(&matched);
        if !silent.is_empty() {
            self.tell_some(Change::Assigned, &matched, &silent, &[], now_ms, "");
        }
        self.set_due(id, Some(due_ms));
        MatchOutcome::Done(matched)
    }

    fn no_show(&mut self, fence: &Fence, id: MatchId, reason: &str, now_ms: u64) -> MatchOutcome {
        if !self.leads(fence) {
            return MatchOutcome::Fenced;
        }
        let Some(matched) = self.matches.get(&id).cloned() else { return MatchOutcome::NotFound };
        match matched.state {
            MatchState::Assigned => {}
            MatchState::Failed => return MatchOutcome::Done(matched),
            MatchState::Matched | MatchState::Ended => return MatchOutcome::Refused(matched),
        }
        let (shown, silent) = self.split_by_acknowledged(&matched);
        if silent.is_empty() {
            return MatchOutcome::Refused(matched);
        }
        let matched = Match { state: MatchState::Failed, ..matched };
        self.tell_some(Change::NoShow, &matched, &silent, &[&matched.host], now_ms, reason);
        for id in &silent {
            if let Some(ticket) = self.tickets.get(id).cloned() {
                self.let_expire(&ticket);
            }
        }
        if !shown.is_empty() {
            self.tell_some(Change::Requeued, &matched, &shown, &[&matched.host], now_ms, reason);
            self.return_to_queues(&shown);
        }
        self.let_match_expire(id);
        MatchOutcome::Done(matched)
    }

    /// Tickets of which every player acknowledged the match, and the others.
    fn split_by_acknowledged(&self, matched: &Match) -> (Vec<TicketId>, Vec<TicketId>) {
        let knows = |id: &TicketId| {
            let players = self.tickets.get(id).map(|ticket| &ticket.players);
            players.into_iter().flatten().all(|player| matched.acknowledged.contains(player))
        };
        matched.tickets.iter().partition(|id| knows(id))
    }

    /// Tickets of a match that failed wait again, under a new version and held by nobody.
    fn return_to_queues(&mut self, ids: &[TicketId]) {
        for id in ids {
            let Some(ticket) = self.tickets.get_mut(id) else { continue };
            ticket.version += 1;
            ticket.match_id = None;
            ticket.holder = nobody();
            self.queues.insert(ticket);
        }
    }

    fn end(&mut self, id: MatchId, reason: &str, now_ms: u64) -> MatchOutcome {
        let Some(matched) = self.matches.get(&id).cloned() else { return MatchOutcome::NotFound };
        match matched.state {
            MatchState::Matched | MatchState::Assigned => {}
            MatchState::Ended => return MatchOutcome::Done(matched),
            MatchState::Failed => return MatchOutcome::Refused(matched),
        }
        let was_started = matched.state == MatchState::Assigned;
        if was_started {
            self.remember_meeting(&matched);
        }
        let matched = Match { state: MatchState::Ended, ..matched };
        self.tell_match(Change::Ended, &matched, now_ms, reason);
        for id in &matched.tickets {
            if let Some(ticket) = self.tickets.get(id).cloned() {
                if !was_started {
                    self.count_try(&ticket);
                }
                self.let_expire(&ticket);
            }
        }
        self.let_match_expire(id);
        MatchOutcome::Done(matched)
    }

    fn requeue(&mut self, fence: &Fence, id: MatchId, reason: &str, now_ms: u64) -> MatchOutcome {
        if !self.leads(fence) {
            return MatchOutcome::Fenced;
        }
        let Some(matched) = self.matches.get(&id).cloned() else { return MatchOutcome::NotFound };
        match matched.state {
            MatchState::Matched => {}
            MatchState::Failed => return MatchOutcome::Done(matched),
            MatchState::Assigned | MatchState::Ended => return MatchOutcome::Refused(matched),
        }
        let matched = Match { state: MatchState::Failed, ..matched };
        self.tell_match(Change::Requeued, &matched, now_ms, reason);
        self.return_to_queues(&matched.tickets);
        self.let_match_expire(id);
        MatchOutcome::Done(matched)
    }

    fn rehost(&mut self, fence: &Fence, id: MatchId, host: &InstanceId, now_ms: u64, due_ms: u64) -> MatchOutcome {
        if !self.leads(fence) {
            return MatchOutcome::Fenced;
        }
        let Some(matched) = self.matches.get(&id).cloned() else { return MatchOutcome::NotFound };
        if matched.state != MatchState::Matched {
            return MatchOutcome::Refused(matched);
        }
        if matched.host == *host && self.due_at.get(&id) == Some(&due_ms) {
            return MatchOutcome::Done(matched);
        }
        let left = matched.host.clone();
        let matched = Match { host: host.clone(), ..matched };
        self.tell_some(Change::Matched, &matched, &matched.tickets, &[host, &left], now_ms, "");
        self.set_due(id, Some(due_ms));
        MatchOutcome::Done(matched)
    }

    fn players_of(&self, matched: &Match) -> Vec<PlayerId> {
        let tickets = matched.tickets.iter().filter_map(|id| self.tickets.get(id));
        tickets.flat_map(|ticket| ticket.players.iter().cloned()).collect()
    }
}
